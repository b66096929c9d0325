import { assert, defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import { printPlan } from '../../dialect/print.ts';
import {
  countChangedTwice,
  countRepeated,
  dropConflicting,
  dropRepeated,
  firstDuplicate,
  firstNull,
  newRows,
  printCopied,
  printNewRow,
  type Stage,
  type UniqueConstraint,
} from '../../dialect/print-write.ts';
import type { Lease } from '../../execution/lease.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import type { OnConflict, WriteCommand } from '../../plan/write.ts';
import { carrierOf } from '../../types/carrier.ts';
import type { RowReading } from '../row-source.ts';
import { describedRow, rowTexts } from './row-text.ts';

/** Changes that are staged and not yet made. */
export interface StagedWrite {
  readonly stage: Stage;
  readonly command: WriteCommand;
  readonly checks: Plan | undefined;
  readonly onConflict: OnConflict | undefined;
  readonly lease: Lease;
  readonly reading: RowReading;
  /** Of COPY: where its rows came from. */
  readonly copied?: CopiedRows | undefined;
}

export interface CopiedRows {
  readonly line: Column;
  readonly shown: Column;
}

interface Violation {
  /** The number of the first row that has it. */
  readonly ordinal: bigint;
  readonly error: (row: readonly (string | null)[]) => SkeinError;
}

/** @throws what PostgreSQL would say of the first row that breaks a constraint, of the first constraint that it breaks. */
export async function checkRows(write: StagedWrite): Promise<void> {
  if (write.stage.columns.fresh.length === 0) return;
  await throwFirst(write, [...(await nullViolations(write)), ...(await checkViolations(write))], true);
}

/** After {@link checkRows}. @throws 23505, 21000 */
export async function checkKeys(write: StagedWrite): Promise<void> {
  await checkChangedOnce(write);
  if (write.stage.columns.fresh.length === 0) return;
  const violations: Violation[] = [];
  for (const constraint of uniqueConstraints(write.stage.table)) {
    if (!touchesKey(write, constraint)) continue;
    const ordinal = await numberOf(write, firstDuplicate(write.stage, constraint));
    if (ordinal === undefined) continue;
    violations.push({ ordinal, error: (row) => duplicateKey(write, constraint, row) });
  }
  await throwFirst(write, violations, false);
}

/** An UPDATE that leaves the key as it was can't break it. */
function touchesKey({ stage }: StagedWrite, { columns }: UniqueConstraint): boolean {
  return columns.some((attribute) => stage.columns.fresh[attribute - 1] !== undefined);
}

export function uniqueConstraints({ constraints }: OwnedTable): readonly UniqueConstraint[] {
  return constraints.filter((constraint): constraint is UniqueConstraint => constraint.kind !== 'check');
}

/** The earliest row; where it has several violations, the first of the list. */
async function throwFirst(
  write: StagedWrite,
  violations: readonly Violation[],
  shows: boolean,
): Promise<void> {
  const [first, ...rest] = violations;
  if (first === undefined) return;
  const earliest = rest.reduce((best, next) => (next.ordinal < best.ordinal ? next : best), first);
  const error = earliest.error(await newRow(write, earliest.ordinal));
  const where = await copiedFrom(write, earliest.ordinal, shows);
  throw where === undefined
    ? error
    : new SkeinError({ sqlstate: error.code }, error.message, { ...error.fields, where });
}

/** The line of a copied row. @param shows with what stood there: PostgreSQL asks for keys when it has forgotten that. */
async function copiedFrom(
  { stage, lease, reading, copied }: StagedWrite,
  ordinal: bigint,
  shows: boolean,
): Promise<string | undefined> {
  if (copied === undefined) return undefined;
  const sql = printCopied(stage, copied, ordinal);
  const [row] = await lease.use((connection) => connection.texts(sql, 2, reading.signal));
  const line = `COPY ${stage.table.name}, line ${row?.[0] ?? ''}`;
  const shown = row?.[1] ?? null;
  return shows && shown !== null ? `${line}: "${shown}"` : line;
}

async function numberOf({ lease, reading }: StagedWrite, sql: string): Promise<bigint | undefined> {
  const text = `SELECT v::VARCHAR FROM (${sql}) x(v)`;
  const [row] = await lease.use((connection) => connection.texts(text, 1, reading.signal));
  const value = row?.[0] ?? null;
  return value === null ? undefined : BigInt(value);
}

async function nullViolations(write: StagedWrite): Promise<readonly Violation[]> {
  const { table } = write.stage;
  const violations: Violation[] = [];
  for (const [index, { name, notNull, dropped }] of table.columns.entries()) {
    if (!notNull || dropped) continue;
    const ordinal = await numberOf(write, firstNull(write.stage, index));
    if (ordinal === undefined) continue;
    violations.push({
      ordinal,
      error: (row) =>
        new SkeinError(
          { sqlstate: '23502' },
          `null value in column "${name}" of relation "${table.name}" violates not-null constraint`,
          { detail: failingRow(row), schema: table.schema, table: table.name, column: name },
        ),
    });
  }
  return violations;
}

const failingRow = (row: readonly (string | null)[]): string => `Failing row contains ${describedRow(row)}.`;

async function checkViolations(write: StagedWrite): Promise<readonly Violation[]> {
  const { checks, stage } = write;
  if (checks === undefined) return [];
  assert(checks.kind === 'project', 'checks are columns');
  const sql = printPlan(checks, {
    scan: ({ table }) => {
      throw new Error(`a CHECK reads ${table}`);
    },
    relation: () => newRows(stage),
  });
  const violations: Violation[] = [];
  const [ordinalItem, ...items] = checks.items;
  const ordinalColumn = `c${defined(ordinalItem, 'number of the row').column.id}`;
  for (const { column } of items) {
    const first = `SELECT min(${ordinalColumn}) FROM (${sql}) WHERE NOT c${column.id}`;
    const ordinal = await numberOf(write, first);
    if (ordinal === undefined) continue;
    violations.push({ ordinal, error: (row) => checkViolated(stage.table, column.name, row) });
  }
  return violations;
}

function checkViolated(table: OwnedTable, constraint: string, row: readonly (string | null)[]): SkeinError {
  return new SkeinError(
    { sqlstate: '23514' },
    `new row for relation "${table.name}" violates check constraint "${constraint}"`,
    { detail: failingRow(row), schema: table.schema, table: table.name, constraint },
  );
}

function duplicateKey(
  { stage, onConflict }: StagedWrite,
  constraint: UniqueConstraint,
  row: readonly (string | null)[],
): SkeinError {
  const { table } = stage;
  if (onConflict?.action === 'update' && onConflict.constraints?.includes(constraint.name))
    return changedTwice('INSERT');
  const live = table.columns.flatMap((column, index) => (column.dropped ? [] : [index + 1]));
  const names = constraint.columns.map((attribute) => table.columns[attribute - 1]?.name ?? '');
  const values = constraint.columns.map((attribute) => row[live.indexOf(attribute)] ?? 'null');
  return new SkeinError(
    { sqlstate: '23505' },
    `duplicate key value violates unique constraint "${constraint.name}"`,
    {
      detail: `Key (${names.map(quoted).join(', ')})=(${values.join(', ')}) already exists.`,
      schema: table.schema,
      table: table.name,
      constraint: constraint.name,
    },
  );
}

/** As pg_get_indexdef_columns writes a name. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

async function newRow(
  { stage, lease, reading }: StagedWrite,
  ordinal: bigint,
): Promise<readonly (string | null)[]> {
  const columns = stage.table.columns.filter(({ dropped }) => !dropped);
  const types = columns.map(({ type }) => type);
  const layouts = types.map((type) => carrierOf(type).layout);
  for await (const batch of lease.stream(printNewRow(stage, ordinal), layouts, reading.signal)) {
    return rowTexts(batch, 0, types, reading.style);
  }
  throw new Error('the row that breaks a constraint is not there');
}

async function checkChangedOnce(write: StagedWrite): Promise<void> {
  const { stage, command, onConflict } = write;
  const mayRepeat = command === 'MERGE' || onConflict?.action === 'update';
  if (!mayRepeat || stage.columns.rowid === undefined) return;
  if ((await numberOf(write, countChangedTwice(stage))) !== 0n) throw changedTwice(command);
}

function changedTwice(command: WriteCommand): SkeinError {
  if (command === 'MERGE') {
    return new SkeinError('cardinalityViolation', 'MERGE command cannot affect row a second time', {
      hint: 'Ensure that not more than one source row matches any one target row.',
    });
  }
  return new SkeinError(
    'cardinalityViolation',
    'ON CONFLICT DO UPDATE command cannot affect row a second time',
    {
      hint: 'Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
    },
  );
}

/** ON CONFLICT DO NOTHING: what conflicts is not inserted. */
export async function dropConflicts(write: StagedWrite): Promise<void> {
  const { stage, onConflict, lease, reading } = write;
  if (onConflict?.action !== 'nothing') return;
  const { constraints } = onConflict;
  const arbiters = uniqueConstraints(stage.table).filter(
    ({ name }) => constraints === undefined || constraints.includes(name),
  );
  const run = (sql: string) => lease.use((connection) => connection.change(sql, reading.signal));
  for (const arbiter of arbiters) await run(dropConflicting(stage, arbiter));
  const repeated: UniqueConstraint[] = [];
  for (const arbiter of arbiters) {
    if ((await numberOf(write, countRepeated(stage, arbiter))) !== 0n) repeated.push(arbiter);
  }
  if (repeated.length > 1) {
    throw refuse('ON CONFLICT DO NOTHING of rows that repeat the keys of several constraints', {
      hint: 'Name the constraint: ON CONFLICT (columns) DO NOTHING.',
    });
  }
  for (const arbiter of repeated) await run(dropRepeated(stage, arbiter));
}
