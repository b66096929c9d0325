import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';
import { quoteString } from '../quote.ts';
import { isNone, timeZone, type Zone, zoneInSession } from '../time-zones.ts';
import { abbreviationOffset } from '../zone-abbreviations.ts';

/**
 * The zone in which the session is: null for NULL.
 * @throws 0A000 where it is one that DuckDB and PostgreSQL don't know alike.
 */
export function constantZone(expr: Expr | undefined): Zone | null {
  const name = constantText(expr);
  if (name === undefined) throw refuse('a time zone that is not constant');
  return name === null ? null : timeZone(name);
}

/** For `usesTimeZone`: only the name of a region means the same in every session. */
export const namesZoneAt =
  (index: number) =>
  (args: readonly Expr[]): boolean =>
    constantText(args[index])?.includes('/') !== true;

/**
 * The zone that the argument names, in a session in the zone of the last argument (or that zone, where it is that argument).
 * @throws 0A000 as {@link constantZone}, and where the name may mean something else in that session.
 */
export function namedZone(exprs: readonly Expr[], index: number): Zone | null {
  const name = constantText(exprs[index]);
  if (name === null || name === undefined || name.includes('/')) return constantZone(exprs[index]);
  const session = constantText(exprs[exprs.length - 1]);
  if (session === undefined) throw refuse('a time zone that is not constant');
  if (isNone(name)) throw refuse(`the time zone "${name}"`);
  return zoneInSession(name, session);
}

/** For `admit`: a parameter or the session's zone may have no value yet. */
export function admitZone(expr: Expr | undefined): void {
  if (!isPending(expr) && expr?.kind !== 'session') constantZone(expr);
}

/** For `admit`, beside {@link namesZoneAt}. */
export function admitNamedZone(exprs: readonly Expr[], index: number): void {
  const zone = exprs[index];
  if (isPending(zone) || zone?.kind === 'session') return;
  const session = exprs[exprs.length - 1];
  if (session?.kind !== 'session') namedZone(exprs, index);
  else if (abbreviationOffset(constantText(zone) ?? '') === undefined) constantZone(zone);
}

/** Whether each row's zone is found when the row is read: it is computed, or to PostgreSQL's error. */
export function isZoneOfRow(zone: Expr | undefined): boolean {
  const name = constantText(zone);
  return name === undefined ? !isPending(zone) : name !== null && isNone(name);
}

/** The wall clock in the zone at an instant. ICU's is slow, and UTC's is the instant. */
export function toLocal(zone: Zone, instant: string): string {
  if (typeof zone === 'string') return `skein_local(${quoteString(zone)}, ${instant})`;
  return zone === 0 ? `skein_utc(${instant})` : `skein_later(skein_utc(${instant}), ${zone})`;
}

/** The instant when the wall clock in the zone shows the time. */
export function fromLocal(zone: Zone, local: string): string {
  if (typeof zone === 'string') return `skein_from_local(${quoteString(zone)}, ${local})`;
  return zone === 0 ? `skein_from_utc(${local})` : `skein_from_utc(skein_later(${local}, ${-zone}))`;
}
