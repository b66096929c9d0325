import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { OwnedColumn, OwnedTable } from '../../catalog/owned.ts';
import { quoteIdentifier } from '../../dialect/quote.ts';
import { copyWrite } from '../../planner/from-tree/write-copy.ts';
import { bindWrite } from '../../planner/from-tree/write-from-tree.ts';
import type { CopySource, CopyStatement } from '../../sql/copy-statement.ts';
import { OID } from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { boundValues } from '../parameters.ts';
import type { Outcome } from '../portals.ts';
import { analyzedInUse } from '../read-locks.ts';
import type { RowReading } from '../row-source.ts';
import type { Run } from '../run.ts';
import { withoutPosition } from '../statement.ts';
import { checkMayWrite } from '../write/may-write.ts';
import { makeRoomFor, withTypes } from '../write/numeric-room.ts';
import type { PlannedWrite } from '../write/stage-changes.ts';
import { changesPlan, runWrite, storedColumns } from '../write/write.ts';
import { checkCopyOptions, columnIndexes } from './copy-format.ts';
import { CopyInput, type InputColumn } from './copy-input.ts';
import { type ColumnList, type CopyOptions, readCopyOptions } from './copy-options.ts';
import { COPIED_NUMERIC } from './fitted-value.ts';

type TableSource = Extract<CopySource, { readonly kind: 'table' }>;

/** COPY FROM STDIN into a table of the warehouse. */
export async function copyFrom(run: Run, command: CopyStatement): Promise<Outcome> {
  const { client } = run;
  const { source } = command;
  if (source.kind !== 'table') throw refuse('COPY FROM into a query');
  checkMayWrite(client, 'COPY FROM');
  const { query, snapshot } = await tableOf(client, source, run.reading.signal);
  const options = fromOptions(command);
  const table = query.table.piece === undefined ? asCopied(query.table) : query.table;
  const attributes = copiedAttributes(table, source.columns);
  const columns = attributes.map((attribute) => inputColumn(table, attribute));
  const forced = {
    notNull: forcedColumns('FORCE_NOT_NULL', options.forceNotNull, table, columns),
    null: forcedColumns('FORCE_NULL', options.forceNull, table, columns),
  };
  const copy = async (data: AsyncIterable<Uint8Array>, reading: RowReading): Promise<string> => {
    const notice = noticeTo(client, reading);
    const input = new CopyInput(
      { client, table: source.name, columns, options, forced, notice, signal: reading.signal },
      data,
    );
    const owned = client.storage.relations;
    const system = client.server.engine.system;
    const context = { system, shadow: { version: 0, relations: new Map() }, snapshot, owned };
    const { logical, line, shown } = copyWrite(table, attributes, context);
    const values = await boundValues(client, { logical, parameterOids: [] }, [], reading.signal);
    const bound = bindWrite(logical, values, (staged) => storedColumns(table, logical.write, staged));
    const plan = await changesPlan(client, bound.write, snapshot, reading.signal);
    const changes = {
      sql: run.prepared.origin.sql,
      sent: run.prepared.origin.sql,
      plan,
      snapshot,
      columns: plan.output.map(({ pg }) => pg),
      planningMs: 0,
      reads: [],
    };
    const given = input.relations(plan.combine, logical.write.inputs, { line, shown });
    const planned: PlannedWrite = {
      table,
      bound,
      changes,
      given,
      copied: { line, shown },
      afterRows: async () => {
        input.check();
        const digits = attributes.map((attribute, index) => [attribute, input.digits(index)] as const);
        await makeRoomFor(client, query.table, new Map(digits), reading.signal);
      },
      columns: [],
    };
    const outcome = await runWrite(client, planned, reading);
    input.tellSkipped();
    return outcome.kind === 'done' ? outcome.tag.replace('INSERT 0', 'COPY') : 'COPY';
  };
  const format = options.format === 'binary' ? 1 : 0;
  return { kind: 'copy-in', format, columns: attributes.length, copy };
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
async function tableOf(client: Client, { schema, name }: TableSource, signal: AbortSignal) {
  const parts = [...(schema === undefined ? [] : [schema]), name].map(quoteIdentifier);
  try {
    return await withoutPosition(() =>
      analyzedInUse(
        client,
        () => client.server.plans.analyzeWrite(`DELETE FROM ${parts.join('.')}`, [], client.analysis),
        ({ query }) => [query.table.oid],
        signal,
      ),
    );
  } catch (error) {
    if (!(error instanceof SkeinError) || error.message !== 'DELETE is not supported') throw error;
    throw refuse('COPY FROM', error.fields);
  }
}

function fromOptions({ options, hasCondition }: CopyStatement): CopyOptions {
  const read = readCopyOptions(options, 'from');
  checkCopyOptions(read, 'from');
  if (read.defaultText !== undefined) throw refuse('COPY FROM with DEFAULT');
  if (read.freeze) throw refuse('COPY FROM with FREEZE');
  if (hasCondition) throw refuse('COPY FROM with WHERE');
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
  const { name, type, unbounded }: OwnedColumn = defined(table.columns[attribute - 1], 'column of COPY');
  if (MEASURED.has(type.oid) && type.typmod >= 0)
    throw refuse(`COPY FROM into column "${name}", whose type has a length`);
  return { name, type, unbounded: unbounded && table.piece === undefined };
}
