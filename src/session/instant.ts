/** Instants as µs since 1970-01-01 00:00 UTC. */

const MICROS = 1_000_000n;
const DAY = 86_400n * MICROS;

/** The wall clock, finer than Date's milliseconds. */
export function currentMicros(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
}

interface Clock {
  readonly date: string;
  readonly time: string;
}

function clockOf(micros: bigint): Clock {
  const inDay = ((micros % DAY) + DAY) % DAY;
  const day = new Date(Number((micros - inDay) / 1000n)).toISOString().slice(0, 10);
  const seconds = Number(inDay / MICROS);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const fraction = String(inDay % MICROS)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const time = `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  return { date: day, time: fraction === '' ? time : `${time}.${fraction}` };
}

/** `2024-01-05 10:00:00.5+00`, as PostgreSQL prints a timestamptz in UTC. */
export function utcText(micros: bigint): string {
  const { date, time } = clockOf(micros);
  return `${date} ${time}+00`;
}

/** Seconds east of UTC at an instant. @param zone a name that ICU knows. */
export function zoneOffset(micros: bigint, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const parts = format.formatToParts(new Date(Number(micros / 1000n)));
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(name);
  if (match === null) return 0;
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -total : total;
}

export interface LocalTime extends Clock {
  /** `+05:30`, `+02`. */
  readonly offset: string;
}

export function localTime(micros: bigint, zone: string): LocalTime {
  const offset = zoneOffset(micros, zone);
  const absolute = Math.abs(offset);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const minutes = absolute % 3600 === 0 ? '' : `:${two((absolute % 3600) / 60)}`;
  return {
    ...clockOf(micros + BigInt(offset) * MICROS),
    offset: `${offset < 0 ? '-' : '+'}${two(absolute / 3600)}${minutes}`,
  };
}
