/** PostgreSQL's first timestamp and date; DuckDB's reach further back. Its last timestamp lies beyond DuckDB's. */
const FIRST_TIMESTAMP = `TIMESTAMP '4714-11-24 (BC) 00:00:00'`;
const FIRST_TIMESTAMPTZ = `TIMESTAMPTZ '4714-11-24 (BC) 00:00:00+00'`;

const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`;

/** Results of arithmetic in the range of PostgreSQL's types. */
const RANGES: readonly string[] = [
  macro(
    'skein_timestamp(x)',
    `CASE WHEN x < ${FIRST_TIMESTAMP} AND isfinite(x) THEN error('SKEIN:22008:timestamp out of range') ELSE x END`,
  ),
  macro(
    'skein_timestamptz(x)',
    `CASE WHEN x < ${FIRST_TIMESTAMPTZ} AND isfinite(x) THEN error('SKEIN:22008:timestamp out of range') ELSE x END`,
  ),
  macro(
    'skein_date_plus(d, n)',
    `CASE WHEN isfinite(d) THEN
      CASE WHEN (d - DATE '1970-01-01') + n::BIGINT BETWEEN -2440588 AND 2145042905 THEN d + n::INTEGER
      WHEN n IS NOT NULL THEN error('SKEIN:22008:date out of range') END
    WHEN n IS NOT NULL THEN d END`,
  ),
  macro(
    'skein_date_minus_date(a, b)',
    `CASE WHEN isfinite(a) AND isfinite(b) THEN CAST(a - b AS INTEGER)
    WHEN a IS NOT NULL AND b IS NOT NULL THEN error('SKEIN:22008:cannot subtract infinite dates') END`,
  ),
  macro(
    'skein_date_to_timestamp(d)',
    `CASE WHEN d > DATE '294246-12-31' AND isfinite(d) THEN error('SKEIN:22008:date out of range for timestamp')
    ELSE CAST(d AS TIMESTAMP) END`,
  ),
];

/** Wall clocks. DuckDB's own conversions go through ICU also for UTC; its integers don't, but are NULL for infinities. */
const ZONES: readonly string[] = [
  macro('skein_utc(x)', `coalesce(make_timestamp(epoch_us(x)), CAST(x AS TIMESTAMP))`),
  macro('skein_from_utc(x)', `coalesce(make_timestamptz(epoch_us(x)), CAST(x AS TIMESTAMPTZ))`),
  macro(
    'skein_local(zone, x)',
    `CASE WHEN x < TIMESTAMPTZ '4713-01-01 (BC) 00:00:00+00' THEN skein_timestamp(timezone(zone, x))
    ELSE timezone(zone, x) END`,
  ),
  macro(
    'skein_from_local(zone, x)',
    `CASE WHEN x < TIMESTAMP '4713-01-01 (BC) 00:00:00' THEN skein_timestamptz(timezone(zone, x))
    ELSE timezone(zone, x) END`,
  ),
];

/** PostgreSQL's years, decades, centuries and millennia, that have no year 0. */
const PARTS: readonly string[] = [
  macro('skein_year(x)', `CASE WHEN year(x) > 0 THEN year(x) ELSE year(x) - 1 END`),
  macro('skein_isoyear(x)', `CASE WHEN isoyear(x) > 0 THEN isoyear(x) ELSE isoyear(x) - 1 END`),
  macro('skein_decade(x)', `CASE WHEN year(x) >= 0 THEN year(x) // 10 ELSE -((9 - year(x)) // 10) END`),
  macro(
    'skein_century(x)',
    `CASE WHEN year(x) > 0 THEN (year(x) + 99) // 100 ELSE -((100 - year(x)) // 100) END`,
  ),
  macro(
    'skein_millennium(x)',
    `CASE WHEN year(x) > 0 THEN (year(x) + 999) // 1000 ELSE -((1000 - year(x)) // 1000) END`,
  ),
  macro('skein_micros(x)', `date_part('microseconds', x)`),
  // What grows without end is infinite for an infinite time; no numeric carrier holds that.
  macro(
    'skein_growing(x, part)',
    `CASE WHEN isfinite(x) OR x IS NULL THEN part
    ELSE error('SKEIN:0A000:extract from an infinite date or timestamp is not supported') END`,
  ),
  macro(
    'skein_growing_float(x, part)',
    `CASE WHEN isfinite(x) OR x IS NULL THEN CAST(part AS DOUBLE)
    WHEN x::VARCHAR LIKE '-%' THEN '-Infinity'::DOUBLE ELSE 'Infinity'::DOUBLE END`,
  ),
];

/** The year that a decade, century or millennium begins with (astronomical: 0 is 1 BC). */
const TRUNCATIONS: readonly string[] = [
  macro('skein_decade_start(y)', `CASE WHEN y > 0 THEN (y // 10) * 10 ELSE -((9 - y) // 10) * 10 END`),
  macro(
    'skein_century_start(y)',
    `CASE WHEN y > 0 THEN ((y + 99) // 100) * 100 - 99 ELSE -((100 - y) // 100) * 100 + 1 END`,
  ),
  macro(
    'skein_millennium_start(y)',
    `CASE WHEN y > 0 THEN ((y + 999) // 1000) * 1000 - 999 ELSE -((1000 - y) // 1000) * 1000 + 1 END`,
  ),
  macro(
    'skein_year_start(x, y)',
    `CASE WHEN isfinite(x) THEN skein_timestamp(make_timestamp(y, 1, 1, 0, 0, 0.0)) ELSE x END`,
  ),
  // Only near PostgreSQL's first timestamp can the start of a unit lie before it.
  macro(
    'skein_date_trunc(unit, x)',
    `CASE WHEN x < TIMESTAMP '4700-01-01 (BC) 00:00:00' THEN skein_timestamp(date_trunc(unit, x))
    ELSE date_trunc(unit, x) END`,
  ),
];

/** An interval's three parts, and an interval of them. */
const INTERVALS: readonly string[] = [
  macro('skein_interval_months(i)', `(date_part('year', i) * 12 + date_part('month', i))`),
  macro('skein_interval_days(i)', `date_part('day', i)`),
  macro(
    'skein_interval_micros(i)',
    `(date_part('hour', i) * 3600000000 + date_part('minute', i) * 60000000 + date_part('microseconds', i))`,
  ),
  macro(
    'skein_int4(n)',
    `CASE WHEN n BETWEEN -2147483648 AND 2147483647 THEN CAST(n AS INTEGER)
    WHEN n IS NOT NULL THEN error('SKEIN:22008:interval out of range') END`,
  ),
  macro(
    'skein_int8(n)',
    `CASE WHEN n BETWEEN -9223372036854775808 AND 9223372036854775807 THEN CAST(n AS BIGINT)
    WHEN n IS NOT NULL THEN error('SKEIN:22008:interval out of range') END`,
  ),
  macro(
    'skein_interval(months, days, micros)',
    `(to_months(skein_int4(months)) + to_days(skein_int4(days)) + to_microseconds(skein_int8(micros)))`,
  ),
  macro(
    'skein_micros_apart(n)',
    `CASE WHEN n NOT BETWEEN -9223372036854775808 AND 9223372036854775807
      THEN error('SKEIN:22008:interval out of range')
    ELSE to_days(CAST(n // 86400000000 AS INTEGER)) + to_microseconds(CAST(n % 86400000000 AS BIGINT)) END`,
  ),
  // No two timestamps before the year 280000 are further apart than an interval's microseconds reach.
  macro(
    'skein_timestamp_minus(a, b)',
    `CASE WHEN a BETWEEN ${FIRST_TIMESTAMP} AND TIMESTAMP '280000-01-01'
      AND b BETWEEN ${FIRST_TIMESTAMP} AND TIMESTAMP '280000-01-01' THEN a - b
    WHEN isfinite(a) AND isfinite(b) THEN skein_micros_apart(epoch_us(a)::HUGEINT - epoch_us(b))
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN a = b THEN error('SKEIN:22008:interval out of range')
    ELSE error('SKEIN:0A000:an infinite interval is not supported') END`,
  ),
  macro(
    'skein_interval_quarter(i)',
    `CASE WHEN skein_interval_months(i) >= 0 THEN date_part('month', i) // 3 + 1
    ELSE -((-date_part('month', i)) // 3 + 1) END`,
  ),
  macro(
    'skein_interval_epoch(i)',
    `((date_part('year', i)::HUGEINT * 31557600 + date_part('month', i) * 2592000 + date_part('day', i) * 86400)
      * 1000000 + skein_interval_micros(i))`,
  ),
  macro(
    'skein_interval_epoch_float(i)',
    `(skein_interval_micros(i)::DOUBLE / 1000000::DOUBLE + 31557600::DOUBLE * date_part('year', i)
      + 2592000::DOUBLE * date_part('month', i) + 86400::DOUBLE * date_part('day', i))`,
  ),
];

/** Date and time macros. */
export const DATETIME_MACROS: readonly string[] = [
  ...RANGES,
  ...ZONES,
  ...PARTS,
  ...TRUNCATIONS,
  ...INTERVALS,
];
