import type { TemplateField, TemplateItem } from '../functions/template.ts';
import { invalidFormat, invalidValue, outOfReach, refuseAbbreviation } from './template-errors.ts';

const NUMBERS = {
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
};

type NumberName = keyof typeof NUMBERS;

/** What a text says of a time. As in PostgreSQL, 0 is "nothing said". */
export interface ReadTime extends Readonly<Record<NumberName, number>> {
  readonly conventions: 'gregorian' | 'iso' | undefined;
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

const GREGORIAN = /^(?:DDD?|D|MM|MONTH|MON|RM|WW?|Y,YYY|Y{1,4})$/;
const ISO = /^(?:IDDD|I[DW]|IY{0,3})$/;

/** The member that a field of digits sets, and how many of them it has; without a count, as many as its letters. */
const DIGITS: Readonly<Record<string, readonly [into: NumberName | undefined, width?: number]>> = {
  HH24: ['hh', 2],
  HH12: ['hh', 2],
  HH: ['hh'],
  MI: ['mi'],
  SS: ['ss'],
  SSSS: ['ssss'],
  SSSSS: ['ssss'],
  MM: ['mm'],
  DDD: ['ddd'],
  IDDD: ['ddd', 3],
  DD: ['dd'],
  D: ['d'],
  ID: ['d', 1],
  WW: ['ww'],
  IW: ['ww'],
  Q: [undefined],
  CC: ['cc'],
  W: ['w'],
  J: ['j'],
  YYYY: ['year'],
  IYYY: ['year'],
  YYY: ['year'],
  IYY: ['year'],
  YY: ['year'],
  IY: ['year'],
  Y: ['year'],
  I: ['year'],
};

const FRACTION = /^(?:MS|US|FF[1-6])$/;
const NOT_DIGITS = /^(?:FX|OF|TZH?|RM|MON(?:TH)?|DA?Y|[AP]\.?M\.?|AD|BC|A\.D\.|B\.C\.)$/;

const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const abbreviated = (words: readonly string[]): readonly string[] => words.map((word) => word.slice(0, 3));

/** The words of a field, the member that their place sets, and the first one's number. Longer ones come before their beginnings. */
const WORDS: Readonly<Record<string, readonly [into: NumberName, words: readonly string[]]>> = {
  MONTH: ['mm', MONTHS],
  MON: ['mm', abbreviated(MONTHS)],
  RM: ['mm', 'XII XI X IX VIII VII VI V IV III II I'.split(' ')],
  DAY: ['d', WEEKDAYS],
  DY: ['d', abbreviated(WEEKDAYS)],
  AM: ['pm', ['AM', 'PM']],
  PM: ['pm', ['AM', 'PM']],
  'A.M.': ['pm', ['A.M.', 'P.M.']],
  'P.M.': ['pm', ['A.M.', 'P.M.']],
  AD: ['bc', ['AD', 'BC']],
  BC: ['bc', ['AD', 'BC']],
  'A.D.': ['bc', ['A.D.', 'B.C.']],
  'B.C.': ['bc', ['A.D.', 'B.C.']],
};

const upperName = ({ field }: TemplateField): string => field.toUpperCase();

/** Two digits and their like mean the year that is next to 2020. */
function nearestYear(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

/** A text as the template says it, by the rules of PostgreSQL's DCH_from_char. */
export function readByTemplate(text: string, items: readonly TemplateItem[]): ReadTime {
  return new TemplateReader(text, items).read();
}

class TemplateReader {
  readonly #text: string;
  readonly #items: readonly TemplateItem[];
  readonly #time: Writable<ReadTime> = {
    ...NUMBERS,
    conventions: undefined,
    halves: false,
    yearDigits: 0,
    precision: 0,
    offsetSign: 0,
    utc: false,
  };
  #at = 0;
  /** After FX. */
  #fixed = false;
  /** Characters skipped beyond what the template says. */
  #skipped = 0;

  constructor(text: string, items: readonly TemplateItem[]) {
    this.#text = text;
    this.#items = items;
  }

  read(): ReadTime {
    for (const [index, item] of this.#items.entries()) {
      if (this.#at >= this.#text.length) break;
      const isField = item.kind === 'field';
      if (!this.#fixed && (isField ? item.field !== 'FX' : index === 0)) this.#skipSpaces();
      if (item.kind === 'field') this.#field(item, this.#takesAll(item, this.#items[index + 1]));
      else if (item.kind === 'text') this.#character();
      else this.#separator();
    }
    return this.#time;
  }

  /** Whether digits end where the text's do: no field of digits follows. */
  #takesAll(item: TemplateField, next: TemplateItem | undefined): boolean {
    if (item.plain || item.ordinal !== undefined || next === undefined) return true;
    return next.kind === 'field' ? NOT_DIGITS.test(upperName(next)) : !/^\d$/.test(next.text);
  }

  #skipSpaces(): void {
    const length = this.#matched(/[ \t-\r]*/y).length;
    this.#at += length;
    this.#skipped += length;
  }

  #matched(pattern: RegExp, at = this.#at): string {
    pattern.lastIndex = at;
    return pattern.exec(this.#text)?.[0] ?? '';
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  #separator(): void {
    if (this.#fixed) this.#step();
    else if (this.#matched(/[ \t-\r!-/:-@[-`{-~]/y) !== '') this.#at++;
    else this.#skipped--;
  }

  /** A letter of the template stands for any character, or one that was skipped. */
  #character(): void {
    if (!this.#fixed && this.#skipped > 0) this.#skipped--;
    else this.#step();
  }

  #step(): void {
    this.#at += this.#matched(/./suy).length;
  }

  #field(item: TemplateField, all: boolean): void {
    this.#convention(upperName(item));
    this.#value(item, all);
    if (this.#fixed) return;
    this.#skipped = 0;
    this.#skipSpaces();
  }

  #convention(name: string): void {
    const convention = GREGORIAN.test(name) ? 'gregorian' : ISO.test(name) ? 'iso' : undefined;
    if (convention === undefined) return;
    const before = this.#time.conventions;
    if (before !== undefined && before !== convention) {
      throw invalidFormat('invalid combination of date conventions', {
        hint: 'Do not mix Gregorian and ISO week date conventions in a formatting template.',
      });
    }
    this.#time.conventions = convention;
  }

  #value(item: TemplateField, all: boolean): void {
    const name = upperName(item);
    const digits = DIGITS[name];
    const words = WORDS[name];
    if (words !== undefined) this.#word(item, words[0], words[1]);
    else if (digits !== undefined) this.#digits(item, digits[0], digits[1] ?? name.length, all);
    else if (FRACTION.test(name)) this.#fraction(item, name, all);
    else if (name === 'FX') this.#fixed = true;
    else if (name === 'Y,YYY') this.#groupedYear(item);
    else if (name === 'TZM') this.#minutesOfOffset(item, all);
    else this.#offset(item, name, all);
  }

  #digits(item: TemplateField, into: NumberName | undefined, width: number, all: boolean): void {
    const [value, length] = this.#number(item, width, all);
    if (into !== undefined) this.#set(into, value, item);
    const name = upperName(item);
    if (/^HH(?:12)?$/.test(name)) this.#time.halves = true;
    if (name === 'ID') this.#time.d = this.#time.d >= 7 ? 1 : this.#time.d + 1;
    if (into === 'year') {
      this.#time.yearDigits = width;
      if (width < 4 && length < 4) this.#time.year = nearestYear(this.#time.year);
    }
    this.#skipOrdinal(item);
  }

  /** 25 thousandths are written 025: fewer digits are the first ones. */
  #fraction(item: TemplateField, name: string, all: boolean): void {
    const width = name === 'MS' ? 3 : name === 'US' ? 6 : Number(name.slice(2));
    if (name.startsWith('FF')) this.#time.precision = width;
    const into = name === 'MS' ? 'ms' : 'us';
    const most = name === 'MS' ? 3 : 6;
    const [value, length] = this.#number(item, width, all);
    this.#set(into, value, item);
    this.#time[into] = value * 10 ** Math.max(0, most - length);
    this.#skipOrdinal(item);
  }

  /** An integer, and how many characters it takes with the spaces before. */
  #number(item: TemplateField, width: number, all: boolean): readonly [number, number] {
    const start = this.#at;
    this.#at += this.#matched(/[ \t-\r]*/y).length;
    const field = Buffer.from(this.#text.slice(this.#at, this.#at + width)).subarray(0, width);
    const digits = all ? this.#matched(/[+-]?\d+/y) : this.#fixedDigits(item, width, field);
    if (all && digits === '') this.#at = start;
    this.#at += digits.length;
    const copy = field.toString();
    if (this.#at === start) throw invalidValue(copy, item.spelled, 'Value must be an integer.');
    const value = Number(digits);
    if (value !== (value | 0)) throw outOfReach(item.spelled);
    return [value | 0, this.#at - start];
  }

  #fixedDigits(item: TemplateField, width: number, field: Uint8Array): string {
    const hint = 'If your source string is not fixed-width, try using the "FM" modifier.';
    if (field.length < width) {
      throw invalidFormat(`source string too short for "${item.spelled}" formatting field`, {
        detail: `Field requires ${width} characters, but only ${field.length} remain.`,
        hint,
      });
    }
    const copy = Buffer.from(field).toString();
    const digits = /^[+-]?\d+/.exec(copy)?.[0] ?? '';
    if (digits === '' || digits.length === width) return digits;
    const detail = `Field requires ${width} characters, but only ${digits.length} could be parsed.`;
    throw invalidValue(copy, item.spelled, detail, hint);
  }

  #set(into: NumberName, value: number, item: TemplateField): void {
    const before = this.#time[into];
    if (before !== 0 && before !== value) {
      throw invalidFormat(`conflicting values for "${item.spelled}" field in formatting string`, {
        detail: 'This value contradicts a previous setting for the same field type.',
      });
    }
    this.#time[into] = value;
  }

  #skipOrdinal(item: TemplateField): void {
    if (item.ordinal === undefined) return;
    this.#step();
    this.#step();
  }

  #word(item: TemplateField, into: NumberName, words: readonly string[]): void {
    const place = words.findIndex((word) => this.#hasWord(word));
    const word = words[place];
    if (word === undefined) {
      const given = this.#matched(/[^ \t-\r]*/y);
      const detail = 'The given value did not match any of the allowed values for this field.';
      throw invalidValue(given, item.spelled, detail);
    }
    this.#at += word.length;
    const name = upperName(item);
    this.#set(into, name === 'RM' ? 12 - place : into === 'mm' ? place + 1 : place, item);
    if (into === 'd') this.#time.d++;
    if (into === 'pm') this.#time.halves = true;
  }

  #hasWord(word: string): boolean {
    const given = this.#text.slice(this.#at, this.#at + word.length);
    return /^[A-Za-z.]*$/.test(given) && given.toUpperCase() === word.toUpperCase();
  }

  #groupedYear(item: TemplateField): void {
    const [whole, millennia, years] = groupedYear(this.#rest) ?? [];
    if (whole === undefined || millennia === undefined || years === undefined) {
      throw invalidValue(this.#rest, 'Y,YYY');
    }
    const year = millennia * 1000 + years;
    if (year !== (year | 0) || millennia * 1000 !== ((millennia * 1000) | 0)) throw outOfReach('Y,YYY', true);
    this.#set('year', year, item);
    this.#time.yearDigits = 4;
    this.#at += whole;
    this.#skipOrdinal(item);
  }

  #minutesOfOffset(item: TemplateField, all: boolean): void {
    if (this.#time.offsetSign === 0) this.#time.offsetSign = 1;
    this.#set('tzm', this.#number(item, 2, all)[0], item);
  }

  /** TZH; OF, which may have minutes; TZ, which is either UTC or as OF. */
  #offset(item: TemplateField, name: string, all: boolean): void {
    if (name === 'TZ' && this.#abbreviation()) return;
    const sign = this.#matched(/[+ -]/y);
    const before = this.#skipped > 0 ? this.#text[this.#at - 1] : '';
    this.#time.offsetSign = (sign === '' ? before : sign) === '-' ? -1 : 1;
    this.#at += sign.length;
    this.#set('tzh', this.#number(item, 2, all)[0], item);
    if (name === 'TZH' || this.#text[this.#at] !== ':') return;
    this.#at++;
    this.#set('tzm', this.#number(item, 2, all)[0], item);
  }

  #abbreviation(): boolean {
    const letters = this.#matched(/[A-Za-z]+/y);
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
