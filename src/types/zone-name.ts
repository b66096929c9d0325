/** A zone without rules (`<+05:30>-05:30`, `FOO+3`, `-3`): in POSIX the number counts westward. */
export interface FixedZone {
  readonly abbreviation: string;
  /** Seconds east of Greenwich. */
  readonly east: number;
}

const FIXED = /^(?:<([ -=?-~]*)>|([ -*.:;=?-~]*))([+-]?)(\d+)(?::(\d+)(?::(\d+))?)?$/;
const LAST_HOUR = 167;

/** What PostgreSQL reads a name as that isn't one of its zones'; undefined where it is none or has rules. */
export function fixedZone(name: string): FixedZone | undefined {
  const match = FIXED.exec(name);
  if (match === null) return undefined;
  const [, quoted, plain, sign, hours, minutes = '0', seconds = '0'] = match;
  if (Number(hours) > LAST_HOUR || Number(minutes) > 59 || Number(seconds) > 60) return undefined;
  const west = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return { abbreviation: quoted ?? plain ?? '', east: sign === '-' ? west : 0 - west };
}

/** PostgreSQL's zones that are another's under an old name, where ICU has rules of its own for that name. */
const LINKS: ReadonlyMap<string, string> = new Map([
  ['CET', 'Europe/Brussels'],
  ['CST6CDT', 'America/Chicago'],
  ['EET', 'Europe/Athens'],
  ['EST', 'America/Panama'],
  ['EST5EDT', 'America/New_York'],
  ['HST', 'Pacific/Honolulu'],
  ['MET', 'Europe/Brussels'],
  ['MST', 'America/Phoenix'],
  ['MST7MDT', 'America/Denver'],
  ['PST8PDT', 'America/Los_Angeles'],
  ['WET', 'Europe/Lisbon'],
]);

export const LINKED_ZONES: readonly string[] = [...LINKS.keys()];

/** The zone under the name that IANA gives it now. */
export function linkedZone(name: string): string {
  return LINKS.get(name.toUpperCase()) ?? name;
}
