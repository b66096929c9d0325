const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`;

const OUT_OF_RANGE = `error('SKEIN:22008:interval out of range')`;
const INFINITE = `error('SKEIN:0A000:an infinite interval is not supported')`;
const FITS_INT4 = (x: string): string => `(${x} >= -2147483648::DOUBLE AND ${x} < 2147483648::DOUBLE)`;
/** C's rint(x * 1e6) / 1e6. */
const TSROUND = (x: string): string => `(round_even((${x}) * 1000000::DOUBLE, 0) / 1000000::DOUBLE)`;

/**
 * Intervals by their three parts (months, days, microseconds), as PostgreSQL computes with them. DuckDB's own operators
 * differ in rounding and in what overflows. `lambda`s name intermediate results, so that each is computed once.
 */
export const INTERVAL_MACROS: readonly string[] = [
  macro('skein_interval_months(i)', `(date_part('year', i) * 12 + date_part('month', i))`),
  macro('skein_interval_days(i)', `date_part('day', i)`),
  macro(
    'skein_interval_micros(i)',
    `(date_part('hour', i) * 3600000000 + date_part('minute', i) * 60000000 + date_part('microseconds', i))`,
  ),
  macro(
    'skein_int4_part(n)',
    `CASE WHEN n BETWEEN -2147483648 AND 2147483647 THEN CAST(n AS INTEGER)
    WHEN n IS NOT NULL THEN ${OUT_OF_RANGE} END`,
  ),
  macro(
    'skein_int8_part(n)',
    `CASE WHEN n BETWEEN -9223372036854775807 AND 9223372036854775807 THEN CAST(n AS BIGINT)
    WHEN n IS NOT NULL THEN ${OUT_OF_RANGE} END`,
  ),
  macro(
    'skein_interval(months, days, micros)',
    `(to_months(skein_int4_part(months)) + to_days(skein_int4_part(days))
      + to_microseconds(skein_int8_part(micros)))`,
  ),
  macro(
    'skein_interval_negated(i)',
    `skein_interval(-skein_interval_months(i), -skein_interval_days(i), -skein_interval_micros(i)::HUGEINT)`,
  ),
  macro(
    'skein_interval_sum(i, j)',
    `skein_interval(skein_interval_months(i) + skein_interval_months(j),
      skein_interval_days(i) + skein_interval_days(j),
      skein_interval_micros(i)::HUGEINT + skein_interval_micros(j))`,
  ),
  macro(
    'skein_interval_difference(i, j)',
    `skein_interval(skein_interval_months(i) - skein_interval_months(j),
      skein_interval_days(i) - skein_interval_days(j),
      skein_interval_micros(i)::HUGEINT - skein_interval_micros(j))`,
  ),
  // Months, days and microseconds times a factor: fractions of months become days, those of days seconds.
  macro(
    'skein_interval_cascaded(months, days, micros)',
    `list_transform(list_transform(list_transform(
      [struct_pack(m := months, d := days, u := micros)],
      lambda p: CASE WHEN ${FITS_INT4('p.m')} AND ${FITS_INT4('p.d')} THEN
        struct_pack(m := trunc(p.m), d := trunc(p.d), u := p.u,
          rest := ${TSROUND('(p.m - trunc(p.m)) * 30::DOUBLE')}, part := p.d - trunc(p.d))
        ELSE ${OUT_OF_RANGE} END),
      lambda q: struct_pack(m := q.m, d := q.d + trunc(q.rest), u := q.u,
        s := ${TSROUND('(q.part + q.rest - trunc(q.rest)) * 86400::DOUBLE')})),
      lambda r: list_transform([round_even(
          r.u + (r.s - trunc(r.s / 86400::DOUBLE) * 86400::DOUBLE) * 1000000::DOUBLE, 0)],
        lambda t: CASE WHEN t >= -9223372036854775807::DOUBLE AND t < 9223372036854775807::DOUBLE
          THEN skein_interval(CAST(r.m AS BIGINT), CAST(r.d + trunc(r.s / 86400::DOUBLE) AS BIGINT), CAST(t AS BIGINT))
          ELSE ${OUT_OF_RANGE} END)[1])[1]`,
  ),
  macro(
    'skein_interval_times(i, f)',
    `CASE WHEN i IS NULL OR f IS NULL THEN NULL WHEN isnan(f) THEN ${OUT_OF_RANGE}
    WHEN isinf(f) THEN CASE WHEN i = INTERVAL '0 days' THEN ${OUT_OF_RANGE} ELSE ${INFINITE} END
    ELSE skein_interval_cascaded(skein_interval_months(i)::DOUBLE * f, skein_interval_days(i)::DOUBLE * f,
      skein_interval_micros(i)::DOUBLE * f) END`,
  ),
  macro(
    'skein_interval_over(i, f)',
    `CASE WHEN i IS NULL OR f IS NULL THEN NULL WHEN isnan(f) THEN ${OUT_OF_RANGE}
    WHEN f = 0 THEN error('SKEIN:22012:division by zero')
    ELSE skein_interval_cascaded(skein_interval_months(i)::DOUBLE / f, skein_interval_days(i)::DOUBLE / f,
      skein_interval_micros(i)::DOUBLE / f) END`,
  ),
  macro(
    'skein_justify_days(i)',
    `list_transform([struct_pack(m := skein_interval_months(i) + skein_interval_days(i) // 30,
        d := skein_interval_days(i) % 30)],
      lambda p: skein_interval(
        p.m + CASE WHEN p.m > 0 AND p.d < 0 THEN -1 WHEN p.m < 0 AND p.d > 0 THEN 1 ELSE 0 END,
        p.d + CASE WHEN p.m > 0 AND p.d < 0 THEN 30 WHEN p.m < 0 AND p.d > 0 THEN -30 ELSE 0 END,
        skein_interval_micros(i)))[1]`,
  ),
  macro(
    'skein_justify_hours(i)',
    `list_transform([struct_pack(d := skein_interval_days(i) + skein_interval_micros(i) // 86400000000,
        u := skein_interval_micros(i) % 86400000000)],
      lambda p: skein_interval(skein_interval_months(i),
        p.d + CASE WHEN p.d > 0 AND p.u < 0 THEN -1 WHEN p.d < 0 AND p.u > 0 THEN 1 ELSE 0 END,
        p.u + CASE WHEN p.d > 0 AND p.u < 0 THEN 86400000000 WHEN p.d < 0 AND p.u > 0 THEN -86400000000 ELSE 0 END
      ))[1]`,
  ),
  macro(
    'skein_justify_interval(i)',
    `list_transform(list_transform(list_transform(
      [struct_pack(d := skein_interval_days(i) + skein_interval_micros(i) // 86400000000,
        u := skein_interval_micros(i) % 86400000000)],
      lambda p: struct_pack(m := skein_interval_months(i) + p.d // 30, d := p.d % 30, u := p.u)),
      lambda q: struct_pack(u := q.u,
        m := q.m + CASE WHEN q.m > 0 AND (q.d < 0 OR (q.d = 0 AND q.u < 0)) THEN -1
          WHEN q.m < 0 AND (q.d > 0 OR (q.d = 0 AND q.u > 0)) THEN 1 ELSE 0 END,
        d := q.d + CASE WHEN q.m > 0 AND (q.d < 0 OR (q.d = 0 AND q.u < 0)) THEN 30
          WHEN q.m < 0 AND (q.d > 0 OR (q.d = 0 AND q.u > 0)) THEN -30 ELSE 0 END)),
      lambda r: skein_interval(r.m,
        r.d + CASE WHEN r.d > 0 AND r.u < 0 THEN -1 WHEN r.d < 0 AND r.u > 0 THEN 1 ELSE 0 END,
        r.u + CASE WHEN r.d > 0 AND r.u < 0 THEN 86400000000 WHEN r.d < 0 AND r.u > 0 THEN -86400000000 ELSE 0 END
      ))[1]`,
  ),
  macro(
    'skein_interval_length(i)',
    `(skein_interval_months(i) * 30 + skein_interval_days(i))::HUGEINT * 86400000000 + skein_interval_micros(i)`,
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
  macro(
    'skein_micros_apart(n)',
    `CASE WHEN n NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN ${OUT_OF_RANGE}
    ELSE to_days(CAST(n // 86400000000 AS INTEGER)) + to_microseconds(CAST(n % 86400000000 AS BIGINT)) END`,
  ),
  macro(
    'skein_zone_seconds(i)',
    `CASE WHEN skein_interval_months(i) <> 0 OR skein_interval_days(i) <> 0
      THEN error('SKEIN:22023:interval time zone "' || skein_interval_text(i) || '" must not include months or days')
    ELSE skein_interval_micros(i) // 1000000 END`,
  ),
  // What RANGE frames measure by. Infinity is further from any timestamp than an interval reaches.
  macro(
    'skein_timestamp_position(x)',
    `CASE WHEN isfinite(x) THEN epoch_us(x)::HUGEINT
      WHEN x IS NOT NULL THEN CASE WHEN x > 'epoch' THEN 1 ELSE -1 END * 1000000000000000000000000000 END`,
  ),
  // An infinite timestamp is as far from itself, whatever is added.
  macro(
    'skein_timestamp_distance(i, n)',
    `CASE WHEN skein_interval_length(i) > 0 AND abs(n) = 1000000000000000000000000000 THEN 0
      ELSE skein_interval_length(i) END`,
  ),
  macro('skein_time_position(x)', `epoch_us(x)`),
  // By the instant, and then by the zone, which is less than half a unit of the instant's.
  macro(
    'skein_timetz_position(x)',
    `((epoch_us(x) - date_part('timezone', x) * 1000000)::HUGEINT * 1000000 - date_part('timezone', x))`,
  ),
  macro('skein_timetz_distance(i)', `(skein_interval_micros(i)::HUGEINT * 1000000)`),
  // From a position to a bound that lies an interval away.
  macro(
    'skein_frame_distance(i, n, bound)',
    `CASE WHEN skein_interval_length(i) < 0 THEN -1
      WHEN i IS NOT NULL AND (n IS NULL OR bound IS NULL) THEN 0
      WHEN n < bound
      THEN error('SKEIN:0A000:a RANGE frame with an offset of mixed signs is not supported') ELSE n - bound END`,
  ),
  macro(
    'skein_frame_size(n, which)',
    `CASE WHEN n IS NULL THEN error('SKEIN:22004:frame ' || which || ' offset must not be null')
      WHEN n < 0 THEN error('SKEIN:22013:invalid preceding or following size in window function') ELSE n END`,
  ),
  macro(
    'skein_frame_count(n, which)',
    `CASE WHEN n IS NULL THEN error('SKEIN:22004:frame ' || which || ' offset must not be null')
      WHEN n < 0 THEN error('SKEIN:22013:frame ' || which || ' offset must not be negative') ELSE n END`,
  ),
  macro(
    'skein_frame_float(n)',
    `CASE WHEN isnan(n) THEN -1 WHEN n = 'infinity'
      THEN error('SKEIN:0A000:an infinite offset in a RANGE frame is not supported') ELSE n END`,
  ),
];
