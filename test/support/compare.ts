import type pg from 'pg';

/** What a client sees of one statement: everything that SQL determines. */
export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly command: string | undefined;
  readonly sqlstate: string | undefined;
  readonly message: string | undefined;
}

/** Runs a statement over the simple protocol (or the extended, with parameters) and keeps the values as text. */
export async function ask(
  client: pg.Client,
  sql: string,
  parameters?: readonly unknown[],
  preparedAs?: string,
): Promise<Answer> {
  try {
    const result = await client.query<(string | null)[]>({
      text: sql,
      ...(parameters === undefined ? {} : { values: [...parameters], queryMode: 'extended' }),
      ...(preparedAs === undefined ? {} : { name: preparedAs }),
      rowMode: 'array',
      types: { getTypeParser: () => (value: string) => value },
    });
    return answerOf(result);
  } catch (error) {
    return failureOf(error);
  }
}

/** What a statement gave, of rows as arrays of texts. */
export function answerOf(result: pg.QueryArrayResult<(string | null)[]>): Answer {
  return {
    columns: result.fields.map((field) => ({ name: field.name, type: field.dataTypeID })),
    rows: result.rows,
    command: `${result.command} ${result.rowCount ?? ''}`,
    sqlstate: undefined,
    message: undefined,
  };
}

/** @throws what is no answer of a server. */
export function failureOf(error: unknown): Answer {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return {
    columns: [],
    rows: [],
    command: undefined,
    sqlstate: String(error.code),
    message: error.message,
  };
}

/** Type OIDs whose values may differ in the last digits: see docs/postgres-compatibility.md. */
const FLOAT_TYPES = new Set([700, 701]);
const NUMERIC = 1700;

/**
 * The differences between two answers, in words; empty: the same. Rows are compared in order if the statement orders them
 * (its ORDER BY must be total), else as multisets.
 */
export function differences(oracle: Answer, skein: Answer, ordered: boolean): readonly string[] {
  if (oracle.sqlstate !== skein.sqlstate) {
    return [`PostgreSQL: ${brief(oracle)}; Skein: ${brief(skein)}`];
  }
  if (oracle.sqlstate !== undefined) return [];
  const columns = JSON.stringify(oracle.columns);
  if (columns !== JSON.stringify(skein.columns))
    return [`columns ${columns} became ${JSON.stringify(skein.columns)}`];
  if (oracle.command !== skein.command) return [`tag ${oracle.command} became ${skein.command}`];
  const types = oracle.columns.map((column) => column.type);
  const left = ordered ? oracle.rows : sorted(oracle.rows, types);
  const right = ordered ? skein.rows : sorted(skein.rows, types);
  return left
    .flatMap((row, i) => {
      const other = right[i] ?? [];
      const same = row.every((value, j) => sameValue(value, other[j] ?? null, types[j] ?? 0));
      return same ? [] : [`row ${i}: ${JSON.stringify(row)} became ${JSON.stringify(other)}`];
    })
    .slice(0, 5);
}

export function isOrdered(sql: string): boolean {
  // The last ORDER BY at the top level: not inside parentheses.
  let depth = 0;
  const top = [...sql.replaceAll(/'(?:[^']|'')*'/g, "''")].map((char) => {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    return depth === 0 ? char : ' ';
  });
  return /\border\s+by\b/i.test(top.join(''));
}

function brief(answer: Answer): string {
  return answer.sqlstate === undefined
    ? `${answer.rows.length} rows`
    : `${answer.sqlstate} ${answer.message}`;
}

function sorted(rows: readonly (readonly (string | null)[])[], types: readonly number[]) {
  const key = (row: readonly (string | null)[]) =>
    JSON.stringify(row.map((value, i) => (value === null ? null : rounded(value, types[i] ?? 0))));
  return rows
    .map((row) => ({ row, key: key(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}

/** A sort key that the permitted differences don't move. */
function rounded(value: string, type: number): string {
  if (type !== NUMERIC && !FLOAT_TYPES.has(type)) return value;
  const number = Number(value);
  return Number.isFinite(number) ? number.toPrecision(9) : value;
}

function sameValue(a: string | null, b: string | null, type: number): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (FLOAT_TYPES.has(type)) return close(Number(a), Number(b), 1e-12);
  if (type === NUMERIC) return sameNumeric(a, b);
  return false;
}

function close(a: number, b: number, relative: number): boolean {
  return Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b));
}

/** Equal by value; or PostgreSQL's has more decimals, and they agree in 15 digits: of what is computed from quotients, or a tiny one. */
function sameNumeric(wanted: string, got: string): boolean {
  const strip = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);
  const [all, ours] = [strip(wanted), strip(got)];
  if (all === ours) return true;
  const decimals = (text: string) => (text.split('.')[1] ?? '').length;
  const digits = got.replace(/^-?0*\.?0*/, '').replace('.', '').length;
  return decimals(all) > decimals(ours) && digits >= 15 && close(Number(all), Number(ours), 1e-15);
}
