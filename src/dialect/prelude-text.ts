import { quoteString } from './quote.ts';
import { ALNUM_CLASS, MISSED_LOWER, MISSED_UPPER } from './unicode.ts';

const ONE_RUN = quoteString(`[${ALNUM_CLASS}]+|[^${ALNUM_CLASS}]+`);

/**
 * Text macros. An argument that occurs more than once is evaluated more than once, so the common ones name theirs rarely.
 * Errors are raised only where no argument is NULL, as in a strict function.
 */
export const TEXT_MACROS: readonly string[] = [
  `CREATE OR REPLACE MACRO skein_json_object_of(pairs, target, form) AS host_json_object_agg(
    list_transform(pairs, lambda p: p.k), list_transform(pairs, lambda p: p.v), target, form)`,
  // isspace() of the C locale, and what record_in needs to see quoted.
  `CREATE OR REPLACE MACRO skein_record_field(x) AS CASE WHEN x IS NULL THEN ''
    WHEN x = '' OR regexp_matches(x, '["\\\\(), \\t\\n\\r\\v\\f]')
      THEN '"' || replace(replace(x, '\\', '\\\\'), '"', '""') || '"' ELSE x END`,
  `CREATE OR REPLACE MACRO skein_lower(x) AS CASE WHEN strlen(x) = length(x) THEN lower(x)
    ELSE translate(lower(x), ${quoteString(MISSED_UPPER)}, ${quoteString(MISSED_LOWER)}) END`,
  // DuckDB makes ẞ of ß, PostgreSQL leaves it.
  `CREATE OR REPLACE MACRO skein_upper(x) AS CASE WHEN strlen(x) = length(x) THEN upper(x)
    ELSE translate(array_to_string(list_transform(string_split(x, 'ß'), lambda s: upper(s)), 'ß'),
      ${quoteString(MISSED_LOWER)}, ${quoteString(MISSED_UPPER)}) END`,
  `CREATE OR REPLACE MACRO skein_initcap(x) AS CASE WHEN x IS NULL THEN NULL
    ELSE array_to_string(list_transform(regexp_extract_all(x, ${ONE_RUN}),
      lambda w: skein_upper(substr(w, 1, 1)) || skein_lower(substr(w, 2))), '') END`,
  `CREATE OR REPLACE MACRO skein_substr(x, start, size) AS
    CASE WHEN size < 0 AND x IS NOT NULL AND start IS NOT NULL
      THEN error('SKEIN:22011:negative substring length not allowed')
    WHEN start < 1 THEN substr(x, 1, CASE WHEN start::BIGINT + size < 1 THEN 0 ELSE start::BIGINT + size - 1 END)
    ELSE substr(x, start, size) END`,
  `CREATE OR REPLACE MACRO skein_lpad(x, size, fill) AS
    CASE WHEN fill = '' THEN left(x, CASE WHEN size < 0 THEN 0 ELSE size END)
    WHEN size > 268435454 AND x IS NOT NULL AND fill IS NOT NULL
      THEN error('SKEIN:54000:requested length too large')
    ELSE lpad(x, size, fill) END`,
  `CREATE OR REPLACE MACRO skein_rpad(x, size, fill) AS
    CASE WHEN fill = '' THEN left(x, CASE WHEN size < 0 THEN 0 ELSE size END)
    WHEN size > 268435454 AND x IS NOT NULL AND fill IS NOT NULL
      THEN error('SKEIN:54000:requested length too large')
    ELSE rpad(x, size, fill) END`,
  `CREATE OR REPLACE MACRO skein_repeat(x, n) AS
    CASE WHEN n > 0 AND strlen(x) * n::BIGINT > 1073741819 THEN error('SKEIN:54000:requested length too large')
    ELSE repeat(x, n) END`,
  `CREATE OR REPLACE MACRO skein_reverse(x) AS CASE WHEN strlen(x) = length(x) THEN reverse(x)
    ELSE array_to_string(list_reverse(regexp_extract_all(x, '(?s).')), '') END`,
  `CREATE OR REPLACE MACRO skein_split_part(x, sep, n) AS
    CASE WHEN n = 0 AND x IS NOT NULL AND sep IS NOT NULL
      THEN error('SKEIN:22023:field position must not be zero')
    WHEN sep = '' THEN CASE WHEN n IN (1, -1) THEN x WHEN x IS NOT NULL AND n IS NOT NULL THEN '' END
    ELSE split_part(x, sep, n) END`,
  `CREATE OR REPLACE MACRO skein_chr(n) AS
    CASE WHEN n < 0 THEN error('SKEIN:22023:character number must be positive')
    WHEN n = 0 THEN error('SKEIN:54000:null character not permitted')
    WHEN n > 1114111 THEN error('SKEIN:54000:requested character too large for encoding: ' || n)
    WHEN n BETWEEN 55296 AND 57343
      THEN error('SKEIN:54000:requested character not valid for encoding: ' || n)
    ELSE chr(n) END`,
  `CREATE OR REPLACE MACRO skein_overlay(x, part, start, size) AS
    CASE WHEN x IS NULL OR part IS NULL OR size IS NULL THEN NULL
    WHEN start <= 0 THEN error('SKEIN:22011:negative substring length not allowed')
    WHEN start::BIGINT + size > 2147483647 OR start::BIGINT + size < -2147483648
      THEN error('SKEIN:22003:integer out of range')
    WHEN start IS NOT NULL THEN concat(substr(x, 1, start::BIGINT - 1), part,
      substr(x, CASE WHEN start::BIGINT + size < 1 THEN 1 ELSE start::BIGINT + size END)) END`,
  // PostgreSQL negates the count, which int4's minimum survives.
  `CREATE OR REPLACE MACRO skein_right(x, n) AS CASE WHEN n = -2147483648 THEN x ELSE right(x, n) END`,
  `CREATE OR REPLACE MACRO skein_quote_literal(x) AS CASE WHEN contains(x, '\\')
    THEN concat('E''', replace(replace(x, '\\', '\\\\'), '''', ''''''), '''')
    WHEN x IS NOT NULL THEN concat('''', replace(x, '''', ''''''), '''') END`,
  `CREATE OR REPLACE MACRO skein_string_to_array(x, sep) AS
    CASE WHEN x = '' THEN CAST([] AS VARCHAR[]) WHEN sep IS NULL THEN regexp_extract_all(x, '(?s).')
    WHEN sep = '' THEN CASE WHEN x IS NOT NULL THEN [x] END ELSE string_split(x, sep) END`,
];
