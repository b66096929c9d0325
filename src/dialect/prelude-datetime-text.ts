const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`;

/** A year of at least four digits, month, day. */
const DAY = `\\d{4,7}-\\d{1,2}-\\d{1,2}`;
const CLOCK = `(?:[01]?\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d{1,6})?)?|24:00(?::00(?:\\.0{1,6})?)?`;
const OFFSET = `Z|z|UTC|[+-](?:0\\d|1[0-5])(?::?[0-5]\\d)?`;
const ENDLESS = `-?[iI][nN][fF][iI][nN][iI][tT][yY]|[eE][pP][oO][cC][hH]`;

const DATE_TEXT = `' *(?:${DAY}(?:[T ](?:${CLOCK})(?: ?(?:${OFFSET}))?)?) *'`;
const TIMESTAMP_TEXT = DATE_TEXT;
const TIME_TEXT = `' *(?:${CLOCK}) *'`;
const ENDLESS_TEXT = `' *(?:${ENDLESS}) *'`;
const STEM = `'^ *(${DAY}(?:[T ][0-9:.]+)?)'`;
const STEM_DAY = `'^ *(${DAY})'`;
const NO_YEAR = `'^ *0{4,7}-'`;

/** PostgreSQL reads many more forms: only what it surely rejects too gets its error. */
const rejected = (x: string, type: string): string =>
  `error(CASE WHEN regexp_matches(${x}, '[0-9]') OR regexp_full_match(${x}, '(?i)\\s*(?:now|today|tomorrow|yesterday|allballs|[+-]?infinity|epoch)\\s*')
    THEN 'SKEIN:0A000:the ${type} "' || ${x} || '" is not supported'
    ELSE 'SKEIN:22007:invalid input syntax for type ${type}: "' || ${x} || '"' END)`;

/** The years 294247 to 294276 are PostgreSQL's but not DuckDB's. */
const outOfRange = (x: string): string =>
  `error(CASE WHEN regexp_matches(${x}, '^ *2942(?:4[7-9]|[5-7]\\d)-')
    THEN 'SKEIN:0A000:the timestamp "' || ${x} || '" is not supported'
    ELSE 'SKEIN:22008:date/time field value out of range: "' || ${x} || '"' END)`;

/** Text in ISO forms to dates and times. The regular expressions admit only what both read alike. */
const FROM_TEXT: readonly string[] = [
  macro(
    'skein_text_to_date(x)',
    `CASE WHEN regexp_full_match(x, ${DATE_TEXT}) THEN
      CASE WHEN regexp_matches(x, ${NO_YEAR}) OR TRY_CAST(regexp_extract(x, ${STEM_DAY}, 1) AS DATE) IS NULL
        THEN ${outOfRange('x')}
      WHEN TRY_CAST(regexp_extract(x, ${STEM_DAY}, 1) AS DATE) > DATE '5874897-12-31'
        THEN error('SKEIN:22008:date out of range: "' || x || '"')
      ELSE TRY_CAST(regexp_extract(x, ${STEM_DAY}, 1) AS DATE) END
    WHEN regexp_full_match(x, ${ENDLESS_TEXT}) THEN CAST(lower(trim(x, ' ')) AS DATE)
    WHEN x IS NOT NULL THEN ${rejected('x', 'date')} END`,
  ),
  macro(
    'skein_text_to_timestamp(x)',
    `CASE WHEN regexp_full_match(x, ${TIMESTAMP_TEXT}) THEN
      CASE WHEN regexp_matches(x, ${NO_YEAR}) OR TRY_CAST(regexp_extract(x, ${STEM}, 1) AS TIMESTAMP) IS NULL
        THEN ${outOfRange('x')}
      ELSE TRY_CAST(regexp_extract(x, ${STEM}, 1) AS TIMESTAMP) END
    WHEN regexp_full_match(x, ${ENDLESS_TEXT}) THEN CAST(lower(trim(x, ' ')) AS TIMESTAMP)
    WHEN x IS NOT NULL THEN ${rejected('x', 'timestamp')} END`,
  ),
  macro(
    'skein_offset_of_text(x)',
    `CASE WHEN regexp_full_match(x, ' *[eE][pP][oO][cC][hH] *') THEN 'Z'
    ELSE regexp_extract(x, '[T ][0-9:.]+ ?(${OFFSET}) *$', 1) END`,
  ),
  // Minutes east of Greenwich of an offset such as +05, +05:30 or -0330.
  macro(
    'skein_offset_minutes(z)',
    `CASE WHEN z[1] IN ('+', '-') THEN CAST(z[1] || '1' AS BIGINT)
      * (CAST(z[2:3] AS BIGINT) * 60 + coalesce(TRY_CAST(right(z, 2) AS BIGINT) * (length(z) > 3)::BIGINT, 0))
    ELSE 0::BIGINT END`,
  ),
  macro(
    'skein_text_to_time(x)',
    `CASE WHEN regexp_full_match(x, ${TIME_TEXT}) THEN CAST(trim(x, ' ') AS TIME)
    WHEN x IS NOT NULL THEN ${rejected('x', 'time')} END`,
  ),
];

/** PostgreSQL's ISO output. */
const TO_TEXT: readonly string[] = [
  macro(
    'skein_day_text(x, beginning)',
    `CASE WHEN x >= beginning OR NOT isfinite(x) THEN CAST(x AS VARCHAR)
    WHEN x IS NOT NULL THEN replace(CAST(x AS VARCHAR), ' (BC)', '') || ' BC' END`,
  ),
  macro('skein_date_text(d)', `skein_day_text(d, DATE '0001-01-01')`),
  macro('skein_timestamp_text(t)', `skein_day_text(t, TIMESTAMP '0001-01-01 00:00:00')`),
  macro(
    'skein_offset_text(seconds)',
    `concat(CASE WHEN seconds < 0 THEN '-' ELSE '+' END, lpad(CAST(abs(seconds) // 3600 AS VARCHAR), 2, '0'),
      CASE WHEN seconds % 3600 <> 0 THEN ':' || lpad(CAST(abs(seconds) // 60 % 60 AS VARCHAR), 2, '0') END,
      CASE WHEN seconds % 60 <> 0 THEN ':' || lpad(CAST(abs(seconds) % 60 AS VARCHAR), 2, '0') END)`,
  ),
  // `wall` is the wall clock at the instant x.
  macro(
    'skein_timestamptz_text(x, wall)',
    `CASE WHEN NOT isfinite(x) THEN CAST(wall AS VARCHAR)
    WHEN x IS NOT NULL THEN concat(replace(CAST(wall AS VARCHAR), ' (BC)', ''),
      skein_offset_text((epoch_us(wall) - epoch_us(x)) // 1000000),
      CASE WHEN wall < TIMESTAMP '0001-01-01 00:00:00' THEN ' BC' END) END`,
  ),
  macro(
    'skein_clock_text(micros)',
    `concat(CASE WHEN micros < 36000000000 THEN '0' END, CAST(micros // 3600000000 AS VARCHAR),
      ':', lpad(CAST(micros // 60000000 % 60 AS VARCHAR), 2, '0'),
      ':', lpad(CAST(micros // 1000000 % 60 AS VARCHAR), 2, '0'),
      CASE WHEN micros % 1000000 <> 0
        THEN '.' || rtrim(lpad(CAST(micros % 1000000 AS VARCHAR), 6, '0'), '0') END)`,
  ),
  macro(
    'skein_counted(n, unit, plus)',
    `CASE WHEN n <> 0 THEN concat(CASE WHEN plus AND n > 0 THEN '+' END, n, ' ', unit, CASE WHEN n <> 1 THEN 's' END) END`,
  ),
  // A positive part after a negative one gets its sign.
  macro(
    'skein_interval_parts_text(y, m, d, u)',
    `concat_ws(' ', skein_counted(y, 'year', false), skein_counted(m, 'mon', y < 0),
      skein_counted(d, 'day', y < 0 OR m < 0),
      CASE WHEN u <> 0 OR (y = 0 AND m = 0 AND d = 0) THEN concat(
        CASE WHEN u < 0 THEN '-' WHEN d < 0 OR (d = 0 AND (y < 0 OR m < 0)) THEN '+' END,
        skein_clock_text(abs(u))) END)`,
  ),
  macro(
    'skein_interval_text(i)',
    `CASE WHEN i IS NOT NULL THEN skein_interval_parts_text(date_part('year', i), date_part('month', i),
      date_part('day', i), skein_interval_micros(i)::HUGEINT) END`,
  ),
];

const rounded = (x: string, scale: string): string =>
  `(CASE WHEN ${x} >= 0 THEN (${x} + ${scale} // 2) // ${scale} ELSE -((${scale} // 2 - ${x}) // ${scale}) END * ${scale})`;

/** Rounding to fewer digits of a second, half away from zero; timestamps count from 2000-01-01. */
const ROUNDING: readonly string[] = [
  macro('skein_rounded(n, scale)', rounded('n', 'scale')),
  macro(
    'skein_rounded_timestamp(x, scale)',
    `CASE WHEN isfinite(x)
      THEN make_timestamp(skein_rounded(epoch_us(x) - 946684800000000, scale) + 946684800000000) ELSE x END`,
  ),
  macro(
    'skein_time_of(micros)',
    `CASE WHEN micros = 86400000000 THEN TIME '24:00:00'
    ELSE CAST(TIME '00:00:00' + to_microseconds(micros) AS TIME) END`,
  ),
];

/** Dates and times of numbers. */
const CONSTRUCTORS: readonly string[] = [
  macro(
    'skein_make_date(y, m, d)',
    `CASE WHEN y IS NULL OR m IS NULL OR d IS NULL THEN NULL
    WHEN y = 0 OR y < -4714 OR y > 5874897 OR m NOT BETWEEN 1 AND 12 OR d < 1 OR d > 31
      OR TRY(make_date(y + (y < 0)::INTEGER, m, d)) IS NULL
      THEN error('SKEIN:22008:date field value out of range: ' || printf('%d-%02d-%02d', y, m, d))
    WHEN make_date(y + (y < 0)::INTEGER, m, d) < DATE '4714-11-24 (BC)'
      THEN error('SKEIN:22008:date out of range: ' || printf('%d-%02d-%02d', y, m, d))
    ELSE make_date(y + (y < 0)::INTEGER, m, d) END`,
  ),
  macro(
    'skein_make_clock(h, m, s)',
    `CASE WHEN h IS NULL OR m IS NULL OR s IS NULL THEN NULL
    WHEN h NOT BETWEEN 0 AND 24 OR m NOT BETWEEN 0 AND 59 OR isnan(s) OR s < 0 OR s > 60
      OR (h = 24 AND (m > 0 OR s > 0))
      THEN error('SKEIN:22008:time field value out of range: ' || concat(h, ':', lpad(CAST(m AS VARCHAR), 2, '0'), ':', s))
    ELSE h::BIGINT * 3600000000 + m::BIGINT * 60000000 + CAST(round_even(s * 1000000::DOUBLE, 0) AS BIGINT) END`,
  ),
  macro(
    'skein_make_wall_clock(y, mo, d, h, mi, s)',
    `(CASE WHEN h IS NOT NULL AND mi IS NOT NULL AND s IS NOT NULL
      THEN CAST(skein_make_date(y, mo, d) AS TIMESTAMP) END + to_microseconds(
      CASE WHEN y IS NOT NULL AND mo IS NOT NULL AND d IS NOT NULL THEN skein_make_clock(h, mi, s) END))`,
  ),
  // Of two periods, in any order of their bounds; one that is NULL leaves the period's length open.
  macro(
    'skein_overlaps(s1, e1, s2, e2)',
    `CASE WHEN (s1 IS NULL AND e1 IS NULL) OR (s2 IS NULL AND e2 IS NULL) THEN NULL ELSE list_transform([{
        a: least(s1, e1), b: CASE WHEN s1 IS NOT NULL AND e1 IS NOT NULL THEN greatest(s1, e1) END,
        c: least(s2, e2), d: CASE WHEN s2 IS NOT NULL AND e2 IS NOT NULL THEN greatest(s2, e2) END}],
      lambda p: CASE WHEN p.a > p.c THEN CASE WHEN p.d IS NULL THEN NULL WHEN p.a < p.d THEN true
          WHEN p.b IS NULL THEN NULL ELSE false END
        WHEN p.a < p.c THEN CASE WHEN p.b IS NULL THEN NULL WHEN p.c < p.b THEN true
          WHEN p.d IS NULL THEN NULL ELSE false END
        WHEN p.b IS NULL OR p.d IS NULL THEN NULL ELSE true END)[1] END`,
  ),
  macro('skein_from_micros(n)', `skein_from_utc(TIMESTAMP '1970-01-01 00:00:00' + to_microseconds(n))`),
  macro('skein_interval_of_parts(p)', `CASE WHEN p IS NOT NULL THEN skein_interval(p[1], p[2], p[3]) END`),
  macro(
    'skein_make_interval(y, mo, w, d, h, mi, s)',
    `CASE WHEN y IS NULL OR mo IS NULL OR w IS NULL OR d IS NULL OR h IS NULL OR mi IS NULL OR s IS NULL THEN NULL
    WHEN isnan(s) OR isinf(s) OR abs(s) > 9e12::DOUBLE THEN error('SKEIN:22008:interval out of range')
    ELSE skein_interval(y::BIGINT * 12 + mo, w::BIGINT * 7 + d,
      h::HUGEINT * 3600000000 + mi::BIGINT * 60000000 + CAST(round_even(s * 1000000::DOUBLE, 0) AS BIGINT)) END`,
  ),
  // PostgreSQL counts from 2000-01-01, which decides the rounding.
  macro(
    'skein_to_timestamp(s)',
    `CASE WHEN isnan(s) THEN error('SKEIN:22008:timestamp cannot be NaN')
    WHEN isinf(s) THEN CASE WHEN s > 0 THEN TIMESTAMPTZ 'infinity' ELSE TIMESTAMPTZ '-infinity' END
    WHEN s < -210866803200::DOUBLE OR s > 9223371331200::DOUBLE
      THEN error('SKEIN:22008:timestamp out of range: "' || s || '"')
    ELSE make_timestamptz(CAST(round_even((s - 946684800::DOUBLE) * 1000000::DOUBLE, 0) AS BIGINT)
      + 946684800000000) END`,
  ),
];

export const DATETIME_TEXT_MACROS: readonly string[] = [
  ...FROM_TEXT,
  ...TO_TEXT,
  ...ROUNDING,
  ...CONSTRUCTORS,
];
