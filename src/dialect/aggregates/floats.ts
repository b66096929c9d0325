import type { AggregateContext, AggregateEntry } from '../entries.ts';

const checkedSum = (x: string, { call }: AggregateContext): string =>
  `skein_float_sum(${call('sum', [`${x}::DOUBLE`])}, ${call('max', [`abs(${x})`])}::DOUBLE)`;

const perType = (['float4', 'float8'] as const).flatMap((type): readonly AggregateEntry[] => [
  {
    signature: `sum(${type})`,
    print: ([x = ''], _types, _result, context) =>
      type === 'float4' ? `CAST(${checkedSum(x, context)} AS FLOAT)` : checkedSum(x, context),
  },
  {
    signature: `avg(${type})`,
    print: ([x = ''], _types, _result, context) =>
      `skein_float_avg(${checkedSum(x, context)}, ${context.call('count', [x])})`,
  },
  ...(['var_pop', 'var_samp', 'stddev_pop', 'stddev_samp'] as const).map(
    (name): AggregateEntry => ({
      signature: `${name}(${type})`,
      print: ([x = ''], _types, _result, { call }) => call(name, [`${x}::DOUBLE`]),
    }),
  ),
  {
    signature: `variance(${type})`,
    print: ([x = ''], _types, _result, { call }) => call('var_samp', [`${x}::DOUBLE`]),
  },
  {
    signature: `stddev(${type})`,
    print: ([x = ''], _types, _result, { call }) => call('stddev_samp', [`${x}::DOUBLE`]),
  },
  {
    signature: `skein.sum_double(${type})`,
    print: ([x = ''], _types, _result, context) => checkedSum(x, context),
  },
  {
    signature: `skein.m2(${type})`,
    print: ([x = ''], _types, _result, { call }) =>
      `(${call('var_pop', [`${x}::DOUBLE`])} * ${call('count', [x])})`,
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

/** A pair counts where neither is NULL. Without variance in a needed direction PostgreSQL gives NULL, DuckDB NaN. */
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

const pairs: readonly AggregateEntry[] = [
  ...['covar_pop', 'covar_samp', 'regr_sxx', 'regr_syy', 'regr_sxy', 'regr_avgx', 'regr_avgy'].map((name) =>
    pairwise(name, (_pair, call) => call),
  ),
  pairwise('regr_count', (_pair, call) => `CAST(${call} AS BIGINT)`),
  pairwise(
    'corr',
    (pair, call) => `CASE WHEN ${pair('regr_sxx')} = 0 OR ${pair('regr_syy')} = 0 THEN NULL ELSE ${call} END`,
  ),
  ...['regr_slope', 'regr_intercept'].map((name) =>
    pairwise(name, (pair, call) => `CASE WHEN ${pair('regr_sxx')} = 0 THEN NULL ELSE ${call} END`),
  ),
  pairwise(
    'regr_r2',
    (pair, call) =>
      `CASE WHEN ${pair('regr_sxx')} = 0 THEN NULL WHEN ${pair('regr_syy')} = 0 THEN 1 ELSE ${call} END`,
  ),
];

export const floatAggregates: readonly AggregateEntry[] = [...perType, ...merged, ...pairs];
