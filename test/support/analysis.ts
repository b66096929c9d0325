import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCatalogEngine } from '../../src/analysis/pglite-engine.ts';
import type { TreeNode } from '../../src/analysis/tree.ts';
import type { Label, Snapshot, Table, TableColumn } from '../../src/catalog/snapshot.ts';
import type { FromTreeContext } from '../../src/planner/from-tree/conversion.ts';
import type { SqlType } from '../../src/types/sql-type.ts';

/** PostgreSQL's own analysis over a snapshot's tables. */
export interface TestAnalysis {
  readonly context: FromTreeContext;
  tree(sql: string, parameterOids?: readonly number[]): Promise<TreeNode>;
  close(): Promise<void>;
}

export async function startAnalysis(snapshot: Snapshot): Promise<TestAnalysis> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'skein-analysis-'));
  const engine = await createCatalogEngine({ stateDirectory, database: 'skein' });
  const shadow = await engine.sync(snapshot);
  const session = {
    searchPath: '"$user", public',
    timeZone: 'UTC',
    dateStyle: 'ISO, MDY',
    intervalStyle: 'postgres',
    user: 'skein',
  };
  return {
    context: { system: engine.system, shadow, snapshot },
    tree: async (sql, parameterOids = []) => (await engine.analyze(sql, parameterOids, session)).tree,
    close: async () => {
      await engine.close();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}

export function testColumns(columns: Readonly<Record<string, SqlType>>): readonly (TableColumn & Label)[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}

export function testTable(
  name: string,
  kind: Table['kind'],
  columns: Readonly<Record<string, SqlType>>,
): Table {
  return { name, kind, columns: testColumns(columns), pieces: [], comment: undefined };
}
