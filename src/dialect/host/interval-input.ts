import { refuse, SkeinError } from '../../base/errors.ts';

/** Months, days and microseconds. */
export type IntervalParts = readonly [bigint, bigint, bigint];

const invalid = (text: string): SkeinError =>
  new SkeinError('invalidDatetimeFormat', `invalid input syntax for type interval: "${text}"`);
const outOfRange = (text: string): SkeinError =>
  new SkeinError('fieldOverflow', `interval field value out of range: "${text}"`);

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A unit's words; how many months, days or microseconds it is. */
interface Unit {
  readonly name: string;
  readonly part: 'months' | 'days' | 'micros';
  readonly size: number;
}

const UNITS: ReadonlyMap<string, Unit> = new Map(
  (
    [
      ['us usec usecs usecond useconds microsecond microseconds microsecon', 'microsecond', 'micros', 1],
      ['ms msec msecs mseconds msecond millisecond milliseconds millisecon', 'millisecond', 'micros', 1000],
      ['s sec secs second seconds', 'second', 'micros', SECOND],
      ['m min mins minute minutes', 'minute', 'micros', MINUTE],
      ['h hr hrs hour hours', 'hour', 'micros', HOUR],
      ['d day days', 'day', 'days', 1],
      ['w week weeks', 'week', 'days', 7],
      ['mon mons month months', 'month', 'months', 1],
      ['y yr yrs year years', 'year', 'months', 12],
      ['dec decs decade decades', 'decade', 'months', 120],
      ['c cent century centuries', 'century', 'months', 1200],
      ['mil mils millennium millennia', 'millennium', 'months', 12_000],
    ] as const
  ).flatMap(([words, name, part, size]) =>
    words.split(' ').map((word) => [word, { name, part, size }] as const),
  ),
);

/** PostgreSQL's input of interval, but for `infinity` and abbreviations that few write. */
export function parseInterval(text: string): IntervalParts {
  const plain = text.trim().toLowerCase();
  if (/^[+-]?infinity$/.test(plain)) throw refuse('the interval infinity');
  if (/^p[^ ]/.test(plain)) return new IntervalReader(text).iso(plain.slice(1));
  return new IntervalReader(text).words(plain);
}

const TIME = /^([+-]?)(\d+):(\d{1,2})(?::(\d{1,2})(\.\d*)?)?$/;
const TOKEN =
  /^(?:((?:[+-]?\d+\.?\d*|\.\d+)(?![\d:-]))\s*|([a-z]+)\s*|([+-]?\d+:[\d:.]*)\s*|([+-]?\d+-\d+)\s*|(@|,)\s*)/;

class IntervalReader {
  readonly #text: string;
  readonly #seen = new Set<string>();
  #months = 0;
  #days = 0;
  #micros = 0n;

  constructor(text: string) {
    this.#text = text;
  }

  words(plain: string): IntervalParts {
    const tokens = this.#tokens(plain);
    const ago = tokens.at(-1) === 'ago';
    const rest = ago ? tokens.slice(0, -1) : tokens;
    if (rest.length === 0) throw invalid(this.#text);
    for (let at = 0; at < rest.length; ) at = this.#token(rest, at);
    return this.#parts(ago ? -1 : 1);
  }

  #tokens(plain: string): readonly string[] {
    const tokens: string[] = [];
    let rest = plain;
    while (rest !== '') {
      const match = TOKEN.exec(rest);
      if (match === null)
        throw /^[a-z0-9 :.+-]*$/.test(rest) ? refuse(`the interval "${this.#text}"`) : invalid(this.#text);
      const token = match.slice(1, 5).find((group) => group !== undefined);
      if (token !== undefined) tokens.push(token);
      rest = rest.slice(match[0].length);
    }
    return tokens;
  }

  /** Reads what begins at the index; the next index. */
  #token(tokens: readonly string[], at: number): number {
    const token = tokens[at] ?? '';
    if (token.includes(':')) {
      this.#time(token);
      return at + 1;
    }
    const yearMonth = /^([+-]?)(\d+)-(\d+)$/.exec(token);
    if (yearMonth !== null) {
      this.#once('year');
      this.#once('month');
      const months = Number(yearMonth[2]) * 12 + Number(yearMonth[3]);
      if (Number(yearMonth[3]) > 11) throw outOfRange(this.#text);
      this.#months += yearMonth[1] === '-' ? -months : months;
      return at + 1;
    }
    if (/^[a-z]/.test(token)) throw invalid(this.#text);
    const next = tokens[at + 1];
    if (next !== undefined && /^[a-z]/.test(next)) {
      const unit = UNITS.get(next);
      if (unit === undefined) throw invalid(this.#text);
      this.#add(token, unit);
      return at + 2;
    }
    this.#add(token, this.#implied(next));
    return at + 1;
  }

  /** A number without a unit counts seconds at the end, and days before a time. */
  #implied(next: string | undefined): Unit {
    const unit = UNITS.get(next === undefined ? 'second' : next.includes(':') ? 'day' : '');
    if (unit === undefined) throw refuse(`the interval "${this.#text}"`);
    return unit;
  }

  #once(name: string): void {
    if (this.#seen.has(name)) throw invalid(this.#text);
    this.#seen.add(name);
  }

  #add(number: string, unit: Unit): void {
    this.#once(unit.name);
    const [whole = '', fraction = ''] = number.split('.');
    const negative = number.startsWith('-');
    const count = Number(whole.replace(/^[+-]/, '') || '0') * (negative ? -1 : 1);
    const part = Number(`0.${fraction || '0'}`) * (negative ? -1 : 1);
    if (unit.part === 'months') {
      this.#months += count * unit.size;
      if (unit.size > 1) this.#months += roundEven(part * unit.size);
      else this.#fractionOfDays(part * 30);
    } else if (unit.part === 'days') {
      this.#days += count * unit.size;
      this.#fractionOfDays(part * unit.size);
    } else {
      this.#micros += BigInt(whole.replace(/^[+-]/, '') || '0') * BigInt(unit.size) * (negative ? -1n : 1n);
      this.#fractionOfMicros(part, unit.size);
    }
  }

  #fractionOfDays(fraction: number): void {
    const days = Math.trunc(fraction);
    this.#days += days;
    this.#fractionOfMicros(fraction - days, DAY);
  }

  /** PostgreSQL rounds a half towards zero. */
  #fractionOfMicros(fraction: number, scale: number): void {
    const exact = fraction * scale;
    const whole = Math.trunc(exact);
    const rest = exact - whole;
    this.#micros += BigInt(whole + (rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0));
  }

  #time(token: string): void {
    for (const unit of ['hour', 'minute', 'second']) this.#once(unit);
    const minutesFirst = /^([+-]?)(\d+):(\d{1,2})(\.\d*)$/.exec(token);
    const [, sign, hours, minutes, seconds, fraction] =
      minutesFirst === null
        ? (TIME.exec(token) ?? [])
        : ['', minutesFirst[1], '0', minutesFirst[2], minutesFirst[3], minutesFirst[4]];
    if (hours === undefined) throw refuse(`the interval "${this.#text}"`);
    const [h, m, s] = [BigInt(hours), Number(minutes), Number(seconds ?? '0')];
    if (m > 59 || s > 60) throw outOfRange(this.#text);
    const micros = roundEven(Number(`0${fraction ?? ''}`) * SECOND);
    const total = h * BigInt(HOUR) + BigInt(m * MINUTE + s * SECOND + micros);
    this.#micros += sign === '-' ? -total : total;
  }

  /** ISO 8601's designators. */
  iso(plain: string): IntervalParts {
    const match = /^((?:[+-]?\d+\.?\d*[ymwd])*)(?:t((?:[+-]?\d+\.?\d*[hms])+))?$/.exec(plain);
    if (match === null) throw refuse(`the interval "${this.#text}"`);
    const read = (part: string | undefined, units: Readonly<Record<string, string>>): void => {
      for (const [, number = '', letter = ''] of (part ?? '').matchAll(/([+-]?\d+\.?\d*)([a-z])/g)) {
        const unit = UNITS.get(units[letter] ?? '');
        if (unit === undefined) throw invalid(this.#text);
        this.#seen.delete(unit.name);
        this.#add(number, unit);
      }
    };
    read(match[1], { y: 'year', m: 'month', w: 'week', d: 'day' });
    read(match[2], { h: 'hour', m: 'minute', s: 'second' });
    return this.#parts(1);
  }

  #parts(sign: 1 | -1): IntervalParts {
    const [months, days] = [this.#months * sign, this.#days * sign];
    const micros = this.#micros * BigInt(sign);
    const fits = (value: number): boolean => Math.abs(value) < 2 ** 31;
    if (!fits(months) || !fits(days) || BigInt.asIntN(64, micros) !== micros) throw outOfRange(this.#text);
    return [BigInt(months), BigInt(days), micros];
  }
}

function roundEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
