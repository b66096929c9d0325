import type { AggregateContext, AggregateEntry } from '../entries.ts';

/** Months, days and microseconds summed each for itself. DISTINCT is about the intervals, not about their parts. */
function sum(x: string, { call, distinct }: AggregateContext): string {
  const part = (name: string): string => {
    const of = (interval: string) => `skein_interval_${name}(${interval})`;
    return distinct
      ? `list_sum(list_transform(${call('list', [x])}, lambda i: ${of('i')}))`
      : call('sum', [of(x)]);
  };
  return `skein_interval(${part('months')}, ${part('days')}, ${part('micros')})`;
}

export const intervalAggregates: readonly AggregateEntry[] = [
  { signature: 'sum(interval)', print: ([x = ''], _types, _result, context) => sum(x, context) },
  {
    signature: 'avg(interval)',
    print: ([x = ''], _types, _result, context) =>
      `skein_interval_over(${sum(x, context)}, nullif(${context.call('count', [x])}, 0)::DOUBLE)`,
  },
];
