import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Shard, Snapshot, Table } from '../../src/catalog/snapshot.ts';
import { printPlan } from '../../src/dialect/print.ts';
import { outputColumns } from '../../src/plan/columns.ts';
import type { Broadcast, DistributedPlan, Fragment } from '../../src/plan/distributed.ts';
import type { Column, Plan, ScanPlan } from '../../src/plan/logical.ts';
import { planQuery, rewriteQuery } from '../../src/planner/plan-query.ts';
import type { LabelQuestion } from '../../src/planner/rules/prune-labels.ts';
import { carrierOf } from '../../src/types/carrier.ts';
import { OID, sqlType } from '../../src/types/sql-type.ts';
import { loadPrelude } from '../support/prelude.ts';
import { RandomPlan } from './random-plan.ts';

/**
 * The distribution table: whatever it lets run on the agents gives what the same plan gives over the union of all shards.
 * Random small relations, placed at random; random plans; DuckDB on both sides, so that only the distribution is tested.
 */

const RUNS = Number(process.env['RUNS'] ?? 1) * 400;
const LABELS = [
  [{ a: 'x', b: '1' }],
  [
    { a: 'x', b: '1' },
    { a: 'y', b: '1' },
  ],
  [{ a: 'x', b: '1' }, { a: 'x', b: '2' }, { a: 'y', b: '1' }, {}],
] as const;

type Row = readonly [k: number | null, v: number | null];

const rows = fc.array(fc.tuple(fc.option(fc.nat(3)), fc.option(fc.nat(3))), { maxLength: 5 });
const world = fc.record({
  shards: fc.constantFrom(...LABELS),
  t: fc.array(rows, { minLength: 4, maxLength: 4 }),
  r: rows,
  /** What the agents estimate: it decides whether rows, keys or nothing is sent to the agents. */
  size: fc.constantFrom(5, 5_000, 400_000),
});

describe('the distribution table', () => {
  let connection: DuckDBConnection;
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
    await loadPrelude(connection);
  });
  afterAll(() => connection.closeSync());

  test('pushed plans give what the unpushed give', async () => {
    const fired = new Set<string>();
    await fc.assert(
      fc.asyncProperty(world, fc.gen(), async ({ shards, t, r, size }, g) => {
        const plan = new RandomPlan(g).plan(3);
        const snapshot = snapshotOf(shards, size);
        await load(connection, snapshot, t, r);
        const expected = await run(
          connection,
          printPlan(plan, { scan: (scan) => unionOf(scan, snapshot), relation: (n) => n }),
          outputColumns(plan),
        );
        const distributed = await planned(connection, plan, snapshot);
        for (const rewrite of distributed.rewrites) fired.add(rewrite);
        const actual = await execute(connection, distributed, snapshot);
        expect(actual, JSON.stringify(distributed.fragments, null, 1)).toEqual(expected);
      }),
      { numRuns: RUNS, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
    );
    expect([...fired], 'a way that no plan took was not compared').toEqual(
      expect.arrayContaining(['broadcast', 'semi-join-reduction', 'split-aggregates', 'top-k']),
    );
  });
});

function snapshotOf(labels: readonly Readonly<Record<string, string>>[], size: number): Snapshot {
  const shards: readonly Shard[] = labels.map((of, i) => ({ id: `s${i}`, labels: of, agents: [] }));
  const pieces = shards.map((shard) => ({
    shard: shard.id,
    rowEstimate: size,
    byteEstimate: 100,
    outOfService: undefined,
  }));
  const table = (name: string, kind: Table['kind'], columns: readonly string[]): Table => ({
    name,
    kind,
    columns: columns.map((column) => ({ name: column, type: sqlType(OID.int4) })),
    pieces,
    comment: undefined,
  });
  return {
    version: 1,
    labels: [
      { name: 'a', type: sqlType(OID.text) },
      { name: 'b', type: sqlType(OID.int4) },
    ],
    shards,
    tables: [table('t', 'federated', ['k', 'v']), table('r', 'replicated', ['k', 'w'])],
  };
}

async function load(
  connection: DuckDBConnection,
  snapshot: Snapshot,
  t: readonly (readonly Row[])[],
  r: readonly Row[],
) {
  const insert = async (name: string, values: readonly Row[]) => {
    await connection.run(`CREATE OR REPLACE TABLE ${name} (k INTEGER, v INTEGER, w INTEGER)`);
    for (const [k, v] of values) await connection.run(`INSERT INTO ${name} VALUES (${k}, ${v}, ${v})`);
  };
  for (const [i, shard] of snapshot.shards.entries()) await insert(`t_${shard.id}`, t[i] ?? []);
  await insert('r_any', r);
}

/** The scan as one shard's agent would expose it. */
function scanOn(scan: ScanPlan, shard: Shard): string {
  const columns = scan.columns.map((column) => {
    if (column.source.kind === 'physical') return `${column.source.name} AS c${column.id}`;
    const value = shard.labels[column.source.name];
    return `CAST(${value === undefined ? 'NULL' : `'${value}'`} AS ${carrierOf(column.type).duckdb}) AS c${column.id}`;
  });
  const from = scan.tableKind === 'replicated' ? 'r_any' : `t_${shard.id}`;
  return `(SELECT ${columns.join(', ') || 'true AS "none"'} FROM ${from})`;
}

function unionOf(scan: ScanPlan, snapshot: Snapshot): string {
  const shards = scan.tableKind === 'replicated' ? snapshot.shards.slice(0, 1) : snapshot.shards;
  return `(${shards.map((shard) => `FROM ${scanOn(scan, shard)}`).join(' UNION ALL ')})`;
}

async function run(
  connection: DuckDBConnection,
  sql: string,
  columns: readonly Column[],
): Promise<readonly string[]> {
  const result = await connection.runAndReadAll(sql);
  expect(result.columnCount, sql).toBe(Math.max(1, columns.length));
  return result
    .getRowsJson()
    .map((row) => JSON.stringify(row))
    .sort();
}

async function planned(
  connection: DuckDBConnection,
  plan: Plan,
  snapshot: Snapshot,
): Promise<DistributedPlan> {
  const outputs = outputColumns(plan);
  const rewritten = rewriteQuery({ plan, outputs });
  const answers = new Map<string, ReadonlySet<string>>();
  for (const question of rewritten.questions)
    answers.set(question.id, await decide(connection, question, snapshot));
  const output = outputs.map((column) => ({
    name: column.name,
    tableOid: 0,
    attributeNumber: 0,
    typeOid: column.type.oid,
    typeSize: 4,
    typmod: -1,
  }));
  return planQuery(rewritten, { snapshot, answers, output, mayMissShards: false });
}

async function decide(
  connection: DuckDBConnection,
  question: LabelQuestion,
  snapshot: Snapshot,
): Promise<ReadonlySet<string>> {
  const may = new Set<string>();
  for (const shard of snapshot.shards) {
    const columns = question.columns.map(({ id, label, type }) => ({
      id,
      type,
      name: label,
      source: { kind: 'label', name: label } as const,
    }));
    const scan: ScanPlan = { kind: 'scan', table: 't', tableKind: 'federated', columns, shards: undefined };
    const plan: Plan = { kind: 'filter', input: scan, predicate: question.predicate };
    const one = scanOn(scan, shard).replace(/FROM t_\w+\)$/, 'FROM (VALUES (1)))');
    const found = await connection.runAndReadAll(printPlan(plan, { scan: () => one, relation: (n) => n }));
    if (found.currentRowCount > 0) may.add(shard.id);
  }
  return may;
}

async function execute(
  connection: DuckDBConnection,
  plan: DistributedPlan,
  snapshot: Snapshot,
): Promise<readonly string[]> {
  const done = new Set<string>();
  const pending: (Fragment | Broadcast)[] = [...plan.fragments, ...plan.broadcasts];
  while (pending.length > 0) {
    const next = pending.findIndex((step) => needs(step.plan).every((name) => done.has(name)));
    const [step] = pending.splice(next, 1);
    if (next < 0 || step === undefined) throw new Error('fragments and broadcasts need each other');
    done.add(await executeStep(connection, step, snapshot));
  }
  return run(
    connection,
    printPlan(plan.combine, onProxy),
    plan.output.map(({ column }) => column),
  );
}

const onProxy = {
  scan: (): string => {
    throw new Error('a scan on the proxy');
  },
  relation: (name: string) => name,
};

function needs(plan: Plan): readonly string[] {
  return [...JSON.stringify(plan).matchAll(/"kind":"relation","name":"(\w+)"/g)].map(
    (match) => match[1] ?? '',
  );
}

async function executeStep(
  connection: DuckDBConnection,
  step: Fragment | Broadcast,
  snapshot: Snapshot,
): Promise<string> {
  const name = 'target' in step ? `g${step.id}` : `b${step.id}`;
  const columns = step.columns.map((column) => `c${column.id} ${carrierOf(column.type).duckdb}`);
  await connection.run(`CREATE OR REPLACE TABLE ${name} (${columns.join(', ') || '"none" BOOLEAN'})`);
  if (!('target' in step)) {
    await connection.run(`INSERT INTO ${name} ${printPlan(step.plan, onProxy)}`);
    return name;
  }
  const shards = step.target.kind === 'each' ? step.target.shards : step.target.shards.slice(0, 1);
  for (const id of shards) {
    const shard = snapshot.shards.find((candidate) => candidate.id === id);
    if (shard === undefined) throw new Error(`no shard ${id}`);
    await connection.run(
      `INSERT INTO ${name} ${printPlan(step.plan, { scan: (scan) => scanOn(scan, shard), relation: (n) => n })}`,
    );
  }
  return name;
}
