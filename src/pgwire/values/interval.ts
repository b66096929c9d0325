import { SkeinError } from '../../base/errors.ts';
import type { Format } from '../session-handler.ts';
import type { ValueWriter } from './value-writer.ts';

const INTERVAL_STYLES = ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'] as const;
export type IntervalStyle = (typeof INTERVAL_STYLES)[number];

const WIDTH = 16;
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
const MAX_INT64 = 9_223_372_036_854_775_807n;
const MIN_INT64 = -9_223_372_036_854_775_808n;
const MICROS_PER_SECOND = 1_000_000n;
const MICROS_PER_MINUTE = 60n * MICROS_PER_SECOND;
const MICROS_PER_HOUR = 60n * MICROS_PER_MINUTE;

export function parseIntervalStyle(setting: string): IntervalStyle {
  const style = INTERVAL_STYLES.find((name) => name === setting.toLowerCase());
  if (style === undefined) {
    throw new SkeinError(
      'invalidParameterValue',
      `invalid value for parameter "IntervalStyle": "${setting}"`,
    );
  }
  return style;
}

export function intervalWriter(view: DataView, format: Format, style: IntervalStyle): ValueWriter {
  if (format === 0) {
    return (out, row) => {
      const at = row * WIDTH;
      const micros = view.getBigInt64(at + 8, true);
      out.ascii(intervalText(view.getInt32(at, true), view.getInt32(at + 4, true), micros, style));
    };
  }
  return (out, row) => {
    const at = row * WIDTH;
    out.int32(view.getInt32(at + 12, true));
    out.int32(view.getInt32(at + 8, true));
    out.int32(view.getInt32(at + 4, true));
    out.int32(view.getInt32(at, true));
  };
}

/** An interval's fields, each with its own sign; those of the time share one. */
interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micro: number;
}

/** EncodeInterval of PostgreSQL. */
function intervalText(months: number, days: number, micros: bigint, style: IntervalStyle): string {
  if (months === MAX_INT32 && days === MAX_INT32 && micros === MAX_INT64) return 'infinity';
  if (months === MIN_INT32 && days === MIN_INT32 && micros === MIN_INT64) return '-infinity';
  const fields: Fields = {
    year: Math.trunc(months / 12),
    month: months % 12,
    day: days,
    hour: Number(micros / MICROS_PER_HOUR),
    minute: Number((micros % MICROS_PER_HOUR) / MICROS_PER_MINUTE),
    second: Number((micros % MICROS_PER_MINUTE) / MICROS_PER_SECOND),
    micro: Number(micros % MICROS_PER_SECOND),
  };
  switch (style) {
    case 'postgres':
      return postgresStyle(fields);
    case 'postgres_verbose':
      return verboseStyle(fields);
    case 'sql_standard':
      return sqlStandardStyle(fields);
    case 'iso_8601':
      return isoStyle(fields);
  }
}

const two = (value: number): string => Math.abs(value).toString().padStart(2, '0');

function secondsText({ second, micro }: Fields, width: number): string {
  const whole = Math.abs(second).toString().padStart(width, '0');
  if (micro === 0) return whole;
  return `${whole}.${Math.abs(micro).toString().padStart(6, '0').replace(/0+$/, '')}`;
}

function hasTime({ hour, minute, second, micro }: Fields): boolean {
  return hour !== 0 || minute !== 0 || second !== 0 || micro !== 0;
}

function timeIsNegative({ hour, minute, second, micro }: Fields): boolean {
  return hour < 0 || minute < 0 || second < 0 || micro < 0;
}

/** A plus sign is printed only behind a negative field. */
function postgresStyle(fields: Fields): string {
  const parts: string[] = [];
  let afterNegative = false;
  const units = [
    [fields.year, 'year'],
    [fields.month, 'mon'],
    [fields.day, 'day'],
  ] as const;
  for (const [value, unit] of units) {
    if (value === 0) continue;
    parts.push(`${afterNegative && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`);
    afterNegative = value < 0;
  }
  if (parts.length === 0 || hasTime(fields)) {
    const sign = timeIsNegative(fields) ? '-' : afterNegative ? '+' : '';
    parts.push(`${sign}${two(fields.hour)}:${two(fields.minute)}:${secondsText(fields, 2)}`);
  }
  return parts.join(' ');
}

/** The first field that isn't zero decides on `ago`; the others' signs are relative to it. */
function verboseStyle(fields: Fields): string {
  let text = '@';
  let isZero = true;
  let before = false;
  const units = [
    [fields.year, 'year'],
    [fields.month, 'mon'],
    [fields.day, 'day'],
    [fields.hour, 'hour'],
    [fields.minute, 'min'],
  ] as const;
  for (const [value, unit] of units) {
    if (value === 0) continue;
    if (isZero) before = value < 0;
    const shown = before ? -value : value;
    text += ` ${shown} ${unit}${shown === 1 ? '' : 's'}`;
    isZero = false;
  }
  const { second, micro } = fields;
  if (second !== 0 || micro !== 0) {
    const negative = second < 0 || micro < 0;
    if (isZero) before = negative;
    const plural = Math.abs(second) !== 1 || micro !== 0 ? 's' : '';
    text += ` ${negative === before ? '' : '-'}${secondsText(fields, 1)} sec${plural}`;
    isZero = false;
  }
  return text + (isZero ? ' 0' : '') + (before ? ' ago' : '');
}

/** One sign before the whole where the standard allows it, else a sign before each part. */
function sqlStandardStyle(fields: Fields): string {
  const values = Object.values<number>({ ...fields });
  const hasNegative = values.some((value) => value < 0);
  const hasPositive = values.some((value) => value > 0);
  if (!hasNegative && !hasPositive) return '0';
  const { year, month, day, hour, minute } = fields;
  const hasYearMonth = year !== 0 || month !== 0;
  const hasDayTime = day !== 0 || hasTime(fields);
  const time = `${Math.abs(hour)}:${two(minute)}:${secondsText(fields, 2)}`;
  const yearMonth = `${Math.abs(year)}-${Math.abs(month)}`;
  if ((hasNegative && hasPositive) || (hasYearMonth && hasDayTime)) {
    const sign = (negative: boolean) => (negative ? '-' : '+');
    return (
      `${sign(year < 0 || month < 0)}${yearMonth} ` +
      `${sign(day < 0)}${Math.abs(day)} ${sign(timeIsNegative(fields))}${time}`
    );
  }
  const sign = hasNegative ? '-' : '';
  if (hasYearMonth) return sign + yearMonth;
  return sign + (day === 0 ? time : `${Math.abs(day)} ${time}`);
}

function isoStyle(fields: Fields): string {
  const part = (value: number, unit: string) => (value === 0 ? '' : `${value}${unit}`);
  const date = part(fields.year, 'Y') + part(fields.month, 'M') + part(fields.day, 'D');
  if (!hasTime(fields)) return date === '' ? 'PT0S' : `P${date}`;
  const { second, micro } = fields;
  const sign = second < 0 || micro < 0 ? '-' : '';
  const seconds = second === 0 && micro === 0 ? '' : `${sign}${secondsText(fields, 1)}S`;
  return `P${date}T${part(fields.hour, 'H')}${part(fields.minute, 'M')}${seconds}`;
}
