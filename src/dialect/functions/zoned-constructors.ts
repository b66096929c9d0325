import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { dateAndTime, plusIntervalZoned } from './arithmetic.ts';
import { admitZone, constantZone, fromLocal, toLocal } from './zone.ts';

/** AT LOCAL: the session's zone. */
const local: readonly ScalarEntry[] = (['timestamp', 'timestamptz'] as const).map((type) => ({
  signature: `timezone(${type})`,
  usesTimeZone: true,
  admit: (exprs) => admitZone(exprs[1]),
  print: ([x = ''], _types, _result, exprs) => {
    const zone = constantZone(exprs[1]);
    if (zone === null) return type === 'timestamp' ? 'NULL::TIMESTAMPTZ' : 'NULL::TIMESTAMP';
    return once([x], ([value = '']) =>
      type === 'timestamp' ? fromLocal(zone, value) : toLocal(zone, value),
    );
  },
}));

/** Of the parts in a zone: the session's, or the one named. */
const made = (signature: string, own: boolean): ScalarEntry => ({
  signature,
  ...(own ? { usesTimeZone: true as const } : {}),
  admit: (exprs) => admitZone(exprs[6]),
  print: ([y, mo, d, h, mi, s], _types, _result, exprs) => {
    const zone = constantZone(exprs[6]);
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
  [true, false].map(
    (own): ScalarEntry => ({
      signature: `${name}(timestamptz,interval${own ? '' : ',text'})`,
      ...(own ? { usesTimeZone: true as const } : {}),
      admit: (exprs) => admitZone(exprs[2]),
      print: ([x = '', i = ''], _types, _result, exprs) => {
        const zone = constantZone(exprs[2]);
        return zone === null ? 'NULL::TIMESTAMPTZ' : plusIntervalZoned(x, i, exprs[1], sign, zone);
      },
    }),
  ),
);

export const zonedConstructorEntries: readonly ScalarEntry[] = [
  ...local,
  made('make_timestamptz(int4,int4,int4,int4,int4,float8)', true),
  made('make_timestamptz(int4,int4,int4,int4,int4,float8,text)', false),
  ...ofDateAndTime,
  ...sums,
];
