import { OID, type SqlType, sqlType } from '../types/sql-type.ts';

/** A type that text may turn out to hold. Only canonical spellings count: `007`, `1_000` or `1/2/2024` stay text. */
export interface Candidate {
  readonly type: SqlType;
  /** DuckDB type that the reader may read the column as. */
  readonly native: string;
  /** SQL that is true for a value (not NULL) of this type. */
  readonly test: (value: string) => string;
}

const roundTrip =
  (native: string) =>
  (value: string): string =>
    `CAST(TRY_CAST(${value} AS ${native}) AS VARCHAR) = ${value}`;

const DAY = '\\d{4}-\\d{2}-\\d{2}';
const CLOCK = '\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?';
const NUMBER = '-?(0|[1-9]\\d*)?(\\.\\d+)?([eE][+-]?\\d+)?';

const matches =
  (pattern: string, native: string) =>
  (value: string): string =>
    `regexp_full_match(${value}, '${pattern}') AND TRY_CAST(${value} AS ${native}) IS NOT NULL`;

const boolean: Candidate = {
  type: sqlType(OID.bool),
  native: 'BOOLEAN',
  test: (value) => `lower(${value}) IN ('true', 'false')`,
};
const integer: Candidate = { type: sqlType(OID.int8), native: 'BIGINT', test: roundTrip('BIGINT') };
const float: Candidate = {
  type: sqlType(OID.float8),
  native: 'DOUBLE',
  test: (value) => `${matches(NUMBER, 'DOUBLE')(value)} AND isfinite(TRY_CAST(${value} AS DOUBLE))`,
};
const date: Candidate = { type: sqlType(OID.date), native: 'DATE', test: roundTrip('DATE') };
const timestamp: Candidate = {
  type: sqlType(OID.timestamp),
  native: 'TIMESTAMP',
  test: matches(`${DAY}[ T]${CLOCK}`, 'TIMESTAMP'),
};
const timestamptz: Candidate = {
  type: sqlType(OID.timestamptz),
  native: 'TIMESTAMPTZ',
  test: matches(`${DAY}[ T]${CLOCK}(Z|[+-]\\d{2}(:?\\d{2})?)`, 'TIMESTAMPTZ'),
};
const time: Candidate = { type: sqlType(OID.time), native: 'TIME', test: roundTrip('TIME') };

/** In the order in which they are tried. */
export const CSV_CANDIDATES: readonly Candidate[] = [
  boolean,
  integer,
  float,
  date,
  timestamp,
  timestamptz,
  time,
];

/** JSON spells numbers and booleans without quotes, so a string is neither. */
export const JSON_CANDIDATES: readonly Candidate[] = [date, timestamp, timestamptz];

/** A JSON column of strings and numbers, say, is text; one with an object or array stays JSON. */
export const MIXED_CANDIDATES: readonly Candidate[] = [
  {
    type: sqlType(OID.text),
    native: 'VARCHAR',
    test: (value) => `json_type(${value}) NOT IN ('OBJECT', 'ARRAY')`,
  },
];

export interface Inferred {
  /** Undefined: text. */
  readonly candidate: Candidate | undefined;
  readonly allNull: boolean;
}

export interface Inference {
  readonly rows: number;
  readonly columns: readonly Inferred[];
}

/** Rows of the first look, which rules out most candidates cheaply. */
const FIRST_LOOK_ROWS = 2000;

type Ask = (sql: string, columnCount: number) => Promise<(string | null)[][]>;

/**
 * The first candidate of each text column that all of its values fit. A look at the first rows proposes, a scan of all
 * rows verifies; a column that the scan refutes tries its remaining candidates in another scan.
 * @param from relation to read. @param references SQL of its columns, and @param candidates those of each.
 */
export async function infer(
  ask: Ask,
  from: string,
  references: readonly string[],
  candidates: readonly (readonly Candidate[])[],
): Promise<Inference> {
  const look = `(SELECT * FROM ${from} LIMIT ${FIRST_LOOK_ROWS})`;
  const first = await test(ask, look, references, candidates);
  let open = first.columns.map((column) => column.fitting);
  for (;;) {
    const proposed = open.map((fitting) => fitting.slice(0, 1));
    const scan = await test(ask, from, references, proposed);
    const refuted = scan.columns.map((column, i) => column.fitting.length < (proposed[i]?.length ?? 0));
    if (refuted.every((isRefuted) => !isRefuted)) {
      return {
        rows: scan.rows,
        columns: scan.columns.map((column) => ({
          candidate: column.values === 0 ? undefined : column.fitting[0],
          allNull: column.values === 0,
        })),
      };
    }
    open = open.map((fitting, i) => (refuted[i] ? fitting.slice(1) : fitting));
  }
}

interface Tested {
  readonly rows: number;
  readonly columns: readonly { readonly values: number; readonly fitting: readonly Candidate[] }[];
}

/** SQL: whether no value of the column speaks against the candidate. */
function fits(candidate: Candidate, reference: string): string {
  const passes = `${reference} IS NULL OR coalesce(${candidate.test(reference)}, false)`;
  return `coalesce(bool_and(${passes}), true)`;
}

async function test(
  ask: Ask,
  from: string,
  references: readonly string[],
  candidates: readonly (readonly Candidate[])[],
): Promise<Tested> {
  const items = references.flatMap((reference, i) => [
    `count(${reference})::VARCHAR`,
    ...(candidates[i] ?? []).map((candidate) => `${fits(candidate, reference)}::VARCHAR`),
  ]);
  const [row = []] = await ask(
    `SELECT count(*)::VARCHAR, ${items.join(', ')} FROM ${from}`,
    items.length + 1,
  );
  let at = 1;
  const columns = references.map((_, i) => {
    const values = Number(row[at++] ?? 0);
    const fitting = (candidates[i] ?? []).filter(() => row[at++] === 'true');
    return { values, fitting };
  });
  return { rows: Number(row[0] ?? 0), columns };
}
