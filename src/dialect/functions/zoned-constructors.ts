import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { dateAndTime, plusIntervalZoned } from './arithmetic.ts';
import { admitNamedZone, admitZone, constantZone, fromLocal, namedZone, namesZoneAt } from './zone.ts';

/** Beside the parts of a time a number counts eastward, and PostgreSQL reads its digits in another way. */
function refuseOffset(zone: Expr | undefined): void {
  const name = constantText(zone);
  if (/^[+-]/.test(name ?? '')) throw refuse(`the time zone "${name}"`);
}

/** Of the parts in a zone: the session's, or the one named. */
const made = (signature: string, own: boolean): ScalarEntry => ({
  signature,
  usesTimeZone: namesZoneAt(6),
  admit: (exprs) => {
    if (!own) refuseOffset(exprs[6]);
    admitNamedZone(exprs, 6);
  },
  print: ([y, mo, d, h, mi, s], _types, _result, exprs) => {
    if (!own) refuseOffset(exprs[6]);
    const zone = namedZone(exprs, 6);
    if (zone === null) return 'NULL::TIMESTAMPTZ';
    const wall = once(
      [y, mo, d, h, mi, s].map((part) => `${part}`),
      (names) => `skein_make_wall_clock(${names.join(', ')})`,
    );
    return once([wall], ([value = '']) => fromLocal(zone, value));
  },
});

const ofDateAndTime: readonly ScalarEntry[] = [
  {
    signature: 'timestamptz(date,time)',
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[2]),
    print: ([d = '', t = ''], _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      if (zone === null) return 'NULL::TIMESTAMPTZ';
      return once([dateAndTime(d, t)], ([value = '']) => fromLocal(zone, value));
    },
  },
];

/** date_add and date_subtract: `+` and `-` in the session's zone, or in the one named. */
const sums: readonly ScalarEntry[] = (
  [
    ['date_add', 1],
    ['date_subtract', -1],
  ] as const
).flatMap(([name, sign]) =>
  ['', ',text'].map(
    (zoned): ScalarEntry => ({
      signature: `${name}(timestamptz,interval${zoned})`,
      usesTimeZone: namesZoneAt(2),
      admit: (exprs) => admitNamedZone(exprs, 2),
      print: ([x = '', i = ''], _types, _result, exprs) => {
        const zone = namedZone(exprs, 2);
        return zone === null ? 'NULL::TIMESTAMPTZ' : plusIntervalZoned(x, i, exprs[1], sign, zone);
      },
    }),
  ),
);

export const zonedConstructorEntries: readonly ScalarEntry[] = [
  made('make_timestamptz(int4,int4,int4,int4,int4,float8)', true),
  made('make_timestamptz(int4,int4,int4,int4,int4,float8,text)', false),
  ...ofDateAndTime,
  ...sums,
];
