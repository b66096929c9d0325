import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printPlan } from '../../../src/dialect/print.ts';
import { splitAggregate } from '../../../src/dialect/split.ts';
import { findAggregate } from '../../../src/dialect/table.ts';
import type { AggregateCall, ColumnExpr, Expr } from '../../../src/plan/expr.ts';
import type { Column, Plan } from '../../../src/plan/logical.ts';
import { elementType, OID, type SqlType, sqlType } from '../../../src/types/sql-type.ts';
import { isQuick, quickly } from '../../support/quick.ts';
import { type Outcome, outcomesAgree, type Permit, postgresCanonical } from './canonical.ts';
import { attempt, selectValues } from './duckdb-side.ts';
import { type ArgumentValues, edgeValues } from './edge-values.ts';
import {
  argumentTypes,
  bounded,
  canonicalText,
  type Oracle,
  postgresArgument,
  product,
  startOracle,
} from './harness.ts';

/** How an aggregate is admitted: by PostgreSQL's expression over many small sets of rows, whole and split over agents. */
export interface AggregateOptions {
  /** PostgreSQL's expression; `args` are column names. */
  readonly sql: (args: readonly string[], modifier: string) => string;
  readonly types?: readonly (readonly string[])[];
  readonly values?: readonly (readonly ArgumentValues[] | undefined)[];
  readonly permits?: Permit;
  /** Arguments that are constants, in this order before the columns (string_agg's separator, percentiles' fraction). */
  readonly constants?: readonly { readonly at: number; readonly type: SqlType; readonly value: string }[];
  /** The result depends on the rows' order: compare it ordered by the arguments. */
  readonly ordered?: true;
  readonly orderedSet?: true;
  readonly distinct?: false;
  readonly allows?: (want: Outcome, got: Outcome) => boolean;
}

export interface AggregateCase extends AggregateOptions {
  readonly signature: string;
}

export function admitsAggregate(signature: string, options: AggregateOptions): AggregateCase {
  return { signature, ...options };
}

export function describeAggregates(cases: readonly AggregateCase[]): void {
  describe('aggregates', () => {
    let oracle: Oracle;
    beforeAll(async () => {
      oracle = await startOracle();
    });
    afterAll(async () => {
      await oracle?.close();
    });
    for (const aggregateCase of cases) {
      test(aggregateCase.signature, async () => {
        expect((await aggregateDifferences(oracle, aggregateCase)).slice(0, 10)).toEqual([]);
      });
    }
  });
}

type Row = readonly (string | null)[];

async function aggregateDifferences(oracle: Oracle, one: AggregateCase): Promise<readonly string[]> {
  const found: string[] = [];
  for (const types of one.types ?? [argumentTypes(one.signature).filter((type) => type !== '*')]) {
    for (const shape of product(types.map((type, at) => one.values?.[at] ?? edgeValues(type)))) {
      const rows = bounded(product(shape.map((argument) => argument.values)), 60);
      for (const set of setsOf(rows)) {
        found.push(
          ...(await setDifferences(
            oracle,
            one,
            shape.map((s) => s.type),
            set,
          )),
        );
      }
    }
  }
  return found;
}

/** No row, single rows, neighbours, the small values, everything; and everything twice. */
function setsOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  const nulls = rows.at(-1) ?? [];
  const triples = rows.map((row, index) => [row, rows[(index * 7 + 1) % rows.length] ?? row, nulls]);
  const subsets = rows.map((_, index) => rows.filter((_row, at) => (at * (index + 3)) % 5 < 2));
  return [
    [],
    [nulls, nulls],
    ...quickly(rows.slice(0, 16), 6).map((row) => [row]),
    ...quickly(triples.slice(0, 16), 5),
    ...quickly(subsets.slice(0, 12), 4),
    rows.slice(0, 6),
    rows,
    [...rows.slice(0, 5), ...rows.slice(2, 7), ...rows.slice(0, 3)],
  ];
}

async function setDifferences(
  oracle: Oracle,
  one: AggregateCase,
  types: readonly SqlType[],
  rows: readonly Row[],
): Promise<readonly string[]> {
  const found: string[] = [];
  const canonical: Row[] = [];
  for (const row of rows) {
    const texts: (string | null)[] = [];
    for (const [at, value] of row.entries()) {
      texts.push(await canonicalText(oracle, types[at] ?? sqlType(OID.text), value));
    }
    canonical.push(texts);
  }
  for (const distinct of one.distinct === false ? [false] : [false, true]) {
    const { want, result } = await postgresAggregate(oracle, one, types, rows, distinct);
    for (const { how, plan, type } of plansFor(one, types, canonical, result, distinct)) {
      const got = await attempt(async () => {
        const sql = printPlan(plan, { scan: unexpected, relation: unexpected });
        return (await selectValues(oracle.duckdb, sql, type))[0] ?? null;
      });
      if (outcomesAgree(want, got, result, one.permits) || one.allows?.(want, got) === true) continue;
      const text = JSON.stringify(rows.slice(0, 12));
      found.push(`${how}: ${text}: PostgreSQL ${JSON.stringify(want)}, DuckDB ${JSON.stringify(got)}`);
    }
  }
  return found;
}

function unexpected(): string {
  throw new Error('there are no scans here');
}

async function postgresAggregate(
  oracle: Oracle,
  one: AggregateCase,
  types: readonly SqlType[],
  rows: readonly Row[],
  distinct: boolean,
): Promise<{ want: Outcome; result: SqlType }> {
  const names = types.map((_, index) => `a${index}`);
  const tuple = (row: Row) =>
    `(${row.map((value, at) => postgresArgument(types[at] as SqlType, value)).join(', ')})`;
  const nulls = types.map(() => null);
  const values = [nulls, ...rows].map(tuple).join(', ');
  const from =
    types.length === 0
      ? `FROM generate_series(1, ${rows.length})`
      : `FROM (VALUES ${values} OFFSET 1) AS t(${names.join(', ')})`;
  const constants = (one.constants ?? []).map(({ type, value }) => postgresArgument(type, value));
  const modifier = `${distinct ? 'DISTINCT ' : ''}`;
  const sql = one.sql([...names, ...constants], modifier);
  const result = await resultType(oracle, `SELECT ${sql} ${from} LIMIT 0`, [one.signature, types, distinct]);
  const { rows: answers } = await oracle.postgres.query<{ o: readonly (string | null)[] }>(
    'SELECT public.try($1) AS o',
    [`SELECT ${postgresCanonical('x', result)} FROM (SELECT ${sql} AS x ${from}) q`],
  );
  const [kind, value = null, message = null] = answers[0]?.o ?? [];
  const want: Outcome =
    kind === 'error'
      ? { kind: 'error', sqlstate: value ?? '', message: message ?? '' }
      : { kind: 'value', value };
  return { want, result };
}

const resultTypes = new Map<string, SqlType>();

/** @param kind what the type depends on. */
async function resultType(oracle: Oracle, sql: string, kind: readonly unknown[]): Promise<SqlType> {
  const key = JSON.stringify(kind);
  const known = resultTypes.get(key);
  if (known !== undefined) return known;
  const described = await oracle.postgres.query(sql).catch(() => undefined);
  const type = sqlType(described?.fields[0]?.dataTypeID ?? OID.text);
  resultTypes.set(key, type);
  return type;
}

interface Attempt {
  readonly how: string;
  readonly plan: Plan;
  readonly type: SqlType;
}

function plansFor(
  one: AggregateCase,
  types: readonly SqlType[],
  rows: readonly Row[],
  postgresResult: SqlType,
  distinct: boolean,
): readonly Attempt[] {
  let next = 0;
  const fresh = (type: SqlType): Column => {
    next += 1;
    return { id: next, type, name: '' };
  };
  const input = (part: readonly Row[]): { plan: Plan; columns: readonly Column[] } => {
    const columns = types.map(fresh);
    return {
      columns,
      plan: { kind: 'values', columns, rows: part.map((row) => row.map((v, at) => constant(types[at], v))) },
    };
  };
  const callOver = (columns: readonly Column[]): AggregateCall =>
    callOf(one, columns, postgresResult, distinct);
  const whole = input(rows);
  const call = callOver(whole.columns);
  const column = fresh(call.type);
  const attempts: Attempt[] = [
    {
      how: distinct ? 'distinct' : 'whole',
      type: call.type,
      plan: { kind: 'aggregate', input: whole.plan, groups: [], aggregates: [{ column, call }] },
    },
  ];
  if (splitAggregate(call) === undefined) return attempts;
  for (const agents of agentsFor(rows.length)) {
    const parts = Array.from({ length: agents }, (_, agent) =>
      input(rows.filter((_row, at) => at % agents === agent)),
    );
    attempts.push({ how: `split over ${agents}`, type: call.type, plan: splitPlan(parts, callOver, fresh) });
  }
  return attempts;
}

/** In the quick form, few rows are split in one way each. */
function agentsFor(rows: number): readonly number[] {
  if (!isQuick || rows === 0 || rows > 5) return [1, 2, 5];
  return [rows % 2 === 0 ? 5 : 2];
}

/** An array's canonical text is JSON of its elements' texts. */
function constant(type: SqlType | undefined, value: string | null): Expr {
  const element = type && elementType(type);
  if (type === undefined || element === undefined || value === null) {
    return { kind: 'const', type: type ?? sqlType(OID.text), value };
  }
  const items = JSON.parse(value) as readonly (string | null)[];
  return { kind: 'array', elements: items.map((item) => constant(element, item)), type };
}

const reference = ({ id, type }: Column): ColumnExpr => ({ kind: 'column', id, type });

/** An array's constant text is `{a,b}` here, of elements without quotes. */
function directArgument(type: SqlType, value: string): Expr {
  const element = elementType(type);
  if (element === undefined) return constant(type, value);
  const items = value.slice(1, -1).split(',');
  return {
    kind: 'array',
    elements: items.map((item) => constant(element, item === 'NULL' ? null : item)),
    type,
  };
}

function callOf(
  one: AggregateCase,
  columns: readonly Column[],
  postgresResult: SqlType,
  distinct: boolean,
): AggregateCall {
  const args: Expr[] = columns.map(reference);
  for (const { at, type, value } of one.constants ?? []) args.splice(at, 0, directArgument(type, value));
  const entry = findAggregate(one.signature);
  if (entry === undefined) throw new Error(`${one.signature} is not in the dialect table`);
  const argTypes = args.map((arg) =>
    arg.kind === 'column' || arg.kind === 'const' || arg.kind === 'array' ? arg.type : sqlType(OID.text),
  );
  const flat =
    postgresResult.oid === OID.numeric && entry.numericResult !== undefined
      ? entry.numericResult(argTypes)
      : postgresResult;
  const type = entry.nests === true ? { ...flat, dimensions: 2 } : flat;
  const keys = columns.map((column) => ({ expr: reference(column), descending: false, nullsFirst: false }));
  return {
    fn: one.signature,
    args,
    distinct,
    orderBy: one.ordered === true || one.orderedSet === true ? keys : [],
    filter: undefined,
    type,
  };
}

/** Partials of each part, gathered, combined, finished: as the planner does it. */
function splitPlan(
  parts: readonly { plan: Plan; columns: readonly Column[] }[],
  callOver: (columns: readonly Column[]) => AggregateCall,
  fresh: (type: SqlType) => Column,
): Plan {
  const [gathered = unexpectedPlan(), ...others] = parts.map(({ plan, columns }): Plan => {
    const partials = splitAggregate(callOver(columns))?.partials ?? [];
    return {
      kind: 'aggregate',
      input: plan,
      groups: [],
      aggregates: partials.map((call) => ({ column: fresh(call.type), call })),
    };
  });
  const split = splitAggregate(callOver(parts[0]?.columns ?? []));
  if (split === undefined) throw new Error('not split');
  const united = others.reduce<Plan>(
    (left, right) => ({
      kind: 'set-operation',
      op: 'union',
      all: true,
      inputs: [left, right],
      columns: split.partials.map((call) => fresh(call.type)),
    }),
    gathered,
  );
  const columns =
    united.kind === 'set-operation'
      ? united.columns
      : united.kind === 'aggregate'
        ? united.aggregates.map((item) => item.column)
        : [];
  const combined = split.combine(columns.map(reference)).map((call) => ({ column: fresh(call.type), call }));
  const expr = split.final(combined.map((item) => reference(item.column)));
  return {
    kind: 'project',
    input: { kind: 'aggregate', input: united, groups: [], aggregates: combined },
    items: [{ column: fresh(callOver(parts[0]?.columns ?? []).type), expr }],
  };
}

function unexpectedPlan(): Plan {
  throw new Error('no parts');
}
