import type { Expr } from '../../plan/expr.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { plusInterval, plusIntervalZoned } from './arithmetic.ts';
import { admitZone, constantZone } from './zone.ts';

const TYPES = ['timestamp', 'timestamptz'] as const;

/** Each period may be a start and an end, or a start and how long it lasts. */
const FORMS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

const overlapping = (bounds: readonly string[]): string =>
  once(bounds, (names) => `skein_overlaps(${names.join(', ')})`);

function endOf(
  type: (typeof TYPES)[number],
  start: string,
  length: string,
  expr: Expr | undefined,
  zone: Expr | undefined,
): string {
  if (type === 'timestamp') return plusInterval(start, length, expr, 1);
  const name = constantZone(zone);
  return name === null ? 'NULL::TIMESTAMPTZ' : plusIntervalZoned(start, length, expr, 1, name);
}

const timeAfter = (start: string, length: string): string =>
  once([start, length], ([t, i]) => `skein_time_plus(${t}, skein_interval_micros(${i}))`);

const periods: readonly ScalarEntry[] = TYPES.flatMap((type) =>
  FORMS.map(([first, second]): ScalarEntry => {
    const of = (lasts: boolean): string => `${type},${lasts ? 'interval' : type}`;
    return {
      signature: `overlaps(${of(first)},${of(second)})`,
      ...(type === 'timestamptz' && (first || second)
        ? { usesTimeZone: true as const, admit: (exprs: readonly Expr[]) => admitZone(exprs[4]) }
        : {}),
      print: ([a = '', b = '', c = '', d = ''], _types, _result, exprs) =>
        overlapping([
          a,
          first ? endOf(type, a, b, exprs[1], exprs[4]) : b,
          c,
          second ? endOf(type, c, d, exprs[3], exprs[4]) : d,
        ]),
    };
  }),
);

export const overlapsEntries: readonly ScalarEntry[] = [
  ...periods,
  { signature: 'overlaps(time,time,time,time)', print: (args) => overlapping(args) },
  ...FORMS.filter(([first, second]) => first || second).map(
    ([first, second]): ScalarEntry => ({
      signature: `overlaps(time,${first ? 'interval' : 'time'},time,${second ? 'interval' : 'time'})`,
      print: ([a = '', b = '', c = '', d = '']) =>
        overlapping([a, first ? timeAfter(a, b) : b, c, second ? timeAfter(c, d) : d]),
    }),
  ),
];
