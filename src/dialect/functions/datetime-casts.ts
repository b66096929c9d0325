import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantInteger } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import type { Zone } from '../time-zones.ts';
import { admitZone, constantZone, fromLocal, toLocal } from './zone.ts';

const viaMacro = (signature: string, macro: string): ScalarEntry => ({
  signature,
  print: (args) => once(args, (names) => `${macro}(${names.join(', ')})`),
});

/** A cast that depends on the session's zone. */
function zoned(signature: string, type: string, print: (zone: Zone, x: string) => string): ScalarEntry {
  return {
    signature,
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[1]),
    print: ([x = ''], _types, _result, exprs) => {
      const zone = constantZone(exprs[1]);
      return zone === null ? `NULL::${type}` : print(zone, x);
    },
  };
}

/** An infinite timestamp has no time of day. */
const timeOf = (x: string): string =>
  once([x], ([t]) => `CASE WHEN isfinite(${t}) THEN CAST(${t} AS TIME) END`);

const among: readonly ScalarEntry[] = [
  viaMacro('cast date -> timestamp', 'skein_date_to_timestamp'),
  { signature: 'cast timestamp -> date', print: ([x]) => `CAST(${x} AS DATE)` },
  { signature: 'cast timestamp -> time', print: ([x = '']) => timeOf(x) },
  { signature: 'cast timetz -> time', print: ([x]) => `CAST(${x} AS TIME)` },
  zoned('cast timestamptz -> timestamp', 'TIMESTAMP', toLocal),
  zoned('cast timestamptz -> date', 'DATE', (zone, x) => `CAST(${toLocal(zone, x)} AS DATE)`),
  zoned('cast timestamptz -> time', 'TIME', (zone, x) => timeOf(toLocal(zone, x))),
  zoned('cast timestamp -> timestamptz', 'TIMESTAMPTZ', (zone, x) =>
    once([x], ([value = '']) => fromLocal(zone, value)),
  ),
  zoned('cast date -> timestamptz', 'TIMESTAMPTZ', (zone, x) =>
    once([once([x], ([d]) => `skein_date_to_timestamp(${d})`)], ([value = '']) => fromLocal(zone, value)),
  ),
  { signature: 'cast time -> interval', print: ([x]) => `to_microseconds(epoch_us(${x}))` },
  {
    signature: 'cast interval -> time',
    print: (args) => once(args, ([i]) => `skein_time_plus(TIME '00:00:00', skein_interval_micros(${i}))`),
  },
];

/** The same written as a function: `date(x)`. */
const asFunctions: readonly ScalarEntry[] = among.map((cast) => {
  const [, source, target] = /^cast (\S+) -> (\S+)$/.exec(cast.signature) ?? [];
  return { ...cast, signature: `${target}(${source})` };
});

const TEXT_TARGETS = ['text', 'varchar', 'bpchar'] as const;
const TEXT_SOURCES = ['text', 'varchar', 'bpchar'] as const;

/** As the clocks of the zone show it; null: the zone is NULL. */
export function timestamptzText(zone: Zone | null, x: string): string {
  if (zone === null) return 'NULL::VARCHAR';
  return once([x, toLocal(zone, x)], ([value, wall]) => `skein_timestamptz_text(${value}, ${wall})`);
}

const toText: readonly ScalarEntry[] = TEXT_TARGETS.flatMap((to) => [
  viaMacro(`cast date -> ${to}`, 'skein_date_text'),
  viaMacro(`cast timestamp -> ${to}`, 'skein_timestamp_text'),
  ...['time', 'timetz'].map((from) => ({
    signature: `cast ${from} -> ${to}`,
    print: ([x]: readonly string[]) => `CAST(${x} AS VARCHAR)`,
  })),
  viaMacro(`cast interval -> ${to}`, 'skein_interval_text'),
  zoned(`cast timestamptz -> ${to}`, 'VARCHAR', timestamptzText),
]);

/** Text with an offset is an instant; without one it shows the session's wall clock. */
function textToTimestamptz(zone: Zone, x: string): string {
  return once([x], ([text]) =>
    once(
      [`skein_text_to_timestamp(${text})`, `skein_offset_of_text(${text})`],
      ([wall = '', offset]) =>
        `CASE WHEN ${offset} = '' THEN ${fromLocal(zone, wall)}
        ELSE ${fromLocal(0, `(${wall} - to_minutes(skein_offset_minutes(trim(${offset}, ' '))))`)} END`,
    ),
  );
}

const fromText: readonly ScalarEntry[] = TEXT_SOURCES.flatMap((from) => [
  viaMacro(`cast ${from} -> date`, 'skein_text_to_date'),
  viaMacro(`cast ${from} -> timestamp`, 'skein_text_to_timestamp'),
  viaMacro(`cast ${from} -> time`, 'skein_text_to_time'),
  zoned(`cast ${from} -> timestamptz`, 'TIMESTAMPTZ', textToTimestamptz),
]);

const MICROSECOND_DIGITS = 6;

/** 10^(6 - digits), or undefined where nothing is to be rounded. */
function roundingScale(digits: number | undefined): number | undefined {
  if (digits === undefined) throw refuse('a length coercion that is not constant');
  return digits < 0 || digits >= MICROSECOND_DIGITS ? undefined : 10 ** (MICROSECOND_DIGITS - digits);
}

const timestampTypmods = ['timestamp', 'timestamptz'].map(
  (type): ScalarEntry => ({
    signature: `typmod ${type}`,
    print: ([x = ''], _types, _result, exprs) => {
      const scale = roundingScale(constantInteger(exprs[1]));
      if (scale === undefined) return x;
      const round = (value: string): string =>
        once([value], ([v]) => `skein_rounded_timestamp(${v}, ${scale})`);
      return type === 'timestamp' ? round(x) : once([round(toLocal(0, x))], ([v = '']) => fromLocal(0, v));
    },
  }),
);

const FULL_PRECISION = 0xffff;
const FULL_RANGE = 0x7fff;

/** The digits of an interval's typmod. @throws 0A000 for a range of fields (`interval day to second`). */
function intervalDigits(exprs: readonly Expr[]): number {
  const typmod = constantInteger(exprs[1]);
  if (typmod === undefined) throw refuse('a length coercion that is not constant');
  if (typmod < 0) return MICROSECOND_DIGITS;
  if (((typmod >> 16) & FULL_RANGE) !== FULL_RANGE) throw refuse('an interval restricted to some fields');
  const digits = typmod & 0xffff;
  return digits === FULL_PRECISION ? MICROSECOND_DIGITS : digits;
}

const otherTypmods: readonly ScalarEntry[] = [
  {
    signature: 'typmod time',
    print: ([x = ''], _types, _result, exprs) => {
      const scale = roundingScale(constantInteger(exprs[1]));
      if (scale === undefined) return x;
      return once([`skein_rounded(epoch_us(${x}), ${scale})`], ([micros]) => `skein_time_of(${micros})`);
    },
  },
  {
    signature: 'typmod interval',
    admit: (exprs) => {
      intervalDigits(exprs);
    },
    print: ([x = ''], _types, _result, exprs) => {
      const scale = roundingScale(intervalDigits(exprs));
      if (scale === undefined) return x;
      return once(
        [x],
        ([i]) =>
          `skein_interval(skein_interval_months(${i}), skein_interval_days(${i}),
            skein_rounded(skein_interval_micros(${i})::HUGEINT, ${scale}))`,
      );
    },
  },
];

const constructors: readonly ScalarEntry[] = [
  viaMacro('make_date(int4,int4,int4)', 'skein_make_date'),
  {
    signature: 'make_time(int4,int4,float8)',
    print: (args) =>
      once([once(args, (names) => `skein_make_clock(${names.join(', ')})`)], ([m]) => `skein_time_of(${m})`),
  },
  {
    signature: 'make_timestamp(int4,int4,int4,int4,int4,float8)',
    print: (args) => once(args, (names) => `skein_make_wall_clock(${names.join(', ')})`),
  },
  viaMacro('make_interval(int4,int4,int4,int4,int4,int4,float8)', 'skein_make_interval'),
  viaMacro('to_timestamp(float8)', 'skein_to_timestamp'),
  ...['date', 'timestamp', 'timestamptz'].map((type) => ({
    signature: `isfinite(${type})`,
    print: ([x]: readonly string[]) => `isfinite(${x})`,
  })),
  {
    signature: 'isfinite(interval)',
    print: (args) => once(args, ([i]) => `CASE WHEN ${i} IS NOT NULL THEN true END`),
  },
];

export const datetimeCastEntries: readonly ScalarEntry[] = [
  ...among,
  ...asFunctions,
  ...toText,
  ...fromText,
  ...timestampTypmods,
  ...otherTypmods,
  ...constructors,
];
