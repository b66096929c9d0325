import { basename } from 'node:path';
import { type ErrorKind, SkeinError } from '../base/errors.ts';

/** Raised by the prelude's macros and the agents' views: `SKEIN:<sqlstate>:<message>`, with an optional `|DETAIL:<detail>` and `|HINT:<hint>`. */
const MARKER = /SKEIN:([0-9A-Z]{5}):([^\n]*)/;
const FIELDS = /^(.*?)(?:\|DETAIL:(.*?))?(?:\|HINT:(.*))?$/;

interface Rule {
  readonly pattern: RegExp;
  readonly kind: ErrorKind | { readonly sqlstate: string };
  /** PostgreSQL's wording; undefined: DuckDB's own first line. */
  readonly message?: (match: RegExpExecArray) => string;
}

/** PostgreSQL's names of the integer types as its messages have them, by DuckDB's internal names. */
const INTEGER_NAMES: Readonly<Record<string, string>> = {
  INT8: 'smallint',
  INT16: 'smallint',
  INT32: 'integer',
  INT64: 'bigint',
  TINYINT: 'smallint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
};

const INTEGER_OF_LEAST: Readonly<Record<string, string>> = {
  '-32768': 'smallint',
  '-2147483648': 'integer',
  '-9223372036854775808': 'bigint',
};

const INPUT_NAMES: Readonly<Record<string, string>> = {
  ...INTEGER_NAMES,
  BOOL: 'boolean',
  BOOLEAN: 'boolean',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  UUID: 'uuid',
  INT128: 'uuid',
  DATE: 'date',
  TIME: 'time',
  INTERVAL: 'interval',
};

const outOfRange = (match: RegExpExecArray): string => {
  const name = INTEGER_NAMES[match[1] ?? ''];
  return name === undefined ? 'numeric field overflow' : `${name} out of range`;
};

/** The first rule that matches decides. */
const RULES: readonly Rule[] = [
  {
    pattern: /INTERRUPT|^Interrupted/,
    kind: 'queryCanceled',
    message: () => 'canceling statement due to user request',
  },
  {
    pattern: /^TransactionContext Error: .*(?:conflict|Conflict)|write-write conflict/s,
    kind: 'serializationFailure',
    message: () => 'could not serialize access due to concurrent update',
  },
  {
    pattern: /^Catalog Error: Table with name t\d+ does not exist|^Binder Error: .*"a\d+" not found/,
    kind: 'serializationFailure',
    message: () => 'a table was changed by another transaction',
  },
  {
    pattern: /Current transaction is aborted/,
    kind: 'inFailedTransaction',
    message: () => 'current transaction is aborted, commands ignored until end of transaction block',
  },
  {
    pattern: /More than one row returned by a subquery/i,
    kind: 'cardinalityViolation',
    message: () => 'more than one row returned by a subquery used as an expression',
  },
  { pattern: /max_temp_directory_size|No space left|disk is full|not enough space/i, kind: 'diskFull' },
  {
    pattern: /^Out of Memory Error|could not allocate|std::bad_alloc/i,
    kind: 'outOfMemory',
    message: () => 'out of memory',
  },
  {
    pattern: /Could not convert string ['"](.*)['"] to ([A-Z0-9]+)/s,
    kind: 'invalidText',
    message: (m) =>
      `invalid input syntax for type ${INPUT_NAMES[m[2] ?? ''] ?? (m[2] ?? '').toLowerCase()}: "${m[1] ?? ''}"`,
  },
  {
    pattern: /Could not convert string ['"](.*)['"] to DECIMAL/s,
    kind: 'invalidText',
    message: (m) => `invalid input syntax for type numeric: "${m[1] ?? ''}"`,
  },
  {
    pattern: /invalid date field format: "(.*?)"/s,
    kind: 'invalidDatetimeFormat',
    message: (m) => `invalid input syntax for type date: "${m[1] ?? ''}"`,
  },
  {
    pattern: /invalid timestamp field format: "(.*?)"/s,
    kind: 'invalidDatetimeFormat',
    message: (m) => `invalid input syntax for type timestamp: "${m[1] ?? ''}"`,
  },
  {
    pattern: /(date|timestamp|time) field value out of range: "(.*?)"/s,
    kind: 'datetimeOverflow',
    message: (m) => `date/time field value out of range: "${m[2] ?? ''}"`,
  },
  {
    pattern: /(timestamp|date|interval) (?:value )?(?:is )?out of range/i,
    kind: 'datetimeOverflow',
    message: (m) => `${(m[1] ?? '').toLowerCase()} out of range`,
  },
  {
    pattern: /Date and time not in (?:timestamp|date) range|Overflow.*(?:date|timestamp|interval)/i,
    kind: 'datetimeOverflow',
    message: () => 'timestamp out of range',
  },
  {
    pattern: /destination type (INT\d+|TINYINT|SMALLINT|INTEGER|BIGINT)/,
    kind: 'numericOutOfRange',
    message: outOfRange,
  },
  {
    // Only the least value of a type overflows here.
    pattern: /Overflow (?:on abs\(|in division of )(-\d+)/,
    kind: 'numericOutOfRange',
    message: (m) => `${INTEGER_OF_LEAST[m[1] ?? ''] ?? 'value'} out of range`,
  },
  {
    pattern: /Overflow in \w+ of (INT\d+|DECIMAL\S*|HUGEINT)/i,
    kind: 'numericOutOfRange',
    message: outOfRange,
  },
  {
    pattern:
      /Casting value .* to type DECIMAL|Could not cast value .* to DECIMAL|Overflow in (?:HUGEINT|sum|multiplication|addition)|SUM is out of range/i,
    kind: 'numericOutOfRange',
    message: () => 'numeric field overflow',
  },
  {
    pattern: /Like pattern must not end with escape character/,
    kind: 'invalidEscape',
    message: () => 'LIKE pattern must not end with escape character',
  },
  {
    pattern: /cannot take square root of a negative number/,
    kind: { sqlstate: '2201F' },
    message: () => 'cannot take square root of a negative number',
  },
  {
    pattern: /cannot take logarithm of (zero|a negative number)/,
    kind: { sqlstate: '2201E' },
    message: (m) => `cannot take logarithm of ${m[1] ?? ''}`,
  },
  {
    pattern:
      /Unsupported join type for flattening correlated subquery|JOIN type must be INNER or LEFT for a LATERAL reference/,
    kind: 'notSupported',
    message: () => 'a FULL or RIGHT JOIN of what refers to an outer query is not supported',
  },
  { pattern: /Malformed JSON/i, kind: 'invalidText', message: () => 'invalid input syntax for type json' },
  { pattern: /^Out of Range Error/, kind: 'numericOutOfRange', message: () => 'value out of range' },
  { pattern: /No files found that match the pattern|No such file or directory/i, kind: 'undefinedFile' },
  { pattern: /^(IO Error|Permission Error)|^HTTP Error/i, kind: 'ioError' },
  { pattern: /^Conversion Error/, kind: 'invalidText' },
];

/** What DuckDB threw, as PostgreSQL would have said it. */
export function engineError(error: unknown): SkeinError {
  if (error instanceof SkeinError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return markedError(text, error) ?? ruledError(text, error);
}

export function canceled(signal: AbortSignal | undefined): SkeinError {
  const reason: unknown = signal?.reason;
  if (reason instanceof SkeinError) return reason;
  return new SkeinError('queryCanceled', 'canceling statement due to user request');
}

function markedError(text: string, cause: unknown): SkeinError | undefined {
  const marker = MARKER.exec(text);
  const sqlstate = marker?.[1];
  const message = marker?.[2];
  if (sqlstate === undefined || message === undefined) return undefined;
  const [, head = '', detail, hint] = FIELDS.exec(message) ?? [];
  const fields = { ...(detail !== undefined && { detail }), ...(hint !== undefined && { hint }) };
  return new SkeinError({ sqlstate }, head, fields, cause);
}

function ruledError(text: string, cause: unknown): SkeinError {
  for (const rule of RULES) {
    const match = rule.pattern.exec(text);
    if (match !== null) {
      return new SkeinError(rule.kind, rule.message?.(match) ?? firstLine(text), {}, cause);
    }
  }
  return new SkeinError('internal', firstLine(text), {}, cause);
}

/** DuckDB's message without the kind before it, the query excerpt after it, and the folders of any path in it. */
function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return hidePaths(line.replace(/^[A-Z][A-Za-z ]+ Error: /, ''));
}

/** Leaves only the file's name of each absolute path. */
export function hidePaths(text: string): string {
  return text.replace(/(["'])((?:\/|[A-Za-z]:\\)[^"']*)\1|(?<![\w.])\/[^\s"',;:]+/g, (whole, quote, path) =>
    typeof quote === 'string' && typeof path === 'string'
      ? `${quote}${basename(path)}${quote}`
      : basename(whole),
  );
}
