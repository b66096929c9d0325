import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';
import { quoteString } from '../quote.ts';
import { admittedTimeZone } from '../time-zones.ts';

const UTC: ReadonlySet<string> = new Set([
  'UTC',
  'Etc/UTC',
  'GMT',
  'Etc/GMT',
  'UCT',
  'Etc/UCT',
  'Zulu',
  'Etc/Zulu',
]);

/**
 * The zone argument's canonical name: null for NULL.
 * @throws 0A000 where it is no constant, or a zone that DuckDB and PostgreSQL don't know alike.
 */
export function constantZone(expr: Expr | undefined): string | null {
  const name = constantText(expr);
  if (name === null) return null;
  if (name === undefined) throw refuse('a time zone that is not constant');
  const zone = admittedTimeZone(name);
  if (zone === undefined) throw refuse(`the time zone "${name}"`);
  return zone;
}

/** For `admit`: a parameter or the session's zone may have no value yet. */
export function admitZone(expr: Expr | undefined): void {
  if (!isPending(expr) && expr?.kind !== 'session') constantZone(expr);
}

/** The wall clock in the zone at an instant. ICU's is slow, and UTC's is the instant. */
export function toLocal(zone: string, instant: string): string {
  return UTC.has(zone) ? `skein_utc(${instant})` : `skein_local(${quoteString(zone)}, ${instant})`;
}

/** The instant when the wall clock in the zone shows the time. */
export function fromLocal(zone: string, local: string): string {
  return UTC.has(zone) ? `skein_from_utc(${local})` : `skein_from_local(${quoteString(zone)}, ${local})`;
}

export function isUtc(zone: string): boolean {
  return UTC.has(zone);
}
