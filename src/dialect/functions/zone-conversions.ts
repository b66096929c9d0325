import { refuse } from '../../base/errors.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import type { Zone } from '../time-zones.ts';
import {
  admitNamedZone,
  admitZone,
  constantZone,
  fromLocal,
  isZoneOfRow,
  namedZone,
  namesZoneAt,
  toLocal,
} from './zone.ts';

type Clock = 'timestamp' | 'timestamptz';

/** AT TIME ZONE makes an instant of a wall clock and a wall clock of an instant. */
const TARGETS: Readonly<Record<Clock, string>> = { timestamp: 'TIMESTAMPTZ', timestamptz: 'TIMESTAMP' };
const CLOCKS: readonly Clock[] = ['timestamp', 'timestamptz'];

function converted(clock: Clock, zone: Zone | null, x: string): string {
  if (zone === null) return `NULL::${TARGETS[clock]}`;
  return once([x], ([value = '']) => (clock === 'timestamp' ? fromLocal(zone, value) : toLocal(zone, value)));
}

const moved = (clock: Clock, x: string, east: string): string =>
  clock === 'timestamp'
    ? `skein_from_utc(skein_later(${x}, -(${east})))`
    : `skein_later(skein_utc(${x}), ${east})`;

const ifFinite = (x: string, zone: string, utc: string, given = zone): string =>
  `CASE WHEN isfinite(${x}) THEN ${zone} WHEN ${given} IS NOT NULL THEN ${utc} END`;

/** PostgreSQL looks at the zone only where there is a finite time. */
function inZoneOfRow(clock: Clock, x: string, zone: string, session: string): string {
  return once([x], ([value = '']) =>
    once([`host_zone_in_session(${ifFinite(value, zone, "'Etc/UTC'")}, ${session})`], ([z]) => {
      const ruled = `${clock === 'timestamp' ? 'skein_from_local' : 'skein_local'}(${z}, ${value})`;
      return `CASE WHEN ${z} IS NULL THEN NULL WHEN regexp_full_match(${z}, '-?[0-9]+')
        THEN ${moved(clock, value, `TRY_CAST(${z} AS BIGINT)`)} ELSE ${ruled} END`;
    }),
  );
}

const byName = CLOCKS.map(
  (clock): ScalarEntry => ({
    signature: `timezone(text,${clock})`,
    usesTimeZone: namesZoneAt(0),
    admit: (exprs) => {
      if (!isZoneOfRow(exprs[0])) admitNamedZone(exprs, 0);
    },
    print: ([zone = '', x = '', session = 'NULL'], _types, _result, exprs) =>
      isZoneOfRow(exprs[0]) ? inZoneOfRow(clock, x, zone, session) : converted(clock, namedZone(exprs, 0), x),
  }),
);

/** AT LOCAL: the session's zone. */
const local = CLOCKS.map(
  (clock): ScalarEntry => ({
    signature: `timezone(${clock})`,
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[1]),
    print: ([x = ''], _types, _result, exprs) => converted(clock, constantZone(exprs[1]), x),
  }),
);

const byInterval = CLOCKS.map(
  (clock): ScalarEntry => ({
    signature: `timezone(interval,${clock})`,
    print: ([interval = '', x = '']) =>
      once([interval, x], ([i, value]) =>
        once([ifFinite(`${value}`, `skein_zone_seconds(${i})`, '0', `${i}`)], ([east = '']) =>
          moved(clock, `${value}`, east),
        ),
      ),
  }),
);

/** DuckDB's clocks reach no further from Greenwich. */
const MAX_OFFSET = 15 * 3600 + 59 * 60 + 59;

/** A zone with rules has the offset of the statement's instant. */
function clockInZone(zone: Zone | null, x: string): string {
  if (zone === null) return 'NULL::TIMETZ';
  if (typeof zone === 'string') throw refuse(`a time in the time zone "${zone}"`);
  if (Math.abs(zone) > MAX_OFFSET) throw refuse('a time zone of 16 hours or more');
  return `timezone(to_seconds(${zone}), ${x})`;
}

const clocks: readonly ScalarEntry[] = [
  {
    signature: 'timezone(text,timetz)',
    usesTimeZone: namesZoneAt(0),
    admit: (exprs) => admitNamedZone(exprs, 0),
    print: ([, x = ''], _types, _result, exprs) => clockInZone(namedZone(exprs, 0), x),
  },
  {
    signature: 'timezone(timetz)',
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[1]),
    print: ([x = ''], _types, _result, exprs) => clockInZone(constantZone(exprs[1]), x),
  },
  {
    signature: 'timezone(interval,timetz)',
    print: ([interval = '', x = '']) =>
      once([interval, x], ([i, value]) =>
        once(
          [`CASE WHEN ${value} IS NOT NULL THEN skein_zone_seconds(${i}) END`],
          ([east]) =>
            `CASE WHEN abs(${east}) > ${MAX_OFFSET}
            THEN error('SKEIN:0A000:a time zone of 16 hours or more is not supported')
            ELSE timezone(to_seconds(${east}), ${value}) END`,
        ),
      ),
  },
];

const added = (x: string, sign: '+' | '-', i: string): string =>
  `(${x} ${sign} to_microseconds(skein_interval_micros(${i})))`;

const sums: readonly ScalarEntry[] = [
  { signature: 'timetz + interval', print: ([x = '', i = '']) => added(x, '+', i) },
  { signature: 'timetz - interval', print: ([x = '', i = '']) => added(x, '-', i) },
  { signature: 'interval + timetz', print: ([i = '', x = '']) => added(x, '+', i) },
];

export const zoneConversionEntries: readonly ScalarEntry[] = [
  ...byName,
  ...local,
  ...byInterval,
  ...clocks,
  ...sums,
];
