import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { OwnedColumn, OwnedTable } from '../../catalog/owned.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { quoteIdentifier } from '../../dialect/quote.ts';
import { copyWrite } from '../../planner/from-tree/write-copy.ts';
import { bindWrite } from '../../planner/from-tree/write-from-tree.ts';
import type { CopyCondition, CopySource, CopyStatement } from '../../sql/copy-statement.ts';
import { characters } from '../../sql/lexical.ts';
import { OID } from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { boundValues } from '../parameters.ts';
import type { AnalyzedWrite } from '../plan-cache.ts';
import type { Outcome } from '../portals.ts';
import { analyzedInUse } from '../read-locks.ts';
import type { RowReading } from '../row-source.ts';
import type { Run } from '../run.ts';
import { atOffset, withoutPosition } from '../statement.ts';
import { checkMayWrite } from '../write/may-write.ts';
import { makeRoomFor, withTypes } from '../write/numeric-room.ts';
import type { PlannedWrite } from '../write/stage-changes.ts';
import { changesPlan, runWrite, storedColumns } from '../write/write.ts';
import { checkCopyOptions, columnIndexes } from './copy-format.ts';
import { CopyInput } from './copy-input.ts';
import { type ColumnList, type CopyOptions, readCopyOptions } from './copy-options.ts';
import { COPIED_NUMERIC, type InputColumn } from './fitted-value.ts';

type TableSource = Extract<CopySource, { readonly kind: 'table' }>;

/** COPY FROM STDIN into a table of the warehouse. */
export async function copyFrom(run: Run, command: CopyStatement): Promise<Outcome> {
  const { client } = run;
  const { source } = command;
  if (source.kind !== 'table') throw refuse('COPY FROM into a query');
  checkMayWrite(client, 'COPY FROM');
  const analyzed = await tableOf(client, source, command.condition, run.reading.signal);
  const { table: asMade } = analyzed.query;
  const options = fromOptions(command);
  const table = asMade.piece === undefined ? asCopied(asMade) : asMade;
  const attributes = copiedAttributes(table, source.columns);
  const columns = attributes.map((attribute) => inputColumn(table, attribute));
  const forced = {
    notNull: forcedColumns('FORCE_NOT_NULL', options.forceNotNull, table, columns),
    null: forcedColumns('FORCE_NULL', options.forceNull, table, columns),
  };
  const copy = async (data: AsyncIterable<Uint8Array>, reading: RowReading): Promise<string> => {
    const notice = noticeTo(client, reading);
    const context = { client, table: source.name, columns, options, forced, notice, signal: reading.signal };
    const input = new CopyInput(context, data);
    const copied = { ...analyzed, condition: command.condition, table, attributes, options, input };
    const planned = await plannedCopy(run, copied, reading.signal);
    const outcome = await runWrite(client, planned, reading);
    input.tellSkipped();
    return outcome.kind === 'done' ? outcome.tag.replace('INSERT 0', 'COPY') : 'COPY';
  };
  const format = options.format === 'binary' ? 1 : 0;
  return { kind: 'copy-in', format, columns: attributes.length, copy };
}

/** What is copied, and where to. */
interface Copied {
  /** A DELETE from the table, with COPY's condition. */
  readonly query: AnalyzedWrite;
  readonly snapshot: Snapshot;
  readonly condition: CopyCondition | undefined;
  /** As the rows come: see {@link asCopied}. */
  readonly table: OwnedTable;
  readonly attributes: readonly number[];
  readonly options: CopyOptions;
  readonly input: CopyInput;
}

/** The rows of the input as an INSERT. */
async function plannedCopy(
  { client, prepared }: Run,
  copied: Copied,
  signal: AbortSignal,
): Promise<PlannedWrite> {
  const { query, snapshot, table, attributes, options, input } = copied;
  const { sql } = prepared.origin;
  const { logical, line, shown } = copyWrite(
    table,
    attributes,
    { condition: copied.condition && query.logical.write, marked: options.defaultText !== undefined },
    {
      system: client.server.engine.system,
      shadow: { version: 0, relations: new Map() },
      snapshot,
      owned: client.storage.relations,
    },
  );
  const values = await boundValues(client, { logical, parameterOids: [] }, [], signal);
  const bound = bindWrite(logical, values, (staged) => storedColumns(table, logical.write, staged));
  const plan = await changesPlan(client, bound.write, snapshot, signal);
  const columns = plan.output.map(({ pg }) => pg);
  return {
    table,
    bound,
    changes: { sql, sent: sql, plan, snapshot, columns, planningMs: 0, reads: [] },
    given: input.relations(plan.combine, logical.write.inputs, { line, shown }),
    copied: { line, shown },
    afterRows: async () => {
      if (options.freeze) await checkFreezable(client, query.table.oid, signal);
      input.check();
      const digits = attributes.map((attribute, index) => [attribute, input.digits(index)] as const);
      await makeRoomFor(client, query.table, new Map(digits), signal);
    },
    columns: [],
  };
}

/** How many digits its numerics without precision need is known once the rows are there. */
function asCopied(table: OwnedTable): OwnedTable {
  const wide = table.columns.flatMap(({ unbounded }, index) =>
    unbounded ? [[index + 1, COPIED_NUMERIC] as const] : [],
  );
  return withTypes(table, new Map(wide));
}

const SILENT: ReadonlySet<string> = new Set(['warning', 'error']);

function noticeTo({ settings }: Client, { sink }: RowReading): (notice: SkeinError) => void {
  return (notice) => {
    if (!SILENT.has(settings.get('client_min_messages'))) sink.notice(notice, 'NOTICE');
  };
}

/** As of a DELETE, whose rules of what may be changed are the same. */
async function tableOf(
  client: Client,
  { schema, name }: TableSource,
  condition: CopyCondition | undefined,
  signal: AbortSignal,
) {
  const parts = [...(schema === undefined ? [] : [schema]), name].map(quoteIdentifier);
  const command = `DELETE FROM ${parts.join('.')}`;
  const analyzed = (sql: string) =>
    analyzedInUse(
      client,
      () => client.server.plans.analyzeWrite(sql, [], client.analysis),
      ({ query }) => [query.table.oid],
      signal,
    );
  try {
    const found = await withoutPosition(() => analyzed(command));
    if (condition === undefined) return found;
    if (found.query.table.piece !== undefined) throw refuse('COPY FROM with WHERE into a table in place');
    const sql = `${command} WHERE ${condition.text}`;
    const before = sql.length - condition.text.length;
    return await atOffset(condition.offset - characters(sql.slice(0, before)), () => analyzed(sql));
  } catch (error) {
    if (error instanceof SkeinError && / in WHERE$/.test(error.message)) throw inCopyCondition(error);
    if (!(error instanceof SkeinError) || error.message !== 'DELETE is not supported') throw error;
    throw refuse('COPY FROM', error.fields);
  }
}

function inCopyCondition({ code, message, fields }: SkeinError): SkeinError {
  const told = message.replace(/ in WHERE$/, ' in COPY FROM WHERE conditions');
  return new SkeinError({ sqlstate: code }, told, fields);
}

function fromOptions({ options, condition }: CopyStatement): CopyOptions {
  const read = readCopyOptions(options, 'from');
  checkCopyOptions(read, 'from');
  if (condition?.hasSubquery)
    throw new SkeinError('notSupported', 'cannot use subquery in COPY FROM WHERE condition');
  return read;
}

/** Of each column whether the list has it. @throws 42703, 42P10 */
function forcedColumns(
  option: string,
  list: ColumnList | undefined,
  table: OwnedTable,
  columns: readonly InputColumn[],
): readonly boolean[] {
  if (list === 'all') return columns.map(() => true);
  const live = table.columns.flatMap(({ name, dropped }) => (dropped ? [] : [name]));
  const names = columnIndexes(list ?? [], live, table.name).map((index) => live[index]);
  const other = names.find((name) => !columns.some((column) => column.name === name));
  if (other === undefined) return columns.map(({ name }) => names.includes(name));
  throw new SkeinError({ sqlstate: '42P10' }, `${option} column "${other}" not referenced by COPY`);
}

/** There is nothing to freeze; PostgreSQL does it only for rows that nobody else sees before. */
async function checkFreezable({ storage }: Client, oid: number, signal: AbortSignal): Promise<void> {
  const { savepoints } = await storage.begin(signal);
  if (savepoints.isFresh(oid)) return;
  throw new SkeinError(
    'objectNotInState',
    'cannot perform COPY FREEZE because the table was not created or truncated in the current subtransaction',
  );
}

function copiedAttributes(table: OwnedTable, names: readonly string[] | undefined): readonly number[] {
  const live = table.columns.flatMap((column, index) =>
    column.dropped ? [] : [{ column, attribute: index + 1 }],
  );
  if (names === undefined) {
    return live.flatMap(({ column, attribute }) => (column.generated ? [] : [attribute]));
  }
  const indexes = columnIndexes(
    names,
    live.map(({ column }) => column.name),
    table.name,
  );
  return indexes.map((index) => {
    const { column, attribute } = defined(live[index], 'column of COPY');
    if (!column.generated) return attribute;
    throw new SkeinError({ sqlstate: '42P10' }, `column "${column.name}" is a generated column`, {
      detail: 'Generated columns cannot be used in COPY.',
    });
  });
}

const MEASURED: ReadonlySet<number> = new Set([
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
  OID.interval,
  OID.bit,
  OID.varbit,
]);

function inputColumn(table: OwnedTable, attribute: number): InputColumn {
  const { name, type, unbounded, defaultTree }: OwnedColumn = defined(
    table.columns[attribute - 1],
    'column of COPY',
  );
  if (MEASURED.has(type.oid) && type.typmod >= 0)
    throw refuse(`COPY FROM into column "${name}", whose type has a length`);
  const bare = unbounded && table.piece === undefined;
  return { name, type, unbounded: bare, hasDefault: defaultTree !== undefined };
}
