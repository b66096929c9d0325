import { ROW_NUMBER } from '../catalog/owned.ts';
import { exposedColumn } from '../dialect/print-scan.ts';
import type { Engine } from '../engine/duckdb.ts';
import { exposedQuery } from './exposed.ts';
import { TableProblem } from './files.ts';
import { sourceProblem } from './source-problem.ts';
import type { SourceTable } from './tables.ts';

/**
 * Count and hash of a table's rows, whatever their order and their division into files: equal for equal tables on every
 * agent of the same DuckDB version.
 * @throws TableProblem where a row can't be read.
 */
export async function contentHash(engine: Engine, table: SourceTable): Promise<string> {
  const columns = table.columns
    .filter(({ name }) => name !== ROW_NUMBER)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = columns.map((_, index) => exposedColumn(index)).join(', ');
  try {
    const query = exposedQuery(table, columns);
    const [[count, sum] = []] = await engine.texts(
      `SELECT count(*)::VARCHAR, (sum(hash(${names})::HUGEINT) % 18446744073709551616)::VARCHAR FROM (${query})`,
      2,
    );
    return `${count}:${sum ?? '0'}:${columns.map(({ name, type }) => `${name} ${type.oid}`).join(',')}`;
  } catch (error) {
    throw error instanceof TableProblem ? error : sourceProblem(error, undefined);
  }
}
