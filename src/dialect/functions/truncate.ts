import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import {
  admitUnit,
  type ConstantUnit,
  constantUnit,
  type DateUnit,
  FIELDS_ONLY,
  unitError,
} from './units.ts';
import { admitZone, constantZone, fromLocal, isUtc, toLocal } from './zone.ts';

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
function printTimestamptz(unit: ConstantUnit | null, x: string, zone: string | null): string {
  if (unit === null || zone === null) return 'NULL::TIMESTAMPTZ';
  const { unit: known } = unit;
  if (known === undefined || truncated(known, '') === undefined) {
    return once(
      [x],
      ([value = '']) => `CAST(${unitError(unit, TIMESTAMPTZ, FIELDS_ONLY, value)} AS TIMESTAMPTZ)`,
    );
  }
  const local = toLocal(zone, x);
  if (isUtc(zone) || !BELOW_DAY.has(known)) {
    return once([local], ([value = '']) => fromLocal(zone, truncated(known, value) ?? ''));
  }
  return once(
    [x, local],
    ([value = '', wall = '']) => `skein_back(${value}, ${wall}, ${truncated(known, wall)})`,
  );
}

export const truncateEntries: readonly ScalarEntry[] = [
  {
    signature: 'date_trunc(text,timestamp)',
    admit: admitUnit,
    print: ([, x = ''], _types, _result, exprs) => printTimestamp(constantUnit(exprs[0]), x),
  },
  ...['date_trunc(text,timestamptz)', 'date_trunc(text,timestamptz,text)'].map(
    (signature): ScalarEntry => ({
      signature,
      ...(signature.endsWith('timestamptz)') ? { usesTimeZone: true as const } : {}),
      admit: (exprs) => {
        admitUnit(exprs);
        admitZone(exprs[2]);
      },
      print: ([, x = ''], _types, _result, exprs) =>
        printTimestamptz(constantUnit(exprs[0]), x, constantZone(exprs[2])),
    }),
  ),
];
