import { typeName } from '../catalog/type-join.ts';
import { quoteString } from '../dialect/quote.ts';
import { carrierOf } from '../types/carrier.ts';
import { OID, type SqlType } from '../types/sql-type.ts';

/** What an error about a value tells of its place. */
export interface Place {
  /** SQL of the file's name; undefined: unknown. */
  readonly file: string | undefined;
  readonly table: string;
  readonly column: string;
}

const LONGEST_SHOWN = 80;

/** A call that raises the error for the value that `text` (SQL) holds. */
function raise(sqlstate: string, before: string, text: string, after: string, place: Place): string {
  const shown = `left(replace(${text}, chr(10), ' '), ${LONGEST_SHOWN})`;
  const where = `column ${JSON.stringify(place.column)} of table ${JSON.stringify(place.table)}`;
  const detail =
    place.file === undefined ? quoteString(where) : `${quoteString(`${where}, file `)} || ${place.file}`;
  return `error(${quoteString(`SKEIN:${sqlstate}:${before}`)} || ${shown} || ${quoteString(`${after}|DETAIL:`)} || ${detail})`;
}

function syntaxError(type: SqlType, text: string, place: Place): string {
  const isDateTime = DATE_TIMES.has(type.oid);
  const sqlstate = isDateTime ? '22007' : '22P02';
  const name = type.oid === OID.numeric ? 'numeric' : typeName(type);
  return raise(sqlstate, `invalid input syntax for type ${name}: "`, text, '"', place);
}

function rangeError(type: SqlType, text: string, place: Place): string {
  if (type.oid === OID.numeric) return raise('22003', 'numeric field overflow: "', text, '"', place);
  return raise('22003', 'value "', text, `" is out of range for type ${typeName(type)}`, place);
}

const DATE_TIMES: ReadonlySet<number> = new Set([
  OID.date,
  OID.time,
  OID.timetz,
  OID.timestamp,
  OID.timestamptz,
  OID.interval,
]);

const INTEGER = '[+-]?\\d+';
const DECIMAL = '[+-]?(\\d+\\.?\\d*|\\.\\d+)(e[+-]?\\d+)?';
const SPECIAL_FLOAT = '[+-]?inf(inity)?|nan';
const OFFSET = '(:\\d{2}(\\.\\d+)?) ?(Z|[+-]\\d{2}(:?\\d{2})?)$';

/** PostgreSQL reads slashes as month, day, year (DateStyle ISO, MDY, its default). */
const SLASHED_DATE = "['%m/%d/%Y']";
const SLASHED_TIMESTAMP = "['%m/%d/%Y %H:%M:%S', '%m/%d/%Y %H:%M', '%m/%d/%Y']";

/**
 * Text as PostgreSQL's input function of the type reads it, in SQL that raises an error for anything else: never NULL.
 * @param text SQL of a VARCHAR. @returns undefined for a type that text can't become.
 */
export function fromText(type: SqlType, text: string, place: Place): string | undefined {
  const { duckdb } = carrierOf(type);
  const trimmed = `trim(${text})`;
  const wrong = syntaxError(type, text, place);
  const tried = (value: string): string => `coalesce(TRY_CAST(${value} AS ${duckdb}), ${wrong})`;
  switch (type.oid) {
    case OID.text:
    case OID.varchar:
      return text;
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return matching(trimmed, INTEGER, inRange(type, trimmed, text, place), text, wrong);
    case OID.numeric:
      return numeric(type, text, place);
    case OID.float4:
    case OID.float8:
      return float(type, text, place);
    case OID.bool:
      return boolean(text, wrong);
    case OID.date:
      return nullable(
        text,
        `coalesce(TRY_CAST(${text} AS DATE), CAST(try_strptime(${trimmed}, ${SLASHED_DATE}) AS DATE), ${wrong})`,
      );
    case OID.timestamp:
      return nullable(
        text,
        `coalesce(TRY_CAST(regexp_replace(${trimmed}, '${OFFSET}', '\\1') AS TIMESTAMP), try_strptime(${trimmed}, ${SLASHED_TIMESTAMP}), ${wrong})`,
      );
    case OID.timestamptz:
    case OID.time:
    case OID.timetz:
    case OID.interval:
    case OID.uuid:
      return nullable(text, tried(trimmed));
    case OID.bytea:
      return matching(text, '\\\\x([0-9a-fA-F]{2})*', `from_hex(${text}[3:])`, text, wrong);
    case OID.varbit:
      return matching(text, '[01]*', text, text, wrong);
    case OID.json:
      return nullable(text, `CASE WHEN json_valid(${text}) THEN ${text} ELSE ${wrong} END`);
    default:
      return undefined;
  }
}

/** DuckDB reads decimals as PostgreSQL does; only what it can't read is looked at more closely, for the right error. */
function numeric(type: SqlType, text: string, place: Place): string {
  const error =
    `CASE WHEN regexp_full_match(lower(trim(${text})), '${DECIMAL}')` +
    ` THEN ${rangeError(type, text, place)} ELSE ${syntaxError(type, text, place)} END`;
  return nullable(text, `coalesce(TRY_CAST(${text} AS ${carrierOf(type).duckdb}), ${error})`);
}

function nullable(text: string, sql: string): string {
  return `CASE WHEN ${text} IS NOT NULL THEN ${sql} END`;
}

function matching(subject: string, pattern: string, value: string, text: string, wrong: string): string {
  return nullable(
    text,
    `CASE WHEN regexp_full_match(${subject}, '${pattern}') THEN ${value} ELSE ${wrong} END`,
  );
}

function inRange(type: SqlType, value: string, text: string, place: Place): string {
  return `coalesce(TRY_CAST(${value} AS ${carrierOf(type).duckdb}), ${rangeError(type, text, place)})`;
}

function boolean(text: string, wrong: string): string {
  const word = `lower(trim(${text}))`;
  return nullable(
    text,
    `CASE WHEN ${word} IN ('t', 'tr', 'tru', 'true', 'y', 'ye', 'yes', 'on', '1') THEN true` +
      ` WHEN ${word} IN ('f', 'fa', 'fal', 'fals', 'false', 'n', 'no', 'of', 'off', '0') THEN false ELSE ${wrong} END`,
  );
}

/** DuckDB turns what is too large into infinity; PostgreSQL says that it is out of range. */
function float(type: SqlType, text: string, place: Place): string {
  const word = `lower(trim(${text}))`;
  const { duckdb } = carrierOf(type);
  const value = `TRY_CAST(${word} AS ${duckdb})`;
  const range = rangeError(type, text, place);
  const number = `CASE WHEN ${value} IS NULL OR isinf(${value}) THEN ${range} ELSE ${value} END`;
  return nullable(
    text,
    `CASE WHEN regexp_full_match(${word}, '${DECIMAL}') THEN ${number}` +
      ` WHEN regexp_full_match(${word}, '${SPECIAL_FLOAT}') THEN ${value} ELSE ${syntaxError(type, text, place)} END`,
  );
}

/** Significant digits that a JSON number surely keeps: DuckDB reads it as a double. */
const DOUBLE_DIGITS = 15;

/** A JSON number, read as text, as a numeric; one with more digits than DuckDB's JSON reader keeps is an error. */
export function numericFromJson(type: SqlType, scale: number, text: string, place: Place): string {
  const exact = numeric(type, text, place);
  const lost = raise(
    '22003',
    'the JSON number "',
    text,
    `" may have lost digits: DuckDB keeps ${DOUBLE_DIGITS}`,
    place,
  );
  const kept = [
    `strlen(${text}) <= ${DOUBLE_DIGITS + 1}`,
    `regexp_full_match(${text}, '-?\\d{1,19}')`,
    `coalesce(abs(TRY_CAST(${text} AS DOUBLE)) < 1e${DOUBLE_DIGITS - scale}, true)`,
  ];
  return `CASE WHEN ${text} IS NULL OR ${kept.join(' OR ')} THEN ${exact} ELSE ${lost} END`;
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);
const NUMBERS: ReadonlySet<number> = new Set([...INTEGERS, OID.numeric, OID.float4, OID.float8]);
/** Types whose text is the same in DuckDB and PostgreSQL. */
const SAME_TEXT: ReadonlySet<number> = new Set([...INTEGERS, OID.numeric, OID.bool, OID.date, OID.uuid]);
const WIDENINGS: ReadonlySet<string> = new Set([
  `${OID.date}>${OID.timestamp}`,
  `${OID.date}>${OID.timestamptz}`,
  `${OID.timestamp}>${OID.timestamptz}`,
]);

/**
 * A value that already has a carrier, as another type; what doesn't fit raises an error.
 * @returns undefined where PostgreSQL has no such cast, or DuckDB's differs.
 */
export function fromCarrier(from: SqlType, to: SqlType, value: string, place: Place): string | undefined {
  if (from.oid === to.oid && from.typmod === to.typmod) return value;
  const target = carrierOf(to).duckdb;
  if (from.oid === OID.text) return fromText(to, value, place);
  if (to.oid === OID.text && SAME_TEXT.has(from.oid)) return `CAST(${value} AS VARCHAR)`;
  if (WIDENINGS.has(`${from.oid}>${to.oid}`)) return `CAST(${value} AS ${target})`;
  if (!NUMBERS.has(from.oid) || !NUMBERS.has(to.oid)) return undefined;
  const isFloat = from.oid === OID.float4 || from.oid === OID.float8;
  if (isFloat && INTEGERS.has(to.oid)) return undefined;
  const source = isFloat && to.oid === OID.numeric ? `CAST(${value} AS VARCHAR)` : value;
  const failed = rangeError(to, `CAST(${value} AS VARCHAR)`, place);
  return nullable(value, `coalesce(TRY_CAST(${source} AS ${target}), ${failed})`);
}
