import { refuse } from '../../base/errors.ts';
import { fixedZone, linkedZone } from '../../types/zone-name.ts';
import { SECONDS_PER_DAY } from './calendar.ts';

/** Offsets of a zone: seconds east of Greenwich, by instant. */
export interface TimeZone {
  /** @param seconds since 1970-01-01 00:00:00 UTC, an integer. */
  offsetAt(seconds: number): number;
  /** What the date styles other than ISO print; undefined where we don't know the zone's abbreviations. */
  readonly abbreviation: string | undefined;
}

/** Days of which a zone keeps the offset; beyond it, it begins anew. */
const MAX_CACHED_DAYS = 100_000;
/** A client may set any number of zones. */
const MAX_CACHED_ZONES = 64;
/** The calendar and with it every zone's last rule repeat after 400 years; Date ends a little after the year 275,000. */
const CYCLE_SECONDS = 146_097 * SECONDS_PER_DAY;
const LAST_DATE_SECONDS = 8_640_000_000_000;
const UTC_NAMES = new Set([
  'utc',
  'etc/utc',
  'uct',
  'etc/uct',
  'universal',
  'etc/universal',
  'zulu',
  'etc/zulu',
]);
const GMT_NAMES = new Set([
  'gmt',
  'etc/gmt',
  'gmt0',
  'gmt+0',
  'gmt-0',
  'etc/gmt0',
  'greenwich',
  'etc/greenwich',
]);
const zones = new Map<string, TimeZone>();

/** @param name as the session's TimeZone reports it. @throws 0A000 for one that neither IANA nor POSIX explains. */
export function timeZone(name: string): TimeZone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = makeZone(name);
  if (zones.size >= MAX_CACHED_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
}

function makeZone(name: string): TimeZone {
  const lower = name.toLowerCase();
  if (UTC_NAMES.has(lower)) return always(0, 'UTC');
  if (GMT_NAMES.has(lower)) return always(0, 'GMT');
  const fixed = fixedZone(name);
  if (fixed === undefined) return new IanaZone(linkedZone(name));
  return always(fixed.east, fixed.abbreviation === '' ? undefined : fixed.abbreviation);
}

function always(offset: number, abbreviation: string | undefined): TimeZone {
  return { offsetAt: () => offset, abbreviation };
}

/** Offsets on both sides of the one transition within a day. */
interface Transition {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** By Intl, which is asked once for each day that occurs, and more often only within a day whose ends differ. */
class IanaZone implements TimeZone {
  readonly abbreviation = undefined;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, number | Transition>();
  #lastDay = Number.NaN;
  #lastOffset = 0;

  constructor(name: string) {
    try {
      this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    } catch (error) {
      throw refuse(`the time zone "${name}"`, {
        detail: error instanceof Error ? error.message : undefined,
      });
    }
  }

  offsetAt(seconds: number): number {
    const day = Math.floor(seconds / SECONDS_PER_DAY);
    if (day === this.#lastDay) return this.#lastOffset;
    const found = this.#days.get(day) ?? this.#learn(day);
    if (typeof found !== 'number') return seconds < found.at ? found.before : found.after;
    this.#lastDay = day;
    this.#lastOffset = found;
    return found;
  }

  #learn(day: number): number | Transition {
    const learnt = this.#ask(day);
    if (this.#days.size >= MAX_CACHED_DAYS) this.#days.clear();
    this.#days.set(day, learnt);
    return learnt;
  }

  #ask(day: number): number | Transition {
    let low = day * SECONDS_PER_DAY;
    let high = low + SECONDS_PER_DAY;
    const before = this.#query(low);
    const after = this.#query(high);
    if (before === after) return before;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.#query(middle) === before) low = middle;
      else high = middle;
    }
    return { at: high, before, after };
  }

  #query(seconds: number): number {
    let at = seconds;
    while (at >= LAST_DATE_SECONDS) at -= CYCLE_SECONDS;
    return parseOffset(this.#format.format(at * 1000));
  }
}

/** The end of a text like `12/7/1874, GMT-04:56:02`; plain `GMT` is 0. */
function parseOffset(formatted: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(formatted);
  if (match === null) throw refuse(`the offset "${formatted}"`);
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? 0 - magnitude : magnitude;
}
