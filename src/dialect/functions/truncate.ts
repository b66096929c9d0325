import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import type { Zone } from '../time-zones.ts';
import {
  admitUnit,
  type ConstantUnit,
  constantUnit,
  type DateUnit,
  FIELDS_ONLY,
  unitError,
} from './units.ts';
import { admitNamedZone, fromLocal, namedZone, namesZoneAt, toLocal } from './zone.ts';

const TIMESTAMP = 'timestamp without time zone';
const TIMESTAMPTZ = 'timestamp with time zone';

/** The timestamp truncated; undefined where PostgreSQL doesn't truncate to the unit. */
function truncated(unit: DateUnit | undefined, x: string): string | undefined {
  switch (unit) {
    case 'microseconds':
      return x;
    case 'milliseconds':
    case 'second':
    case 'minute':
    case 'hour':
    case 'day':
    case 'week':
    case 'month':
    case 'quarter':
    case 'year':
      return `skein_date_trunc('${unit}', ${x})`;
    case 'decade':
    case 'century':
    case 'millennium':
      return `skein_year_start(${x}, skein_${unit}_start(year(${x})))`;
    default:
      return undefined;
  }
}

const BELOW_DAY: ReadonlySet<DateUnit> = new Set([
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
]);

function printTimestamp(unit: ConstantUnit | null, x: string): string {
  if (unit === null) return 'NULL::TIMESTAMP';
  return once(
    [x],
    ([value = '']) =>
      truncated(unit.unit, value) ?? `CAST(${unitError(unit, TIMESTAMP, FIELDS_ONLY, value)} AS TIMESTAMP)`,
  );
}

/** Below a day PostgreSQL keeps the value's offset, from a day on it looks the offset up anew. */
function printTimestamptz(unit: ConstantUnit | null, x: string, zone: Zone | null): string {
  if (unit === null || zone === null) return 'NULL::TIMESTAMPTZ';
  const { unit: known } = unit;
  if (known === undefined || truncated(known, '') === undefined) {
    return once(
      [x],
      ([value = '']) => `CAST(${unitError(unit, TIMESTAMPTZ, FIELDS_ONLY, value)} AS TIMESTAMPTZ)`,
    );
  }
  const local = toLocal(zone, x);
  if (typeof zone === 'number' || !BELOW_DAY.has(known)) {
    return once([local], ([value = '']) => fromLocal(zone, truncated(known, value) ?? ''));
  }
  return once(
    [x, local],
    ([value = '', wall = '']) => `skein_back(${value}, ${wall}, ${truncated(known, wall)})`,
  );
}

/** The unit in months, or undefined. */
const MONTHS: Partial<Record<DateUnit, number>> = {
  month: 1,
  quarter: 3,
  year: 12,
  decade: 120,
  century: 1200,
  millennium: 12_000,
};
const MICROS: Partial<Record<DateUnit, number>> = {
  microseconds: 1,
  milliseconds: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
};

function truncatedInterval(unit: DateUnit | undefined, i: string): string | undefined {
  if (unit === undefined) return undefined;
  const [months, days, micros] = [
    `skein_interval_months(${i})`,
    `skein_interval_days(${i})`,
    `skein_interval_micros(${i})`,
  ];
  const whole = MONTHS[unit];
  if (whole !== undefined) return `to_months(CAST(${months} // ${whole} * ${whole} AS INTEGER))`;
  const clock = unit === 'day' ? undefined : MICROS[unit];
  if (unit !== 'day' && clock === undefined) return undefined;
  const time = clock === undefined ? '0' : `${micros} // ${clock} * ${clock}`;
  return `skein_interval(${months}, ${days}, ${time})`;
}

function printInterval(unit: ConstantUnit | null, x: string): string {
  if (unit === null) return 'NULL::INTERVAL';
  return once(
    [x],
    ([i = '']) =>
      truncatedInterval(unit.unit, i) ?? `CAST(${unitError(unit, 'interval', FIELDS_ONLY, i)} AS INTERVAL)`,
  );
}

export const truncateEntries: readonly ScalarEntry[] = [
  {
    signature: 'date_trunc(text,timestamp)',
    admit: admitUnit,
    print: ([, x = ''], _types, _result, exprs) => printTimestamp(constantUnit(exprs[0]), x),
  },
  {
    signature: 'date_trunc(text,interval)',
    admit: admitUnit,
    print: ([, x = ''], _types, _result, exprs) => printInterval(constantUnit(exprs[0]), x),
  },
  ...['date_trunc(text,timestamptz)', 'date_trunc(text,timestamptz,text)'].map(
    (signature): ScalarEntry => ({
      signature,
      usesTimeZone: namesZoneAt(2),
      admit: (exprs) => {
        admitUnit(exprs);
        admitNamedZone(exprs, 2);
      },
      print: ([, x = ''], _types, _result, exprs) =>
        printTimestamptz(constantUnit(exprs[0]), x, namedZone(exprs, 2)),
    }),
  ),
];
