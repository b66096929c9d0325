import { timeZone } from '../pgwire/values/time-zone.ts';

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

/** Seconds east of UTC at an instant. @param zone as the session's TimeZone names it. */
function zoneOffset(micros: bigint, zone: string): number {
  return timeZone(zone).offsetAt(Number(micros / MICROS));
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
