import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elementType, OID, type SqlType, sqlType } from '../../../src/types/sql-type.ts';
import { openDatabase, startPostgres } from '../../support/postgres.ts';
import { loadPrelude } from '../../support/prelude.ts';
import { type Outcome, outcomesAgree, type Permit, postgresCanonical } from './canonical.ts';
import { duckdbColumns, duckdbConstants } from './duckdb-side.ts';
import { type ArgumentValues, edgeValues, typeName } from './edge-values.ts';

/** How an entry of the dialect table is admitted: PostgreSQL's own expression, and what is special about it. */
export interface AdmissionOptions {
  /** PostgreSQL's expression; `args` are casts of the arguments' texts. */
  readonly sql: (args: readonly string[]) => string;
  /** Values in place of the edge values of the argument's type: one item per argument. `undefined` keeps the default. */
  readonly values?: readonly (readonly ArgumentValues[] | undefined)[];
  /** For pseudo types: the argument types to try (names as in `int4`). Default: the signature's own. */
  readonly types?: readonly (readonly string[])[];
  /** Around DuckDB's expression, where the values themselves can't be compared. */
  readonly wrap?: (sql: string) => string;
  readonly permits?: Permit;
  /** Arguments (by index) that are only ever constants: they are not read from columns. */
  readonly constant?: readonly number[];
  /** Combinations tried at most per tuple of argument types (default 600), chosen evenly. */
  readonly bound?: number;
  /** SQL of the session's TimeZone argument, for entries with `usesTimeZone`. */
  readonly timeZones?: readonly string[];
  /** Errors must agree in their message, too. */
  readonly messages?: true;
  /** A combination may be refused with 0A000, or 22003 beyond the carrier's digits, where PostgreSQL answers. */
  readonly mayRefuse?: (args: readonly (string | null)[]) => boolean;
}

export interface DialectCase extends AdmissionOptions {
  readonly signature: string;
}

/** States that an entry is admitted by comparing it with PostgreSQL over all combinations of edge values. */
export function admits(signature: string, options: AdmissionOptions): DialectCase {
  return { signature, ...options };
}

/** Runs the cases in vitest, with one PostgreSQL and one DuckDB for all of them. */
export function describeCases(name: string, cases: readonly DialectCase[]): void {
  describe(name, () => {
    let oracle: Oracle;
    beforeAll(async () => {
      oracle = await startOracle();
    });
    afterAll(async () => {
      await oracle?.close();
    });
    for (const dialectCase of cases) {
      test(dialectCase.signature, async () => {
        expect((await differences(oracle, dialectCase)).slice(0, 10)).toEqual([]);
      });
    }
  });
}

export interface Oracle {
  readonly postgres: pg.Client;
  readonly duckdb: DuckDBConnection;
  /** By type and text: what {@link canonicalText} found, in the session's TimeZone of now. */
  readonly canonical: Map<string, string | null>;
  close(): Promise<void>;
}

const TRY_FUNCTION = `CREATE FUNCTION public.try(query text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
  EXECUTE query INTO result;
  RETURN ARRAY['value', result];
EXCEPTION WHEN OTHERS THEN
  RETURN ARRAY['error', SQLSTATE, SQLERRM];
END $$`;

export async function startOracle(): Promise<Oracle> {
  const server = await startPostgres(['-c', 'max_stack_depth=6MB']);
  const postgres = await openDatabase(server, 'oracle');
  await postgres.query(
    `SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; ${TRY_FUNCTION}`,
  );
  const duckdb = await preludedDuckDB();
  return {
    postgres,
    duckdb,
    canonical: new Map(),
    async close() {
      duckdb.closeSync();
      await postgres.end();
      await server.close();
    },
  };
}

async function preludedDuckDB(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  await loadPrelude(connection);
  return connection;
}

/** What of the case differs from PostgreSQL, one line each. */
async function differences(oracle: Oracle, dialectCase: DialectCase): Promise<readonly string[]> {
  const found: string[] = [];
  for (const types of dialectCase.types ?? [argumentTypes(dialectCase.signature)]) {
    for (const zone of dialectCase.timeZones ?? ['UTC']) {
      await setTimeZone(oracle, zone);
      for (const shape of shapesOf(types, dialectCase)) {
        found.push(...(await shapeDifferences(oracle, dialectCase, shape, zone)));
      }
    }
  }
  await setTimeZone(oracle, 'UTC');
  return found;
}

async function setTimeZone(oracle: Oracle, zone: string): Promise<void> {
  await oracle.postgres.query(`SELECT set_config('TimeZone', $1, false)`, [zone]);
  oracle.canonical.clear();
}

/** The argument types that a signature names: `f(a,b)`, `a op b`, `op b`, `cast a -> b`, `typmod t`. */
export function argumentTypes(signature: string): readonly string[] {
  const cast = /^cast (\S+) -> (\S+)$/.exec(signature);
  if (cast?.[1] !== undefined) return [cast[1]];
  const typmod = /^typmod (\S+)(?: explicit)?$/.exec(signature);
  if (typmod?.[1] !== undefined) return [typmod[1], 'int4'];
  const call = /^[^ ]+\((.*)\)$/.exec(signature);
  if (call?.[1] !== undefined) return call[1] === '' ? [] : call[1].split(',');
  const words = signature.split(' ');
  return words.length === 3 ? [words[0] ?? '', words[2] ?? ''] : [words[1] ?? ''];
}

/** One choice of a concrete type (numeric: a precision and scale) per argument. */
type Shape = readonly ArgumentValues[];

function shapesOf(types: readonly string[], dialectCase: DialectCase): readonly Shape[] {
  return product(types.map((type, index) => dialectCase.values?.[index] ?? edgeValues(type)));
}

export function product<T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return choices.reduce<readonly (readonly T[])[]>(
    (rows, options) => rows.flatMap((row) => options.map((option) => [...row, option])),
    [[]],
  );
}

export function bounded<T>(items: readonly T[], bound: number): readonly T[] {
  if (items.length <= bound) return items;
  return Array.from({ length: bound }, (_, index) => items[Math.floor((index * items.length) / bound)] as T);
}

export type Combination = readonly (string | null)[];

async function shapeDifferences(
  oracle: Oracle,
  dialectCase: DialectCase,
  shape: Shape,
  zone: string,
): Promise<readonly string[]> {
  const combinations = bounded(product(shape.map((argument) => argument.values)), dialectCase.bound ?? 600);
  const types = shape.map((argument) => argument.type);
  const result = await resultType(oracle, dialectCase, types);
  const expected = await postgresOutcomes(oracle, dialectCase, types, combinations, result);
  const constants = await canonicalTexts(oracle, types, combinations);
  const setup: Setup = { oracle, dialectCase, types, result, zone };
  const actual = await duckdbConstants(setup, constants, expected);
  const vectors = await duckdbColumns(setup, constants, expected);
  return combinations.flatMap((combination, index) => {
    const want = expected[index] as Outcome;
    const wrong = (got: Outcome | undefined, how: string): readonly string[] => {
      if (got === undefined || agree(want, got, result, dialectCase)) return [];
      const refused = got.kind === 'error' && (got.sqlstate === '0A000' || got.sqlstate === '22003');
      if (refused && dialectCase.mayRefuse?.(combination) === true) return [];
      const call = `${zone === 'UTC' ? '' : `${zone}: `}${postgresExpression(dialectCase, types, combination)}`;
      return [`${how}: ${call}: PostgreSQL ${JSON.stringify(want)}, DuckDB ${JSON.stringify(got)}`];
    };
    return [...wrong(actual[index], 'constant'), ...wrong(vectors[index], 'column')];
  });
}

function agree(want: Outcome, got: Outcome, result: SqlType, { permits, messages }: DialectCase): boolean {
  if (!outcomesAgree(want, got, result, permits)) return false;
  return messages !== true || want.kind === 'value' || got.kind === 'value' || want.message === got.message;
}

/** One choice of argument types of a case. */
export interface Setup {
  readonly oracle: Oracle;
  readonly dialectCase: DialectCase;
  readonly types: readonly SqlType[];
  readonly result: SqlType;
  readonly zone: string;
}

export function postgresArgument(type: SqlType, value: string | null): string {
  return value === null ? `NULL::${typeName(type)}` : `'${value.replaceAll("'", "''")}'::${typeName(type)}`;
}

function postgresExpression(
  dialectCase: DialectCase,
  types: readonly SqlType[],
  values: Combination,
): string {
  return dialectCase.sql(values.map((value, index) => postgresArgument(types[index] as SqlType, value)));
}

async function resultType(
  oracle: Oracle,
  dialectCase: DialectCase,
  types: readonly SqlType[],
): Promise<SqlType> {
  const sql = postgresExpression(
    dialectCase,
    types,
    types.map((type, index) => (dialectCase.constant?.includes(index) === true ? firstOf(type) : null)),
  );
  const { fields } = await oracle.postgres.query(`SELECT ${sql} LIMIT 0`);
  const oid = fields[0]?.dataTypeID ?? 0;
  return sqlType(oid, -1);
}

/** A harmless non-NULL constant, for arguments that must be constants while the result's type is asked for. */
function firstOf(type: SqlType): string {
  return edgeValues(typeName(type))[0]?.values.find((value) => value !== null) ?? '';
}

async function postgresOutcomes(
  oracle: Oracle,
  dialectCase: DialectCase,
  types: readonly SqlType[],
  combinations: readonly Combination[],
  result: SqlType,
): Promise<readonly Outcome[]> {
  const queries = combinations.map(
    (values) => `SELECT ${postgresCanonical(postgresExpression(dialectCase, types, values), result)}`,
  );
  const { rows } = await oracle.postgres.query<{ outcome: readonly (string | null)[] }>(
    `SELECT public.try(q) AS outcome FROM unnest($1::text[]) WITH ORDINALITY AS x(q, i) ORDER BY i`,
    [queries],
  );
  return rows.map(({ outcome: [kind, value = null, message = null] }) =>
    kind === 'error'
      ? { kind: 'error', sqlstate: value ?? '', message: message ?? '' }
      : { kind: 'value', value },
  );
}

/** The values in the canonical form of constants in a plan (src/plan/expr.ts, ConstExpr). */
async function canonicalTexts(
  oracle: Oracle,
  types: readonly SqlType[],
  combinations: readonly Combination[],
): Promise<readonly Combination[]> {
  const columns: Map<string | null, string | null>[] = [];
  for (const [index, type] of types.entries()) {
    const canonical = new Map<string | null, string | null>();
    for (const text of new Set(combinations.map((values) => values[index] ?? null))) {
      canonical.set(text, await canonicalText(oracle, type, text));
    }
    columns.push(canonical);
  }
  return combinations.map((values) => values.map((value, index) => columns[index]?.get(value) ?? null));
}

export async function canonicalText(
  oracle: Oracle,
  type: SqlType,
  text: string | null,
): Promise<string | null> {
  if (text === null) return null;
  const key = `${type.oid} ${type.typmod} ${text}`;
  const known = oracle.canonical.get(key);
  if (known !== undefined) return known;
  const canonical = await askCanonicalText(oracle, type, text);
  oracle.canonical.set(key, canonical);
  return canonical;
}

async function askCanonicalText(oracle: Oracle, type: SqlType, text: string): Promise<string | null> {
  const argument = postgresArgument(type, text);
  const element = elementType(type);
  const form = (value: string, of: SqlType): string => {
    if (of.oid === OID.interval) {
      return `concat_ws(' ', extract(year from ${value})*12 + extract(month from ${value}), extract(day from ${value}),
        trunc(extract(hour from ${value})*3600000000 + extract(minute from ${value})*60000000
          + extract(microseconds from ${value})))`;
    }
    if (of.oid === OID.timestamptz) {
      return `CASE WHEN isfinite(${value}) THEN regexp_replace((${value} AT TIME ZONE 'UTC')::text, '( BC)?$', '+00\\1')
        ELSE ${value}::text END`;
    }
    return `${value}::text`;
  };
  const sql =
    element === undefined
      ? form(argument, type)
      : `(SELECT coalesce(json_agg(${form('e', element)}), '[]')::text FROM unnest(${argument}) e)`;
  const { rows } = await oracle.postgres.query<{ v: string | null }>(`SELECT ${sql} AS v`);
  return rows[0]?.v ?? null;
}
