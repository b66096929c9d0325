import type { AggregateContext, AggregateEntry } from '../entries.ts';

/** A sum of finite values that is infinite overflowed. NaN, which DuckDB has for the greatest, makes the sum NaN. */
const checkedSum = (x: string, { call }: AggregateContext): string =>
  `skein_float_sum(${call('sum', [`${x}::DOUBLE`])}, ${call('max', [x])}, ${call('min', [x])})`;

/** PostgreSQL's name, DuckDB's, and how many values it takes at least. */
const DEVIATIONS = [
  ['var_pop', 'var_pop', 1],
  ['var_samp', 'var_samp', 2],
  ['variance', 'var_samp', 2],
  ['stddev_pop', 'stddev_pop', 1],
  ['stddev_samp', 'stddev_samp', 2],
  ['stddev', 'stddev_samp', 2],
] as const;

/** Of a value that is infinite or NaN everything deviates by NaN; DuckDB reports it as out of range. */
function deviation(fn: string, least: number, x: string, { call }: AggregateContext): string {
  const finite = `CASE WHEN isfinite(${x}) THEN ${x}::DOUBLE END`;
  return (
    `CASE WHEN NOT isfinite(${call('max', [`abs(${x})`])}) ` +
    `THEN CASE WHEN ${call('count', [x])} >= ${least} THEN ${NAN} END ELSE ${call(fn, [finite])} END`
  );
}

const NAN = `'NaN'::DOUBLE`;

const perType = (['float4', 'float8'] as const).flatMap((type): readonly AggregateEntry[] => [
  {
    signature: `sum(${type})`,
    print: ([x = ''], _types, _result, context) =>
      type === 'float4' ? `skein_float_narrow(${checkedSum(x, context)})` : checkedSum(x, context),
  },
  {
    signature: `avg(${type})`,
    print: ([x = ''], _types, _result, context) =>
      `skein_float_avg(${checkedSum(x, context)}, ${context.call('count', [x])})`,
  },
  ...DEVIATIONS.map(
    ([name, fn, least]): AggregateEntry => ({
      signature: `${name}(${type})`,
      print: ([x = ''], _types, _result, context) => deviation(fn, least, x, context),
    }),
  ),
  {
    signature: `skein.sum_double(${type})`,
    print: ([x = ''], _types, _result, context) => checkedSum(x, context),
  },
  {
    signature: `skein.m2(${type})`,
    print: ([x = ''], _types, _result, context) =>
      `(${deviation('var_pop', 1, x, context)} * ${context.call('count', [x])})`,
  },
]);

/** The partials {n, mean, m2} of every gathered row, merged. */
const merged: readonly AggregateEntry[] = [
  {
    signature: 'skein.merge_m2(int8,float8,float8)',
    print: ([n = '', mean = '', m2 = ''], _types, _result, { call }) =>
      `struct_extract(skein_merge_moments(${call('list', [`{n: ${n}::DOUBLE, mean: ${mean}, m2: ${m2}}`])}), 'm2')`,
  },
];

/**
 * A pair counts where neither is NULL. PostgreSQL gives NaN where a value is infinite or NaN, and NULL where there is no
 * variance in a needed direction; DuckDB gives one of several things.
 */
const pairwise = (
  name: string,
  print: (pair: (fn: string) => string, call: string) => string,
): AggregateEntry => ({
  signature: `${name}(float8,float8)`,
  print: (args, _types, _result, { call }) => {
    const pair = (fn: string) => call(fn, args);
    return print(pair, pair(name));
  },
});

const xInfinite = (pair: (fn: string) => string): string => `NOT isfinite(${pair('regr_avgx')})`;
const yInfinite = (pair: (fn: string) => string): string => `NOT isfinite(${pair('regr_avgy')})`;
const flat = (pair: (fn: string) => string, axis: 'x' | 'y'): string => `${pair(`regr_s${axis}${axis}`)} = 0`;

const unlessInfinite = (name: string): AggregateEntry =>
  pairwise(
    name,
    (pair, call) => `CASE WHEN ${xInfinite(pair)} OR ${yInfinite(pair)} THEN ${NAN} ELSE ${call} END`,
  );

const pairs: readonly AggregateEntry[] = [
  ...['covar_pop', 'regr_sxy'].map(unlessInfinite),
  pairwise(
    'covar_samp',
    (pair, call) =>
      `CASE WHEN ${pair('regr_count')} > 1 AND (${xInfinite(pair)} OR ${yInfinite(pair)}) THEN ${NAN} ELSE ${call} END`,
  ),
  pairwise('regr_sxx', (pair, call) => `CASE WHEN ${xInfinite(pair)} THEN ${NAN} ELSE ${call} END`),
  pairwise('regr_syy', (pair, call) => `CASE WHEN ${yInfinite(pair)} THEN ${NAN} ELSE ${call} END`),
  ...['regr_avgx', 'regr_avgy'].map((name) => pairwise(name, (_pair, call) => call)),
  pairwise('regr_count', (_pair, call) => `CAST(${call} AS BIGINT)`),
  pairwise(
    'corr',
    (pair, call) => `CASE WHEN ${flat(pair, 'x')} OR ${flat(pair, 'y')} THEN NULL ELSE ${call} END`,
  ),
  ...['regr_slope', 'regr_intercept'].map((name) =>
    pairwise(
      name,
      (pair, call) =>
        `CASE WHEN ${xInfinite(pair)} THEN ${NAN} WHEN ${flat(pair, 'x')} THEN NULL
          WHEN ${yInfinite(pair)} THEN ${NAN} ELSE ${call} END`,
    ),
  ),
  pairwise(
    'regr_r2',
    (pair, call) =>
      `CASE WHEN isfinite(${pair('regr_avgx')}) AND ${flat(pair, 'x')} THEN NULL
        WHEN isfinite(${pair('regr_avgy')}) AND ${flat(pair, 'y')} THEN 1
        WHEN ${xInfinite(pair)} OR ${yInfinite(pair)} THEN ${NAN} ELSE ${call} END`,
  ),
];

export const floatAggregates: readonly AggregateEntry[] = [...perType, ...merged, ...pairs];
