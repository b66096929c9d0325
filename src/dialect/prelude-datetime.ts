import { DATETIME_TEXT_MACROS } from './prelude-datetime-text.ts';
import { INTERVAL_MACROS } from './prelude-interval.ts';

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
    'skein_later(x, seconds)',
    `CASE WHEN x > TIMESTAMP '294246-12-20' AND isfinite(x)
      THEN error('SKEIN:0A000:a timestamp at the end of DuckDB''s range is not supported')
    WHEN isfinite(x) THEN skein_timestamp(x + to_seconds(seconds))
    WHEN seconds IS NOT NULL THEN x END`,
  ),
  macro(
    'skein_local(zone, x)',
    `CASE WHEN x < TIMESTAMPTZ '4713-01-01 (BC) 00:00:00+00' THEN skein_timestamp(timezone(zone, x))
    WHEN x > TIMESTAMPTZ '294246-12-30 00:00:00+00' AND isfinite(x)
      THEN error('SKEIN:0A000:a timestamp at the end of DuckDB''s range is not supported')
    ELSE timezone(zone, x) END`,
  ),
  macro(
    'skein_from_local(zone, x)',
    `CASE WHEN x < TIMESTAMP '4713-01-01 (BC) 00:00:00' THEN skein_timestamptz(timezone(zone, x))
    WHEN x > TIMESTAMP '294246-12-30' AND isfinite(x)
      THEN error('SKEIN:0A000:a timestamp at the end of DuckDB''s range is not supported')
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
  // The instant x, whose wall clock shows wall, moved back to when it shows earlier with the same offset.
  macro(
    'skein_back(x, wall, earlier)',
    `CASE WHEN isfinite(x) THEN make_timestamptz(epoch_us(x) - (epoch_us(wall) - epoch_us(earlier))) ELSE x END`,
  ),
  // Only near PostgreSQL's first timestamp can the start of a unit lie before it.
  macro(
    'skein_date_trunc(unit, x)',
    `CASE WHEN x < TIMESTAMP '4700-01-01 (BC) 00:00:00' THEN skein_timestamp(date_trunc(unit, x))
    ELSE date_trunc(unit, x) END`,
  ),
];

/** Sums and differences of times. */
const ARITHMETIC: readonly string[] = [
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
    'skein_age(a, b)',
    `CASE WHEN isfinite(a) AND isfinite(b) THEN age(a, b)
    WHEN a IS NULL OR b IS NULL THEN NULL
    WHEN a = b THEN error('SKEIN:22008:interval out of range')
    ELSE error('SKEIN:0A000:an infinite interval is not supported') END`,
  ),
  // PostgreSQL checks the range after the months, after the days and at the end.
  macro(
    'skein_plus_parts(x, months, days, micros)',
    `list_transform(list_transform(list_transform([x + to_months(months)],
      lambda t: skein_timestamp(t) + to_days(days)),
      lambda t: skein_timestamp(t) + to_microseconds(micros)),
      lambda t: skein_timestamp(t))[1]`,
  ),
  // Less than 500 years each can't leave the range in between, except near its start.
  macro(
    'skein_plus_interval(x, i)',
    `CASE WHEN x > TIMESTAMP '3000-01-01 (BC) 00:00:00' AND skein_interval_months(i) BETWEEN -6000 AND 6000
      AND skein_interval_days(i) BETWEEN -182500 AND 182500
      AND skein_interval_micros(i) BETWEEN -15768000000000000 AND 15768000000000000 THEN x + i
    ELSE skein_plus_parts(x, CAST(skein_interval_months(i) AS INTEGER), CAST(skein_interval_days(i) AS INTEGER),
      skein_interval_micros(i)) END`,
  ),
  macro(
    'skein_plus_small(x, i)',
    `CASE WHEN x < TIMESTAMP '3000-01-01 (BC) 00:00:00' THEN skein_timestamp(x + i) ELSE x + i END`,
  ),
  macro(
    'skein_local_months(zone, x, months)',
    `CASE WHEN months <> 0 THEN
      skein_from_local(zone, skein_timestamp(skein_local(zone, x) + to_months(months)))
    WHEN months IS NOT NULL THEN x END`,
  ),
  macro(
    'skein_local_days(zone, x, days)',
    `CASE WHEN days <> 0 THEN skein_from_local(zone, skein_timestamp(skein_local(zone, x) + to_days(days)))
    WHEN days IS NOT NULL THEN x END`,
  ),
  macro(
    'skein_time_plus(t, micros)',
    `CAST(TIME '00:00:00' + to_microseconds((epoch_us(t) + micros % 86400000000 + 86400000000) % 86400000000) AS TIME)`,
  ),
  macro(
    'skein_bin(x, origin, stride, days, micros)',
    `CASE WHEN x IS NULL OR origin IS NULL OR stride IS NULL THEN NULL
    WHEN NOT isfinite(x) THEN x
    WHEN NOT isfinite(origin) THEN error('SKEIN:22008:origin out of range')
    WHEN skein_interval_months(stride) <> 0
      THEN error('SKEIN:0A000:timestamps cannot be binned into intervals containing months or years')
    WHEN days * 86400000000::HUGEINT + micros > 9223372036854775807 THEN error('SKEIN:22008:interval out of range')
    WHEN days * 86400000000::HUGEINT + micros <= 0 THEN error('SKEIN:22008:stride must be greater than zero')
    ELSE skein_timestamp(make_timestamp(CAST(epoch_us(x)::HUGEINT
      - (((epoch_us(x)::HUGEINT - epoch_us(origin)) % (days * 86400000000::HUGEINT + micros))
        + (days * 86400000000::HUGEINT + micros)) % (days * 86400000000::HUGEINT + micros) AS BIGINT))) END`,
  ),
];

/** Date and time macros. */
export const DATETIME_MACROS: readonly string[] = [
  ...RANGES,
  ...ZONES,
  ...PARTS,
  ...TRUNCATIONS,
  ...INTERVAL_MACROS,
  ...ARITHMETIC,
  ...DATETIME_TEXT_MACROS,
];
