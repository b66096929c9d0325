const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`;

const OVERFLOW = `error('SKEIN:22003:value out of range: overflow')`;
const UNDERFLOW = `error('SKEIN:22003:value out of range: underflow')`;
const DIVISION_BY_ZERO = `error('SKEIN:22012:division by zero')`;

/** A shift that drops the bits beyond the type's width, as the machine's does. */
const shiftLeft = (name: string, wide: string, type: string, bits: bigint): string => {
  const half = 2n ** (bits - 1n);
  const count = bits === 64n ? 63 : 31;
  const shifted = `(l::${wide} * (1::${wide} << (r & ${count})))`;
  return macro(
    `skein_${name}_shl(l, r)`,
    `(xor(${shifted} & ${2n * half - 1n}::${wide}, ${half}::${wide}) - ${half})::${type}`,
  );
};

const INTEGER_MACROS: readonly string[] = [
  // Where an argument is NULL nothing is divided, so nothing fails.
  macro('skein_int_div(l, r)', `CASE WHEN r = 0 AND l IS NOT NULL THEN ${DIVISION_BY_ZERO} ELSE l // r END`),
  // The remainder of the least integer by -1 overflows in DuckDB.
  macro(
    'skein_int_mod(l, r)',
    `CASE WHEN r = 0 AND l IS NOT NULL THEN ${DIVISION_BY_ZERO} WHEN r = -1 THEN l - l ELSE l % r END`,
  ),
  shiftLeft('int2', 'BIGINT', 'SMALLINT', 16n),
  shiftLeft('int4', 'BIGINT', 'INTEGER', 32n),
  shiftLeft('int8', 'HUGEINT', 'BIGINT', 64n),
];

const FLOAT_MACROS: readonly string[] = [
  macro(
    'skein_float_add(l, r)',
    `CASE WHEN isinf(l + r) AND NOT isinf(l) AND NOT isinf(r) THEN ${OVERFLOW} ELSE l + r END`,
  ),
  macro(
    'skein_float_sub(l, r)',
    `CASE WHEN isinf(l - r) AND NOT isinf(l) AND NOT isinf(r) THEN ${OVERFLOW} ELSE l - r END`,
  ),
  macro(
    'skein_float_mul(l, r)',
    `CASE WHEN isinf(l * r) AND NOT isinf(l) AND NOT isinf(r) THEN ${OVERFLOW}
      WHEN l * r = 0 AND l <> 0 AND r <> 0 THEN ${UNDERFLOW} ELSE l * r END`,
  ),
  macro(
    'skein_float_div(l, r)',
    `CASE WHEN r = 0 AND NOT isnan(l) THEN ${DIVISION_BY_ZERO}
      WHEN isinf(l / r) AND NOT isinf(l) THEN ${OVERFLOW}
      WHEN l / r = 0 AND l <> 0 AND NOT isinf(r) THEN ${UNDERFLOW} ELSE l / r END`,
  ),
  macro(
    'skein_float_narrow(x)',
    `CASE WHEN x IS NULL OR NOT isfinite(x) THEN x WHEN abs(x) >= '3.4028235677973366e38'::DOUBLE THEN ${OVERFLOW}
      WHEN x::FLOAT = 0 AND x <> 0 THEN ${UNDERFLOW}
      ELSE greatest(least(x, '3.4028234663852886e38'::DOUBLE), '-3.4028234663852886e38'::DOUBLE) END::FLOAT`,
  ),
  macro(
    'skein_power(l, r)',
    `CASE WHEN l = 0 AND r < 0 THEN error('SKEIN:2201F:zero raised to a negative power is undefined')
      WHEN l < 0 AND isfinite(r) AND floor(r) <> r
        THEN error('SKEIN:2201F:a negative number raised to a non-integer power yields a complex result')
      WHEN isinf(pow(l, r)) AND isfinite(l) AND isfinite(r) THEN ${OVERFLOW}
      WHEN pow(l, r) = 0 AND l <> 0 AND isfinite(l) AND isfinite(r) THEN ${UNDERFLOW} ELSE pow(l, r) END`,
  ),
  macro(
    'skein_sqrt(x)',
    `CASE WHEN x < 0 THEN error('SKEIN:2201F:cannot take square root of a negative number') ELSE sqrt(x) END`,
  ),
  // One step of Newton's method takes away DuckDB's error in the last digit.
  macro(
    'skein_cbrt(x)',
    `CASE WHEN x = 0 OR NOT isfinite(x) THEN x
      ELSE cbrt(x) - (cbrt(x) * cbrt(x) * cbrt(x) - x) / (3 * cbrt(x) * cbrt(x)) END`,
  ),
  macro(
    'skein_exp(x)',
    `CASE WHEN isinf(exp(x)) AND isfinite(x) THEN ${OVERFLOW}
      WHEN exp(x) = 0 AND isfinite(x) THEN ${UNDERFLOW} ELSE exp(x) END`,
  ),
  macro(
    'skein_positive(x)',
    `CASE WHEN x = 0 THEN error('SKEIN:2201E:cannot take logarithm of zero')
      WHEN x < 0 THEN error('SKEIN:2201E:cannot take logarithm of a negative number') ELSE x END`,
  ),
  macro(
    'skein_within(x, least, greatest)',
    `CASE WHEN x BETWEEN least AND greatest OR isnan(x) THEN x
      WHEN x IS NOT NULL THEN error('SKEIN:22003:input is out of range') END`,
  ),
  macro(
    'skein_sign(x)',
    `CASE WHEN isnan(x) THEN 0 WHEN x > 0 THEN 1 WHEN x < 0 THEN -1 ELSE x - x END::DOUBLE`,
  ),
];

const NUMERIC_MACROS: readonly string[] = [
  // The unscaled integer of a DECIMAL that leaves no room for a multiplication.
  macro('skein_unscaled(x)', `replace(x::VARCHAR, '.', '')::HUGEINT`),
  // n / d of two HUGEINTs in units of 10^-scale, in units of 10^-20 / extra.
  ...(['quotient', 'root_of_quotient'] as const).map((name) =>
    macro(
      `skein_${name}(n, d, extra, scale, shown)`,
      `host_${name}(n::DECIMAL(38,0), d::DECIMAL(38,0), extra::DECIMAL(38,0), scale::INTEGER, shown::INTEGER)::HUGEINT`,
    ),
  ),
  // Variances of n unscaled integers from their sum and the sum of their squares; unit: 10^(2 * scale).
  macro('skein_deviation(n, sum, squares)', `greatest(n * squares - sum * sum, 0::HUGEINT)`),
  ...(
    [
      ['var', 'quotient'],
      ['stddev', 'root_of_quotient'],
    ] as const
  ).flatMap(([name, of]) => [
    macro(
      `skein_${name}_samp(n, sum, squares, unit, extra, scale, shown)`,
      `CASE WHEN n > 1 THEN skein_${of}(skein_deviation(n, sum, squares), n * (n - 1) * unit, extra, scale, shown) END`,
    ),
    macro(
      `skein_${name}_pop(n, sum, squares, unit, extra, scale, shown)`,
      `CASE WHEN n > 0 THEN skein_${of}(skein_deviation(n, sum, squares), n * n * unit, extra, scale, shown) END`,
    ),
  ]),
  macro(
    'skein_float_sum(total, greatest, least)',
    `CASE WHEN isinf(total) AND NOT isinf(greatest) AND NOT isinf(least) THEN ${OVERFLOW} ELSE total END`,
  ),
  macro('skein_float_avg(total, n)', `CASE WHEN n > 0 THEN total / n END`),
  // Merges {n, mean, m2} of disjoint sets of floats (Chan et al.).
  macro(
    'skein_merge_moments(parts)',
    `list_reduce(list_filter(parts, lambda p: p.n > 0), lambda a, b: CASE WHEN a.n = 0 THEN b ELSE {n: a.n + b.n,
      mean: a.mean + (b.mean - a.mean) * (b.n / (a.n + b.n)),
      m2: a.m2 + b.m2 + (b.mean - a.mean) * (b.mean - a.mean) * (a.n * b.n / (a.n + b.n))} END,
      {n: 0::DOUBLE, mean: 0::DOUBLE, m2: 0::DOUBLE})`,
  ),
  macro(
    'skein_float_var(m2, divisor)',
    `CASE WHEN divisor > 0 THEN CASE WHEN isinf(m2) THEN ${OVERFLOW} ELSE m2 / divisor END END`,
  ),
  macro(
    'skein_num_div(n, d)',
    `CASE WHEN d = 0 AND n IS NOT NULL THEN ${DIVISION_BY_ZERO} ELSE (n // d)::DECIMAL(38,0) END`,
  ),
  macro('skein_num_mod(l, r)', `CASE WHEN r = 0 AND l IS NOT NULL THEN ${DIVISION_BY_ZERO} ELSE l % r END`),
];

/** PostgreSQL counts a descending range from its upper end. */
const bucket = (below: string, above: string, inside: string, equal: string): string =>
  `CASE WHEN x IS NULL OR low IS NULL OR high IS NULL OR n IS NULL THEN NULL
    WHEN n <= 0 THEN error('SKEIN:2201G:count must be greater than zero')
    ${equal}
    WHEN ${below} THEN 0
    WHEN ${above} THEN CASE WHEN n = 2147483647 THEN error('SKEIN:22003:integer out of range') ELSE n + 1 END
    ELSE ${inside} END::INTEGER`;

const EQUAL_BOUNDS = `WHEN low = high THEN error('SKEIN:2201G:lower bound cannot equal upper bound')`;
const BELOW = '(low < high AND x < low) OR (low > high AND x > low)';
const ABOVE = '(low < high AND x >= high) OR (low > high AND x <= high)';

const BUCKET_MACROS: readonly string[] = [
  macro(
    'skein_numeric_bucket(x, low, high, n)',
    bucket(BELOW, ABOVE, '((x - low) * n) // (high - low) + 1', EQUAL_BOUNDS),
  ),
  macro(
    'skein_float_bucket(x, low, high, n)',
    bucket(
      BELOW,
      ABOVE,
      `least(CASE WHEN isinf(high - low) THEN floor(n * ((x / 2 - low / 2) / (high / 2 - low / 2)))
        ELSE floor(n * ((x - low) / (high - low))) END + 1, n)`,
      `WHEN isnan(x) OR isnan(low) OR isnan(high)
        THEN error('SKEIN:2201G:operand, lower bound, and upper bound cannot be NaN')
      WHEN isinf(low) OR isinf(high) THEN error('SKEIN:2201G:lower and upper bounds must be finite') ${EQUAL_BOUNDS}`,
    ),
  ),
];

/** Equal where the floats are, and in their order, with NaN as the greatest. */
const FLOAT_POSITION = macro(
  'skein_float_position(x)',
  `CASE WHEN x IS NOT NULL THEN {isnan: isnan(x), value: CASE WHEN isnan(x) THEN 0 ELSE x + 0 END} END`,
);

/** Of a value's histogram: the most frequent values, and of them one end of the order. */
const MODE_MACROS: readonly string[] = (['first', 'last'] as const).map((end) =>
  macro(
    `skein_mode_${end}(h)`,
    `list_transform([map_entries(h)], lambda entries: list_${end === 'first' ? 'min' : 'max'}(list_transform(
      list_filter(entries, lambda e: e.value = list_max(list_transform(entries, lambda o: o.value))),
      lambda e: e.key)))[1]`,
  ),
);

/** The value at a place between `q.lo` and `q.hi`. */
const between = (name: string, interpolated: string): string =>
  macro(
    `${name}(s, f)`,
    `CASE WHEN f IS NULL THEN NULL WHEN len(s) > 0 THEN list_transform([{
        lo: list_extract(s, CAST(floor(f * (len(s) - 1)) AS BIGINT) + 1),
        hi: list_extract(s, CAST(ceil(f * (len(s) - 1)) AS BIGINT) + 1), place: f * (len(s) - 1)}],
      lambda q: CASE WHEN floor(q.place) = ceil(q.place) THEN q.lo ELSE ${interpolated} END)[1] END`,
  );

/** Of sorted values without NULLs. */
const PERCENTILE_MACROS: readonly string[] = [
  macro(
    'skein_fraction(f)',
    `CASE WHEN f >= 0 AND f <= 1 THEN f WHEN f IS NOT NULL
      THEN error('SKEIN:22003:percentile value ' || f || ' is not between 0 and 1') END`,
  ),
  macro(
    'skein_quantile_disc(s, f)',
    `CASE WHEN f IS NULL THEN NULL WHEN len(s) > 0 THEN list_extract(s, greatest(1, CAST(ceil(f * len(s)) AS BIGINT))) END`,
  ),
  between('skein_quantile_cont', 'q.lo + (q.place - floor(q.place)) * (q.hi - q.lo)'),
  between(
    'skein_quantile_interval',
    // Each step is named: macros within macros repeat their arguments, which DuckDB took half a second to bind.
    `list_transform(list_transform([{gap: skein_interval_difference(q.hi, q.lo), part: q.place - floor(q.place)}],
      lambda p: skein_interval_times(p.gap, p.part)), lambda t: skein_interval_sum(t, q.lo))[1]`,
  ),
];

/** Arrays as the elements of one, each of them as long as the first. */
const NESTING_MACROS: readonly string[] = [
  macro(
    'skein_nested(s)',
    `list_transform([{items: s, odd: list_filter(s, lambda e: e IS NULL OR len(e) <> len(s[1]) OR len(e) = 0)}], lambda q: CASE
      WHEN len(q.odd) > 0 AND (q.items[1] IS NULL OR q.odd[1] IS NULL) THEN error('SKEIN:22004:cannot accumulate null arrays')
      WHEN len(q.items[1]) = 0 THEN error('SKEIN:2202E:cannot accumulate empty arrays')
      WHEN len(q.odd) > 0 THEN error('SKEIN:2202E:cannot accumulate arrays of different dimensionality')
      ELSE q.items END)[1]`,
  ),
];

const BIT_MACROS: readonly string[] = [
  macro(
    'skein_fold_bits(s, fn, word)',
    `list_transform([list_filter(s, lambda e: e IS NOT NULL)], lambda b: CASE WHEN len(list_filter(b, lambda e: len(e) <> len(b[1]))) > 0
        THEN error('SKEIN:22026:cannot ' || word || ' bit strings of different sizes')
      WHEN b[1] = '' THEN '' ELSE list_aggregate(list_transform(b, lambda e: CAST(e AS BIT)), fn)::VARCHAR END)[1]`,
  ),
];

const QUANTIFIER_MACROS: readonly string[] = [
  macro(
    'skein_date_midnight(d)',
    `CASE WHEN d > DATE '294246-12-31' AND isfinite(d) THEN '294247-01-10 04:00:54.775806'::TIMESTAMP
      WHEN d < DATE '290308-12-22 (BC)' AND isfinite(d) THEN '290308-12-22 (BC) 00:00:00'::TIMESTAMP ELSE d::TIMESTAMP END`,
  ),
  macro(
    'skein_window_count(n, code, fn)',
    `CASE WHEN n <= 0 THEN error('SKEIN:' || code || ':argument of ' || fn || ' must be greater than zero') ELSE n END`,
  ),
  macro(
    'skein_any(tests)',
    `CASE WHEN tests IS NULL THEN NULL WHEN list_contains(tests, true) THEN true
      WHEN len(tests) > list_count(tests) THEN NULL ELSE false END`,
  ),
  macro(
    'skein_all(tests)',
    `CASE WHEN tests IS NULL THEN NULL WHEN list_contains(tests, false) THEN false
      WHEN len(tests) > list_count(tests) THEN NULL ELSE true END`,
  ),
];

export const NUMBER_MACROS: readonly string[] = [
  ...INTEGER_MACROS,
  ...FLOAT_MACROS,
  ...NUMERIC_MACROS,
  ...BUCKET_MACROS,
  FLOAT_POSITION,
  ...MODE_MACROS,
  ...PERCENTILE_MACROS,
  ...NESTING_MACROS,
  ...BIT_MACROS,
  ...QUANTIFIER_MACROS,
];
