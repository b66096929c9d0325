import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import type { Zone } from '../time-zones.ts';
import { admitZone, constantZone, fromLocal } from './zone.ts';

const OPERATORS = ['=', '<>', '<', '<=', '>', '>='] as const;

/** A wall clock compared with an instant: as an instant in the session's zone. */
function zonedComparison(local: 'date' | 'timestamp', operator: string, localFirst: boolean): ScalarEntry {
  const compare = (wall: string, instant: string) =>
    localFirst ? `(${wall} ${operator} ${instant})` : `(${instant} ${operator} ${wall})`;
  return {
    signature: localFirst ? `${local} ${operator} timestamptz` : `timestamptz ${operator} ${local}`,
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[2]),
    print: (args, _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      if (zone === null) return 'NULL::BOOLEAN';
      const [wall = '', instant = ''] = localFirst ? args : [args[1], args[0]];
      if (local === 'timestamp')
        return compare(
          once([wall], ([w = '']) => fromLocal(zone, w)),
          instant,
        );
      return once([wall, instant], ([day = '', at = '']) => compareDay(day, at, zone, compare));
    },
  };
}

/** A day after the last timestamp is after every instant but infinity. */
function compareDay(
  day: string,
  at: string,
  zone: Zone,
  compare: (wall: string, instant: string) => string,
): string {
  const midnight = once([`skein_date_to_timestamp(${day})`], ([wall = '']) => fromLocal(zone, wall));
  const infinite = `CASE WHEN ${at} = 'infinity'::TIMESTAMPTZ THEN 1 ELSE -1 END`;
  return `CASE WHEN ${at} IS NULL THEN NULL::BOOLEAN
    WHEN ${day} > DATE '294246-12-31' AND isfinite(${day}) THEN ${compare('0', `(${infinite})`)}
    ELSE ${compare(midnight, at)} END`;
}

export const zonedComparisonEntries: readonly ScalarEntry[] = (['date', 'timestamp'] as const).flatMap(
  (local) =>
    OPERATORS.flatMap((operator) =>
      [true, false].map((localFirst) => zonedComparison(local, operator, localFirst)),
    ),
);
