import { SkeinError } from '../../base/errors.ts';
import { type Decimal, decimalText, powerOfTen, rounded, roundedQuotient } from './decimal.ts';
import { fixedText, romanNumeral, scientificDecimal, scientificText } from './number-digits.ts';
import { type NumberFormat, numberFormat } from './number-format.ts';

/** A number's digits, as each type's to_char prepares them. */
interface Digits {
  readonly negative: boolean;
  /** Without sign. */
  readonly text: string;
  /** Digits after the point that the template has left. */
  readonly post: number;
}

export function numericToChar(value: Decimal, template: string): string {
  if (template === '') return '';
  const format = numberFormat(template);
  if (format.flags.has('roman'))
    return roman(format, romanInteger(roundedQuotient(value.units, powerOfTen(value.scale))));
  if (format.flags.has('scientific')) return withSignBlank(scientificDecimal(value, format.post));
  const factor = powerOfTen(format.multi);
  const shifted = rounded({ units: value.units * factor, scale: value.scale }, format.post);
  return write(format, { ...signed(decimalText(shifted)), post: format.post });
}

const MOST_INT4 = 2147483647n;

const romanInteger = (value: bigint): number => (value > MOST_INT4 || value < -MOST_INT4 ? 0 : Number(value));

/** Of int4 and int8. @throws 22003 where V carries an int8 out of its range. */
export function integerToChar(value: bigint, template: string, limit: bigint, type: string): string {
  if (template === '') return '';
  const format = numberFormat(template);
  if (format.flags.has('roman')) return roman(format, romanInteger(value));
  if (format.flags.has('scientific')) {
    return type === 'bigint'
      ? withSignBlank(scientificDecimal({ units: value, scale: 0 }, format.post))
      : withSignBlank(scientificText(Number(value), format.post));
  }
  const product = value * powerOfTen(format.multi);
  // PostgreSQL multiplies int4 without a check.
  const shifted = type === 'integer' ? BigInt.asIntN(32, product) : product;
  if (shifted >= limit || shifted < -limit) throw new SkeinError('numericOutOfRange', `${type} out of range`);
  const { negative, text } = signed(String(shifted));
  const padded = format.post > 0 ? `${text}.${'0'.repeat(format.post)}` : text;
  return write(format, { negative, text: padded, post: format.post });
}

/** @param significant digits that the type has: DBL_DIG, FLT_DIG. */
export function floatToChar(value: number, template: string, significant: number): string {
  if (template === '') return '';
  const format = numberFormat(template);
  if (format.flags.has('roman')) {
    const whole = Number(fixedText(value, 0));
    return roman(format, Math.abs(whole) <= Number(MOST_INT4) ? whole : 0);
  }
  if (format.flags.has('scientific')) {
    return Number.isFinite(value) ? withSignBlank(scientificText(value, format.post)) : unfit(format);
  }
  const factor = 10 ** format.multi;
  const shifted = significant < 10 ? Math.fround(value * Math.fround(factor)) : value * factor;
  const before = fixedText(Math.abs(shifted), 0).length;
  const post = before >= significant ? 0 : Math.min(format.post, significant - before);
  return write(format, { ...signed(fixedText(shifted, post)), post });
}

const unfit = ({ pre, post }: NumberFormat): string => ` ${'#'.repeat(pre)}.${'#'.repeat(post + 4)}`;

const withSignBlank = (text: string): string => (text.startsWith('-') ? text : ` ${text}`);

function signed(text: string): { readonly negative: boolean; readonly text: string } {
  const negative = text.startsWith('-');
  return { negative, text: negative ? text.slice(1) : text };
}

function roman(format: NumberFormat, value: number): string {
  const lower = format.nodes.some((node) => node.kind === 'pattern' && node.id === 'rn');
  const numeral = lower ? romanNumeral(value).toLowerCase() : romanNumeral(value);
  const shown = format.flags.has('fill') ? numeral : numeral.padStart(15);
  return format.nodes
    .map((node) => (node.kind === 'text' ? node.text : node.id.toUpperCase() === 'RN' ? shown : ''))
    .join('');
}

function write(format: NumberFormat, digits: Digits): string {
  const pre = format.pre + format.multi;
  const point = digits.text.indexOf('.');
  const before = point < 0 ? digits.text.length : point;
  const fits = before <= pre;
  const text = fits ? digits.text : `${'#'.repeat(pre)}.${'#'.repeat(digits.post)}`;
  return new NumberWriter(format, pre, { ...digits, text }, fits ? pre - before : 0).write();
}

/** What makes the number an ordinal one, spelled as `TH` or `th`. */
export function ordinalSuffix(number: string, spelled: string): string {
  const [tens, ones] = [number.at(-2), number.at(-1)];
  const suffix = tens === '1' ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[ones ?? ''] ?? 'th');
  return spelled === 'TH' ? suffix.toUpperCase() : suffix;
}

/** NUM_processor of formatting.c; its names in comments. */
class NumberWriter {
  readonly #format: NumberFormat;
  readonly #number: string;
  readonly #negative: boolean;
  /** Blanks before the digits (out_pre_spaces). */
  readonly #blanks: number;
  readonly #zeroStart: number;
  readonly #sign: NumberFormat['sign'];
  readonly #post: number;
  readonly #count: number;
  /** Index of the last digit that FM keeps (last_relevant). */
  readonly #last: number | undefined;
  readonly #bracket: boolean;
  #signWritten: boolean;
  #out = '';
  #end: number | undefined;
  /** number_p, num_curr, num_in. */
  #at = 0;
  #current = 0;
  #inNumber = false;

  constructor(format: NumberFormat, pre: number, digits: Digits, blanks: number) {
    this.#format = format;
    this.#number = digits.text;
    this.#negative = digits.negative;
    this.#blanks = blanks;
    this.#zeroStart = Math.max(0, format.zeroStart - 1);
    this.#post = digits.post;
    const [plus, minus, fill] = [this.#has('plus'), this.#has('minus'), this.#has('fill')];
    const ownSign = plus || minus;
    this.#bracket = this.#has('bracket') && (digits.negative || !fill || ownSign);
    this.#signWritten = ownSign ? !(plus && !minus) : !digits.negative && fill && !this.#has('sign');
    this.#sign =
      !ownSign && format.sign === 'before' && pre === format.digitsBeforeSign ? 'after' : format.sign;
    this.#last = fill && this.#has('decimal') ? this.#lastRelevant() : undefined;
    this.#count = digits.post + pre - 1 + (!this.#signWritten && blanks === 0 ? 1 : 0);
  }

  write(): string {
    for (const node of this.#format.nodes) {
      if (node.kind === 'text') this.#out += node.text;
      else this.#pattern(node.id);
    }
    return this.#out.slice(0, this.#end);
  }

  #has(flag: 'plus' | 'minus' | 'fill' | 'sign' | 'bracket' | 'decimal' | 'zero' | 'roman'): boolean {
    return this.#format.flags.has(flag);
  }

  #lastRelevant(): number | undefined {
    const point = this.#number.indexOf('.');
    if (point < 0) return undefined;
    let last = point;
    for (let at = point + 1; at < this.#number.length; at++) if (this.#number[at] !== '0') last = at;
    const { zeroEnd } = this.#format;
    if (zeroEnd <= this.#blanks) return last;
    return Math.max(last, Math.min(this.#number.length - 1, zeroEnd - this.#blanks));
  }

  #pattern(id: string): void {
    switch (id) {
      case '9':
      case '0':
      case '.':
      case 'D':
        this.#digit(id);
        return;
      case ',':
      case 'G':
        if (this.#inNumber) this.#out += ',';
        else if (!this.#has('fill')) this.#out += ' ';
        return;
      case 'L':
        this.#out += ' ';
        return;
      case 'TH':
      case 'th':
        this.#ordinal(id);
        return;
      case 'MI':
        this.#out += this.#negative ? '-' : this.#has('fill') ? '' : ' ';
        return;
      case 'PL':
        this.#out += this.#negative ? (this.#has('fill') ? '' : ' ') : '+';
        return;
      case 'SG':
        this.#out += this.#negative ? '-' : '+';
        return;
      default:
    }
  }

  #ordinal(id: string): void {
    if (this.#number.startsWith('#') || this.#negative || this.#has('decimal')) return;
    if (!/[0-9]$/.test(this.#number))
      throw new SkeinError('invalidText', `"${this.#number}" is not a number`);
    this.#out += ordinalSuffix(this.#number, id);
  }

  /** IS_PREDEC_SPACE: "9.9" shows 0.1 as " .1". */
  get #bareZero(): boolean {
    return !this.#has('zero') && this.#at === 0 && this.#number.startsWith('0') && this.#post !== 0;
  }

  get #endsAtPoint(): boolean {
    return this.#last !== undefined && this.#number[this.#last] === '.';
  }

  /** NUM_numpart_to_char. */
  #digit(id: string): void {
    this.#inNumber = false;
    const zeros = this.#has('zero') && this.#zeroStart <= this.#current;
    const starts = this.#current >= this.#blanks || (this.#has('zero') && this.#zeroStart === this.#current);
    if (!this.#signWritten && starts && (!this.#bareZero || this.#endsAtPoint)) this.#leadingSign();
    if (this.#current < this.#blanks) {
      if (zeros) {
        this.#out += '0';
        this.#inNumber = true;
      } else if (!this.#has('fill')) {
        this.#out += ' ';
      }
    } else {
      this.#fromNumber(id);
    }
    this.#trailingSign();
    this.#current++;
  }

  #leadingSign(): void {
    if (this.#has('sign')) {
      if (this.#sign !== 'before') return;
      this.#out += this.#negative ? '-' : '+';
    } else if (this.#bracket) {
      this.#out += this.#negative ? '<' : ' ';
    } else if (this.#negative) {
      this.#out += '-';
    } else if (!this.#has('fill')) {
      this.#out += ' ';
    }
    this.#signWritten = true;
  }

  #fromNumber(id: string): void {
    const next = this.#number[this.#at];
    if (next === '.') {
      this.#out += '.';
    } else if (this.#last === undefined || this.#at <= this.#last || id === '0') {
      if (this.#bareZero) {
        this.#out += this.#has('fill') ? (this.#endsAtPoint ? '0' : '') : ' ';
      } else {
        // PostgreSQL copies the end of its string, and what comes behind is lost.
        if (next === undefined) this.#end ??= this.#out.length;
        this.#out += next ?? '';
        this.#inNumber = true;
      }
    }
    if (next !== undefined) this.#at++;
  }

  #trailingSign(): void {
    const end =
      this.#last !== undefined && this.#last === this.#at
        ? this.#current
        : this.#count + (this.#blanks > 0 ? 1 : 0) + (this.#has('decimal') ? 1 : 0);
    if (this.#current + 1 !== end) return;
    if (this.#signWritten && this.#bracket) this.#out += this.#negative ? '>' : ' ';
    else if (this.#has('sign') && this.#sign === 'after') this.#out += this.#negative ? '-' : '+';
  }
}
