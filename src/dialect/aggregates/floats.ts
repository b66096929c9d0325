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

/** What DuckDB gives of the pairs; and whether a coordinate is infinite or NaN in one of them, or the same in all. */
interface Pairs {
  readonly call: (fn: string) => string;
  readonly xInfinite: string;
  readonly yInfinite: string;
  readonly sxx: string;
  readonly syy: string;
  readonly xFlat: string;
  readonly yFlat: string;
}

const finite = (x: string): string => `CASE WHEN isfinite(${x}) THEN ${x} END`;

/** Most of DuckDB's functions fail for what is infinite or NaN, so they don't see it. */
function pairsOf(y: string, x: string, { call }: AggregateContext): Pairs {
  const where = (other: string, value: string): string => `CASE WHEN ${other} IS NOT NULL THEN ${value} END`;
  const infinite = (value: string, other: string): string =>
    `NOT isfinite(${call('max', [where(other, `abs(${value})`)])})`;
  const sxx = call('regr_sxx', [y, finite(x)]);
  const syy = call('regr_syy', [finite(y), x]);
  return {
    sxx,
    syy,
    call: (fn) => call(fn, [finite(y), finite(x)]),
    xInfinite: infinite(x, y),
    yInfinite: infinite(y, x),
    xFlat: `${sxx} = 0`,
    yFlat: `${syy} = 0`,
  };
}

/**
 * A pair counts where neither is NULL. PostgreSQL gives NaN where a value is infinite or NaN, and NULL where there is no
 * variance in a needed direction; DuckDB gives one of several things.
 */
const pairwise = (name: string, print: (pairs: Pairs, call: string) => string): AggregateEntry => ({
  signature: `${name}(float8,float8)`,
  print: ([y = '', x = ''], _types, _result, context) => {
    const pairs = pairsOf(y, x, context);
    return print(pairs, pairs.call(name));
  },
});

/** Of every pair, whatever it holds. */
const ofAll = (name: string, print: (call: string) => string): AggregateEntry => ({
  signature: `${name}(float8,float8)`,
  print: (args, _types, _result, { call }) => print(call(name, args)),
});

const pairs: readonly AggregateEntry[] = [
  ...['covar_pop', 'regr_sxy'].map((name) =>
    pairwise(
      name,
      ({ xInfinite, yInfinite }, call) =>
        `CASE WHEN ${xInfinite} OR ${yInfinite} THEN ${NAN} ELSE ${call} END`,
    ),
  ),
  {
    signature: 'covar_samp(float8,float8)',
    print: ([y = '', x = ''], _types, _result, context) => {
      const { call, xInfinite, yInfinite } = pairsOf(y, x, context);
      return `CASE WHEN ${xInfinite} OR ${yInfinite}
        THEN CASE WHEN ${context.call('regr_count', [y, x])} > 1 THEN ${NAN} END ELSE ${call('covar_samp')} END`;
    },
  },
  pairwise('regr_sxx', ({ xInfinite, sxx }) => `CASE WHEN ${xInfinite} THEN ${NAN} ELSE ${sxx} END`),
  pairwise('regr_syy', ({ yInfinite, syy }) => `CASE WHEN ${yInfinite} THEN ${NAN} ELSE ${syy} END`),
  ...['regr_avgx', 'regr_avgy'].map((name) => ofAll(name, (call) => call)),
  // Over no rows of a correlated subquery DuckDB gives NULL.
  ofAll('regr_count', (call) => `coalesce(CAST(${call} AS BIGINT), 0)`),
  pairwise(
    'corr',
    ({ xInfinite, yInfinite, xFlat, yFlat }, call) =>
      `CASE WHEN NOT ${xInfinite} AND ${xFlat} OR NOT ${yInfinite} AND ${yFlat} THEN NULL
        WHEN ${xInfinite} OR ${yInfinite} THEN ${NAN} ELSE ${call} END`,
  ),
  ...['regr_slope', 'regr_intercept'].map((name) =>
    pairwise(
      name,
      ({ xInfinite, yInfinite, xFlat }, call) =>
        `CASE WHEN ${xInfinite} THEN ${NAN} WHEN ${xFlat} THEN NULL
          WHEN ${yInfinite} THEN ${NAN} ELSE ${call} END`,
    ),
  ),
  pairwise(
    'regr_r2',
    ({ xInfinite, yInfinite, xFlat, yFlat }, call) =>
      `CASE WHEN NOT ${xInfinite} AND ${xFlat} THEN NULL WHEN NOT ${yInfinite} AND ${yFlat} THEN 1
        WHEN ${xInfinite} OR ${yInfinite} THEN ${NAN} ELSE ${call} END`,
  ),
];

export const floatAggregates: readonly AggregateEntry[] = [...perType, ...merged, ...pairs];
