import { SkeinError } from '../../base/errors.ts';
import { quoteIdentifier } from '../../dialect/quote.ts';
import type { CopySource, CopyStatement } from '../../sql/copy-statement.ts';
import { type Statement, splitStatements } from '../../sql/parse.ts';
import type { Client } from '../client.ts';
import type { Outcome } from '../portals.ts';
import { prepareStatement } from '../prepare.ts';
import { query } from '../query.ts';
import type { Run } from '../run.ts';
import { literal } from '../sql-text.ts';
import { atOffset, noParameters, type Prepared, withoutPosition } from '../statement.ts';
import { checkCopyOptions, columnIndexes, copyFormat } from './copy-format.ts';
import { copyFrom } from './copy-from.ts';
import { readCopyOptions } from './copy-options.ts';

/** COPY TO STDOUT and FROM STDIN. Everything is checked when it runs, in PostgreSQL's order. */
export async function copy(run: Run, command: CopyStatement): Promise<Outcome> {
  checkTarget(command);
  if (command.direction === 'from') return copyFrom(run, command);
  const { source } = command;
  const table = source.kind === 'table' ? await preparedTable(run, source) : undefined;
  const options = readCopyOptions(command.options, command.direction);
  checkCopyOptions(options, command.direction);
  const prepared = source.kind === 'table' ? table : await preparedQuery(run, source.inner);
  if (prepared === undefined) throw new SkeinError('internal', 'COPY of nothing');
  const ofTable = source.kind === 'table' ? source.name : undefined;
  const format = copyFormat(options, prepared.columns ?? [], ofTable);
  const outcome = await query({ ...run, prepared, parameters: [] });
  if (outcome.kind !== 'rows') throw new SkeinError('internal', 'COPY of a query without rows');
  return { kind: 'copy', format, source: outcome.source, tag: (rows) => `COPY ${rows}` };
}

/** Files and programs of the server are for roles that Skein has none of. */
function checkTarget({ direction, file, program }: CopyStatement): void {
  if (program) throw denied('COPY to or from an external program', 'pg_execute_server_program');
  if (file !== undefined && direction === 'to') throw denied('COPY to a file', 'pg_write_server_files');
  if (file !== undefined) throw denied('COPY from a file', 'pg_read_server_files');
}

function denied(what: string, role: string): SkeinError {
  return new SkeinError('insufficientPrivilege', `permission denied to ${what}`, {
    detail: `Only roles with privileges of the "${role}" role may ${what}.`,
    hint: "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
  });
}

async function preparedQuery({ client, prepared }: Run, inner: Statement): Promise<Prepared> {
  return atOffset(inner.offset - (prepared.statement?.offset ?? 0), async () => {
    const found = await prepareStatement(client, inner, []);
    if (found.parameterOids.length > 0) throw noParameters(inner);
    return found;
  });
}

type TableSource = Extract<CopySource, { readonly kind: 'table' }>;

async function preparedTable({ client, reading }: Run, source: TableSource): Promise<Prepared> {
  await checkSchema(client, source.schema, reading.signal);
  const all = await preparedText(client, `SELECT * FROM ${tableName(source)}`);
  const names = (all.columns ?? []).map(({ name }) => name);
  const indexes =
    source.columns === undefined ? undefined : columnIndexes(source.columns, names, source.name);
  await checkKind(client, all.columns?.[0]?.tableOid ?? 0, source.name, reading.signal);
  if (indexes === undefined) return all;
  const list = indexes.map((index) => quoteIdentifier(names[index] ?? ''));
  return preparedText(client, `SELECT ${list.join(', ')} FROM ${tableName(source)}`);
}

function tableName({ schema, name }: TableSource): string {
  return schema === undefined ? quoteIdentifier(name) : `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

async function preparedText(client: Client, text: string): Promise<Prepared> {
  const [statement] = splitStatements(text);
  return withoutPosition(() => prepareStatement(client, statement, []));
}

const UNCOPIED: ReadonlyMap<string, string> = new Map([
  ['v', 'view'],
  ['S', 'sequence'],
]);

/** A FROM clause would only miss the relation. */
async function checkSchema(client: Client, schema: string | undefined, signal: AbortSignal): Promise<void> {
  if (schema === undefined) return;
  const sql = `SELECT 'found' FROM pg_catalog.pg_namespace WHERE nspname = ${literal(schema)}`;
  if ((await catalogValue(client, sql, signal)) === 'found') return;
  throw new SkeinError({ sqlstate: '3F000' }, `schema "${schema}" does not exist`);
}

async function catalogValue(client: Client, sql: string, signal: AbortSignal): Promise<string> {
  const { rows } = await client.server.engine.query(sql, [], [], [0], client.analysis, signal);
  return Buffer.from(rows[0]?.fields()[0] ?? []).toString();
}

async function checkKind(client: Client, oid: number, name: string, signal: AbortSignal): Promise<void> {
  const sql = `SELECT relkind::text FROM pg_catalog.pg_class WHERE oid = ${oid}`;
  const kind = UNCOPIED.get(await catalogValue(client, sql, signal));
  if (kind === undefined) return;
  const hint = kind === 'view' ? 'Try the COPY (SELECT ...) TO variant.' : undefined;
  throw new SkeinError({ sqlstate: '42809' }, `cannot copy from ${kind} "${name}"`, { hint });
}
