import { assertNever } from '../../base/assert.ts';
import { invalidFormat, invalidValue, outOfReach, refuseAbbreviation } from './template-errors.ts';
import type {
  Convention,
  DigitsStep,
  FieldStep,
  FractionStep,
  NumberName,
  OffsetStep,
  Step,
  WordStep,
} from './template-steps.ts';

/** What a text says of a time. As in PostgreSQL, 0 is "nothing said". */
export interface ReadTime extends Readonly<Record<NumberName, number>> {
  readonly conventions: Convention;
  /** On a clock of 12 hours. */
  readonly halves: boolean;
  readonly yearDigits: number;
  /** Digits of the second's fraction, where FF1 to FF6 say so. */
  readonly precision: number;
  /** Of the offset from UTC; 0 where there is none. */
  readonly offsetSign: -1 | 0 | 1;
  /** Where the text names UTC. */
  readonly utc: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const nothingSaid = (): Writable<ReadTime> => ({
  hh: 0,
  pm: 0,
  mi: 0,
  ss: 0,
  ssss: 0,
  d: 0,
  dd: 0,
  ddd: 0,
  mm: 0,
  ms: 0,
  us: 0,
  year: 0,
  bc: 0,
  ww: 0,
  w: 0,
  cc: 0,
  j: 0,
  tzh: 0,
  tzm: 0,
  conventions: undefined,
  halves: false,
  yearDigits: 0,
  precision: 0,
  offsetSign: 0,
  utc: false,
});

/** Two digits and their like mean the year that is next to 2020. */
function nearestYear(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

/** A text as the template says it, by the rules of PostgreSQL's DCH_from_char. */
export function readByTemplate(text: string, steps: readonly Step[]): ReadTime {
  return new TemplateReader(text).read(steps);
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isSign = (code: number): boolean => code === 43 || code === 45;

/** A character of ASCII that is shown, but no letter or digit. */
const isSeparator = (code: number): boolean =>
  code > 32 && code < 127 && !isDigit(code) && !((code | 32) >= 97 && (code | 32) <= 122);

class TemplateReader {
  readonly #text: string;
  readonly #time = nothingSaid();
  #at = 0;
  /** After FX. */
  #fixed = false;
  /** Characters skipped beyond what the template says. */
  #skipped = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(steps: readonly Step[]): ReadTime {
    let first = true;
    for (const step of steps) {
      if (this.#at >= this.#text.length) break;
      const skips = first || (step.kind !== 'text' && step.kind !== 'separator');
      if (skips && !this.#fixed && step.kind !== 'fixed') this.#skipSpaces();
      this.#step(step);
      first = false;
    }
    return this.#time;
  }

  #step(step: Step): void {
    switch (step.kind) {
      case 'text':
        this.#character();
        break;
      case 'separator':
        this.#separator();
        break;
      case 'fixed':
        this.#fixed = true;
        break;
      default:
        this.#convention(step.convention);
        this.#field(step);
        if (step.ordinal) this.#ordinal();
        if (this.#fixed) return;
        this.#skipped = 0;
        this.#skipSpaces();
    }
  }

  #field(step: Exclude<Step, { kind: 'text' | 'separator' | 'fixed' }>): void {
    switch (step.kind) {
      case 'digits':
        this.#digits(step);
        break;
      case 'fraction':
        this.#fraction(step);
        break;
      case 'word':
        this.#word(step);
        break;
      case 'offset':
        this.#offset(step);
        break;
      case 'offsetMinutes':
        this.#offsetMinutes(step);
        break;
      case 'groupedYear':
        this.#groupedYear(step);
        break;
      default:
        assertNever(step);
    }
  }

  #code(at = this.#at): number {
    return this.#text.charCodeAt(at);
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  #skipSpaces(): void {
    const end = this.#endOfSpaces();
    this.#skipped += end - this.#at;
    this.#at = end;
  }

  #endOfSpaces(): number {
    let end = this.#at;
    while (isSpace(this.#code(end))) end++;
    return end;
  }

  #separator(): void {
    if (this.#fixed) this.#take();
    else if (isSpace(this.#code()) || isSeparator(this.#code())) this.#at++;
    else this.#skipped--;
  }

  /** A letter of the template stands for any character, or one that was skipped. */
  #character(): void {
    if (!this.#fixed && this.#skipped > 0) this.#skipped--;
    else this.#take();
  }

  #take(): void {
    const character = this.#text.codePointAt(this.#at);
    if (character !== undefined) this.#at += character > 0xffff ? 2 : 1;
  }

  #ordinal(): void {
    this.#take();
    this.#take();
  }

  #convention(convention: Convention): void {
    const before = this.#time.conventions;
    if (convention === undefined) return;
    if (before !== undefined && before !== convention) {
      throw invalidFormat('invalid combination of date conventions', {
        hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
      });
    }
    this.#time.conventions = convention;
  }

  #digits(step: DigitsStep): void {
    const start = this.#at;
    const value = this.#number(step, step.width);
    const time = this.#time;
    if (step.into !== undefined) this.#set(step.into, value, step);
    if (step.halves) time.halves = true;
    if (step.isoWeekday) time.d = time.d >= 7 ? 1 : time.d + 1;
    if (step.into !== 'year') return;
    time.yearDigits = step.width;
    if (step.width < 4 && this.#at - start < 4) time.year = nearestYear(time.year);
  }

  /** 25 thousandths are written 025: fewer digits are the first ones. */
  #fraction(step: FractionStep): void {
    const start = this.#at;
    if (step.precision > 0) this.#time.precision = step.precision;
    const value = this.#number(step, step.width);
    this.#set(step.into, value, step);
    this.#time[step.into] = value * 10 ** Math.max(0, step.most - (this.#at - start));
  }

  /** An integer, with the spaces before. */
  #number(step: FieldStep, width: number): number {
    const start = this.#at;
    const begin = this.#endOfSpaces();
    let end = begin;
    const limit = step.all ? this.#text.length : begin + width;
    if (isSign(this.#code(end))) end++;
    while (end < limit && isDigit(this.#code(end))) end++;
    if (!isDigit(this.#code(end - 1)) || end === begin) end = begin;
    if (!step.all && end - begin < width) this.#requireWidth(step, width, begin, end);
    this.#at = step.all && end === begin ? start : end;
    if (this.#at === start) {
      throw invalidValue(this.#bytes(begin, width).toString(), step.spelled, 'Value must be an integer.');
    }
    const value = Number(this.#text.slice(begin, end));
    if (value !== (value | 0)) throw outOfReach(step.spelled);
    return value | 0;
  }

  #bytes(begin: number, width: number): Buffer {
    return Buffer.from(this.#text.slice(begin, begin + width)).subarray(0, width);
  }

  /** Where no digit is, nothing is said; fewer than the template says are an error. */
  #requireWidth({ spelled }: FieldStep, width: number, begin: number, end: number): void {
    const hint = 'If your source string is not fixed-width, try using the "FM" modifier.';
    const field = this.#bytes(begin, width);
    if (field.length < width) {
      throw invalidFormat(`source string too short for "${spelled}" formatting field`, {
        detail: `Field requires ${width} characters, but only ${field.length} remain.`,
        hint,
      });
    }
    if (end === begin) return;
    const detail = `Field requires ${width} characters, but only ${end - begin} could be parsed.`;
    throw invalidValue(field.toString(), spelled, detail, hint);
  }

  #set(into: NumberName, value: number, { spelled }: FieldStep): void {
    const before = this.#time[into];
    if (before !== 0 && before !== value) {
      throw invalidFormat(`conflicting values for "${spelled}" field in formatting string`, {
        detail: 'This value contradicts a previous setting for the same field type.',
      });
    }
    this.#time[into] = value;
  }

  #word(step: WordStep): void {
    const place = step.words.findIndex((word) => this.#hasWord(word));
    const [word, number] = [step.words[place], step.numbers[place]];
    if (word === undefined || number === undefined) {
      const given = /^[^ \t-\r]*/.exec(this.#rest)?.[0] ?? '';
      const detail = 'The given value did not match any of the allowed values for this field.';
      throw invalidValue(given, step.spelled, detail);
    }
    this.#at += word.length;
    this.#set(step.into, number, step);
    if (step.into === 'd') this.#time.d++;
    if (step.into === 'pm') this.#time.halves = true;
  }

  #hasWord(word: string): boolean {
    for (let index = 0; index < word.length; index++) {
      const code = this.#code(this.#at + index);
      const upper = code >= 97 && code <= 122 ? code - 32 : code;
      if (upper !== word.charCodeAt(index)) return false;
    }
    return true;
  }

  #groupedYear(step: FieldStep): void {
    const [whole, millennia, years] = groupedYear(this.#rest) ?? [];
    if (whole === undefined || millennia === undefined || years === undefined) {
      throw invalidValue(this.#rest, 'Y,YYY');
    }
    const year = millennia * 1000 + years;
    if (year !== (year | 0) || millennia * 1000 !== ((millennia * 1000) | 0)) throw outOfReach('Y,YYY', true);
    this.#set('year', year, step);
    this.#time.yearDigits = 4;
    this.#at += whole;
  }

  #offsetMinutes(step: FieldStep): void {
    if (this.#time.offsetSign === 0) this.#time.offsetSign = 1;
    this.#set('tzm', this.#number(step, 2), step);
  }

  #offset(step: OffsetStep): void {
    if (step.abbreviated && this.#abbreviation()) return;
    const signed = isSign(this.#code()) || this.#code() === 32;
    const sign = signed ? this.#text[this.#at] : this.#skipped > 0 ? this.#text[this.#at - 1] : '';
    this.#time.offsetSign = sign === '-' ? -1 : 1;
    if (signed) this.#at++;
    this.#set('tzh', this.#number(step, 2), step);
    if (!step.withMinutes || this.#text[this.#at] !== ':') return;
    this.#at++;
    this.#set('tzm', this.#number(step, 2), step);
  }

  #abbreviation(): boolean {
    const letters = /^[A-Za-z]*/.exec(this.#rest)?.[0] ?? '';
    if (letters === '') return false;
    if (!/^(?:utc|gmt|uct|z|zulu)$/i.test(letters)) throw refuseAbbreviation(letters);
    this.#time.utc = true;
    this.#time.offsetSign = 0;
    this.#at += letters.length;
    return true;
  }
}

/** C's `%d,%03d`: how long it is, and both numbers. */
function groupedYear(rest: string): readonly [number, number, number] | undefined {
  const found = /^([ \t-\r]*([+-]?\d+),[ \t-\r]*)([+-]?\d+)/.exec(rest);
  const [, before = '', millennia = '', years = ''] = found ?? [];
  const three = years.slice(0, 3);
  if (found === null || !/\d/.test(three)) return undefined;
  return [before.length + three.length, Number(BigInt.asIntN(32, clamped(millennia))), Number(three)];
}

/** As C's long holds it. */
function clamped(digits: string): bigint {
  const value = BigInt(digits.replace('+', ''));
  const most = 2n ** 63n;
  return value >= most ? most - 1n : value < -most ? -most : value;
}
