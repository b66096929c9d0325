import { refuse, SkeinError } from '../../base/errors.ts';
import { parseInterval } from '../../dialect/host/interval-input.ts';
import { fixedZone, linkedZone } from '../../types/zone-name.ts';
import { invalidValue } from './values.ts';

/** Finds zones in any spelling. The names are PostgreSQL's own (`pg_timezone_names`). */
export class TimeZones {
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: readonly string[]) {
    this.#names = new Map(names.map((name) => [name.toLowerCase(), name]));
  }

  /**
   * The value that SHOW prints. A number is hours east of UTC; `FOO+3` is POSIX: three hours *west*.
   * @throws 22023 for what PostgreSQL doesn't know, 0A000 for a zone with rules of its own.
   */
  canonical(value: string): string {
    if (/^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value)) return zoneOfOffset(Number(value) * 3600, value);
    const interval = /^interval\s*'([^']*)'/i.exec(value)?.[1];
    if (interval !== undefined) return this.#interval(interval);
    const known = this.#names.get(value.toLowerCase());
    if (known !== undefined) return known;
    const fixed = fixedZone(value);
    if (fixed === undefined) throw DAYLIGHT.test(value) ? unfollowed(value) : invalidValue('TimeZone', value);
    if (fixed.east % 60 !== 0) throw leapSeconds(value);
    return value.toUpperCase();
  }

  /** `SET TIME ZONE INTERVAL '-08:00' HOUR TO MINUTE`: east of UTC is positive. */
  #interval(text: string): string {
    const [months, days, micros] = parseInterval(text);
    if (months !== 0n || days !== 0n) {
      const part = months === 0n ? 'days' : 'months';
      throw invalidValue('TimeZone', `INTERVAL '${text}'`, `Cannot specify ${part} in time zone interval.`);
    }
    return zoneOfOffset(Number(micros / 1_000_000n), text);
  }

  /** The same zone under the name that ICU has the same rules for; one without rules under its own. */
  engineName(canonical: string): string {
    return linkedZone(this.#names.get(canonical.toLowerCase()) ?? canonical);
  }
}

/** POSIX zones with daylight saving: `FOO+3BAR`, `AAA3BBB,M3.2.0,M11.1.0`. */
const DAYLIGHT =
  /^(?:<[A-Za-z0-9+:-]+>|[A-Za-z]{3,})[+-]?\d{1,3}(?::\d{2}){0,2}(?:<[A-Za-z0-9+:-]+>|[A-Za-z]{3,}).*$/;

function unfollowed(value: string): SkeinError {
  return refuse(`the time zone "${value}"`, { hint: 'Use the name of a region, such as Asia/Kolkata.' });
}

function leapSeconds(value: string): SkeinError {
  return new SkeinError('invalidParameterValue', `time zone "${value}" appears to use leap seconds`, {
    detail: 'PostgreSQL does not support leap seconds.',
  });
}

function zoneOfOffset(secondsEast: number, value: string): string {
  const seconds = Math.trunc(secondsEast);
  if (Math.abs(seconds) > 168 * 3600) {
    throw new SkeinError('invalidParameterValue', `invalid value for parameter "TimeZone": "${value}"`, {
      detail: 'UTC timezone offset is out of range.',
    });
  }
  const offset = clock(Math.abs(seconds));
  return seconds < 0 ? `<-${offset}>+${offset}` : `<+${offset}>-${offset}`;
}

function clock(absolute: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const rest = absolute % 3600;
  const minutes = rest === 0 ? '' : `:${two(rest / 60)}${rest % 60 === 0 ? '' : `:${two(rest % 60)}`}`;
  return `${two(absolute / 3600)}${minutes}`;
}
