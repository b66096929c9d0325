import type { Expr } from '../../plan/expr.ts';
import { constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import type { Zone } from '../time-zones.ts';
import { admitZone, constantZone, fromLocal, toLocal } from './zone.ts';

interface IntervalParts {
  readonly months: number;
  readonly days: number;
  readonly micros: bigint;
}

/** A constant interval's parts (`<months> <days> <µs>` in a plan); null for NULL, undefined for no constant. */
function constantParts(expr: Expr | undefined): IntervalParts | null | undefined {
  const text = constantText(expr);
  if (text === null || text === undefined) return text;
  const [months = '0', days = '0', micros = '0'] = text.split(' ');
  return { months: Number(months), days: Number(days), micros: BigInt(micros) };
}

const negated = ({ months, days, micros }: IntervalParts): IntervalParts => ({
  months: -months,
  days: -days,
  micros: -micros,
});

/** Far from every limit of range: less than 500 years each. */
function isSmall({ months, days, micros }: IntervalParts): boolean {
  const limit = 15_768_000_000_000_000n;
  return Math.abs(months) <= 6000 && Math.abs(days) <= 182_500 && micros <= limit && micros >= -limit;
}

function literal({ months, days, micros }: IntervalParts): string {
  return `'${months} months ${days} days ${micros} microseconds'::INTERVAL`;
}

/** The negated interval, where there is something to subtract it from: negating may overflow. */
function negatedFor(x: string, interval: string): string {
  return once(
    [x, interval],
    ([value, i]) => `skein_interval_negated(CASE WHEN ${value} IS NOT NULL THEN ${i} END)`,
  );
}

/** A timestamp plus (minus) an interval. */
export function plusInterval(x: string, interval: string, expr: Expr | undefined, sign: 1 | -1): string {
  const constant = constantParts(expr);
  if (constant === null) return 'NULL::TIMESTAMP';
  if (constant !== undefined && isSmall(constant)) {
    const parts = sign === 1 ? constant : negated(constant);
    const forward = parts.months >= 0 && parts.days >= 0 && parts.micros >= 0n;
    if (forward) return `(${x} + ${literal(parts)})`;
    return once([x], ([value]) => `skein_plus_small(${value}, ${literal(parts)})`);
  }
  const added = sign === 1 ? interval : negatedFor(x, interval);
  return once([x, added], ([value, i]) => `skein_plus_interval(${value}, ${i})`);
}

/** PostgreSQL adds months and days to the wall clock, one after the other, and the rest to the instant. */
export function plusIntervalZoned(
  x: string,
  interval: string,
  expr: Expr | undefined,
  sign: 1 | -1,
  zone: Zone,
): string {
  if (typeof zone === 'number') return fromLocal(zone, plusInterval(toLocal(zone, x), interval, expr, sign));
  const constant = constantParts(expr);
  if (constant === null) return 'NULL::TIMESTAMPTZ';
  if (constant !== undefined && isSmall(constant)) {
    return plusConstantZoned(x, sign === 1 ? constant : negated(constant), zone);
  }
  const added = sign === 1 ? interval : negatedFor(x, interval);
  return once([x, added], ([value, i]) => {
    const month = `skein_local_months('${zone}', ${value}, CAST(skein_interval_months(${i}) AS INTEGER))`;
    const day = once(
      [month],
      ([m]) => `skein_local_days('${zone}', ${m}, CAST(skein_interval_days(${i}) AS INTEGER))`,
    );
    const micros = `to_microseconds(skein_interval_micros(${i}))`;
    return fromLocal(
      0,
      once([toLocal(0, day)], ([d]) => `skein_plus_interval(${d}, ${micros})`),
    );
  });
}

function plusConstantZoned(x: string, parts: IntervalParts, zone: Zone): string {
  const step = (instant: string, part: Partial<IntervalParts>, clock: Zone): string => {
    const added = literal({ months: 0, days: 0, micros: 0n, ...part });
    const local = once([toLocal(clock, instant)], ([value]) => `skein_plus_small(${value}, ${added})`);
    return once([local], ([value]) => fromLocal(clock, value ?? ''));
  };
  const { months, days, micros } = parts;
  const moved = months === 0 ? x : step(x, { months }, zone);
  const shifted = days === 0 ? moved : step(moved, { days }, zone);
  return micros === 0n ? shifted : step(shifted, { micros }, 0);
}

type Print = ScalarEntry['print'];
const entry = (signature: string, print: Print): ScalarEntry => ({ signature, print });

/** A date as a timestamp, where the other operand isn't NULL: an operator is strict before it fails. */
const toTimestamp = (date: string, other: string): string =>
  once([date], ([d]) => `skein_date_to_timestamp(CASE WHEN ${other} IS NOT NULL THEN ${d} END)`);

export const dateAndTime = (d: string, t: string): string =>
  `(${toTimestamp(d, t)} + to_microseconds(epoch_us(${t})))`;

const timestampIntervals: readonly ScalarEntry[] = [
  entry('timestamp + interval', ([x = '', i = ''], _t, _r, exprs) => plusInterval(x, i, exprs[1], 1)),
  entry('timestamp - interval', ([x = '', i = ''], _t, _r, exprs) => plusInterval(x, i, exprs[1], -1)),
  entry('interval + timestamp', ([i = '', x = ''], _t, _r, exprs) => plusInterval(x, i, exprs[0], 1)),
  entry('date + interval', ([x = '', i = ''], _t, _r, exprs) =>
    plusInterval(toTimestamp(x, i), i, exprs[1], 1),
  ),
  entry('date - interval', ([x = '', i = ''], _t, _r, exprs) =>
    plusInterval(toTimestamp(x, i), i, exprs[1], -1),
  ),
  entry('interval + date', ([i = '', x = ''], _t, _r, exprs) =>
    plusInterval(toTimestamp(x, i), i, exprs[0], 1),
  ),
];

function zonedEntry(signature: string, at: 0 | 1, sign: 1 | -1): ScalarEntry {
  return {
    signature,
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[2]),
    print: (args, _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      const interval = at === 0 ? 1 : 0;
      return zone === null
        ? 'NULL::TIMESTAMPTZ'
        : plusIntervalZoned(args[at] ?? '', args[interval] ?? '', exprs[interval], sign, zone);
    },
  };
}

const zonedIntervals = [
  zonedEntry('timestamptz + interval', 0, 1),
  zonedEntry('timestamptz - interval', 0, -1),
  zonedEntry('interval + timestamptz', 1, 1),
];

const dates: readonly ScalarEntry[] = [
  entry('date + int4', (args) => once(args, ([d, n]) => `skein_date_plus(${d}, ${n})`)),
  entry('int4 + date', ([n = '', d = '']) => once([d, n], ([a, b]) => `skein_date_plus(${a}, ${b})`)),
  entry('date - int4', ([d = '', n = '']) =>
    once([d, `(-(${n}::BIGINT))`], ([a, b]) => `skein_date_plus(${a}, ${b})`),
  ),
  entry('date - date', (args) => once(args, ([a, b]) => `skein_date_minus_date(${a}, ${b})`)),
];

const differences: readonly ScalarEntry[] = [
  entry('timestamp - timestamp', (args) => once(args, ([a, b]) => `skein_timestamp_minus(${a}, ${b})`)),
  entry('timestamptz - timestamptz', (args) =>
    once(
      args.map((arg) => toLocal(0, arg)),
      ([a, b]) => `skein_timestamp_minus(${a}, ${b})`,
    ),
  ),
  entry('age(timestamp,timestamp)', (args) => once(args, ([a, b]) => `skein_age(${a}, ${b})`)),
  {
    signature: 'age(timestamptz,timestamptz)',
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[2]),
    print: ([a = '', b = ''], _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      if (zone === null) return 'NULL::INTERVAL';
      return once([toLocal(zone, a), toLocal(zone, b)], ([x, y]) => `skein_age(${x}, ${y})`);
    },
  },
];

const times: readonly ScalarEntry[] = [
  entry('time + interval', (args) =>
    once(args, ([t, i]) => `skein_time_plus(${t}, skein_interval_micros(${i}))`),
  ),
  entry('interval + time', ([i = '', t = '']) =>
    once([t, i], ([a, b]) => `skein_time_plus(${a}, skein_interval_micros(${b}))`),
  ),
  entry('time - interval', (args) =>
    once(args, ([t, i]) => `skein_time_plus(${t}, -skein_interval_micros(${i}))`),
  ),
  entry('time - time', ([a, b]) => `to_microseconds(epoch_us(${a}) - epoch_us(${b}))`),
  entry('date + time', ([d = '', t = '']) => dateAndTime(d, t)),
  entry('timestamp(date,time)', ([d = '', t = '']) => dateAndTime(d, t)),
  entry('time + date', ([t = '', d = '']) => dateAndTime(d, t)),
];

const bins: readonly ScalarEntry[] = ['timestamp', 'timestamptz'].map((type) =>
  entry(`date_bin(interval,${type},${type})`, ([stride = '', x = '', origin = '']) => {
    const zoned = type === 'timestamptz';
    const args = zoned ? [stride, toLocal(0, x), toLocal(0, origin)] : [stride, x, origin];
    const binned = once(
      args,
      ([s, value, from]) =>
        `skein_bin(${value}, ${from}, ${s}, skein_interval_days(${s}), skein_interval_micros(${s}))`,
    );
    return zoned ? once([binned], ([value]) => fromLocal(0, value ?? '')) : binned;
  }),
);

export const arithmeticEntries: readonly ScalarEntry[] = [
  ...timestampIntervals,
  ...zonedIntervals,
  ...dates,
  ...differences,
  ...times,
  ...bins,
];
