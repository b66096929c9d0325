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
import type { PlannedWrite } from '../write/stage-changes.ts';
import { changesPlan, runWrite, storedColumns } from '../write/write.ts';
import { checkCopyOptions, columnIndexes } from './copy-format.ts';
import { CopyInput, type InputColumn } from './copy-input.ts';
import { type CopyOptions, readCopyOptions } from './copy-options.ts';

type TableSource = Extract<CopySource, { readonly kind: 'table' }>;

const REFUSED_OPTIONS: ReadonlySet<string> = new Set(
  'on_error default freeze reject_limit log_verbosity force_not_null force_null encoding'.split(' '),
);

/** COPY FROM STDIN into a table of the warehouse. */
export async function copyFrom(run: Run, command: CopyStatement): Promise<Outcome> {
  const { client } = run;
  const { source } = command;
  if (source.kind !== 'table') throw refuse('COPY FROM into a query');
  checkMayWrite(client, 'COPY FROM');
  const { query, snapshot } = await tableOf(client, source, run.reading.signal);
  const options = fromOptions(command);
  const { table } = query;
  const attributes = copiedAttributes(table, source.columns);
  const copy = async (data: AsyncIterable<Uint8Array>, reading: RowReading): Promise<string> => {
    const columns = attributes.map((attribute) => inputColumn(table, attribute));
    const input = new CopyInput(
      { client, table: source.name, columns, options, signal: reading.signal },
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
      afterRows: () => input.check(),
      columns: [],
    };
    const outcome = await runWrite(client, planned, reading);
    return outcome.kind === 'done' ? outcome.tag.replace('INSERT 0', 'COPY') : 'COPY';
  };
  const format = options.format === 'binary' ? 1 : 0;
  return { kind: 'copy-in', format, columns: attributes.length, copy };
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

function fromOptions({ options }: CopyStatement): CopyOptions {
  for (const { name, position } of options) {
    if (REFUSED_OPTIONS.has(name)) throw refuse(`COPY FROM with ${name.toUpperCase()}`, { position });
  }
  const read = readCopyOptions(options);
  checkCopyOptions(read);
  if (read.forceQuote !== undefined) {
    throw new SkeinError('invalidParameterValue', 'COPY FORCE_QUOTE cannot be used with COPY FROM');
  }
  return read;
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
  const { name, type }: OwnedColumn = defined(table.columns[attribute - 1], 'column of COPY');
  if (MEASURED.has(type.oid) && type.typmod >= 0)
    throw refuse(`COPY FROM into column "${name}", whose type has a length`);
  return { name, type };
}
