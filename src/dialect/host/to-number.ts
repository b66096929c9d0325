import { refuse, SkeinError } from '../../base/errors.ts';
import { type Decimal, decimalText, magnitude, parseDecimal, powerOfTen, rounded } from './decimal.ts';
import { type NumberFormat, numberFormat } from './number-format.ts';

/** PostgreSQL's to_number as text of a numeric: NULL for an empty template. */
export function toNumber(text: string, template: string): string | null {
  if (template === '') return null;
  const format = numberFormat(template);
  if (format.flags.has('roman')) throw refusedTemplate('RN');
  if (format.flags.has('scientific')) throw refusedTemplate('EEEE');
  if (format.nodes.some((node) => node.kind === 'pattern' && node.id === 'SG'))
    throw refuse('to_number by SG');
  const number = new NumberReader(text, format).read();
  if (!/^[ +-]?(?:\d+\.?\d*|\.\d+)$/.test(number)) {
    throw new SkeinError('invalidText', `invalid input syntax for type numeric: "${number}"`);
  }
  const value = parseDecimal(number.trim());
  requireRoom(value, format);
  if (!format.flags.has('multi')) return decimalText(value);
  const { multi } = format;
  const divided = { units: value.units, scale: value.scale + multi };
  // PostgreSQL multiplies with 10 ^ -multi, which has 16 decimals.
  return decimalText(
    rounded({ units: divided.units * powerOfTen(16), scale: divided.scale + 16 }, value.scale + 16),
  );
}

/** The template's digits are the numeric's precision. */
function requireRoom({ units, scale }: Decimal, { pre, multi }: NumberFormat): void {
  const precision = pre + multi + scale;
  if (magnitude(units) < powerOfTen(precision)) return;
  throw new SkeinError('numericOutOfRange', 'numeric field overflow', {
    detail: `A field with precision ${precision}, scale ${scale} must round to an absolute value less than 10^${pre + multi}.`,
  });
}

function refusedTemplate(pattern: string): SkeinError {
  return new SkeinError('notSupported', `"${pattern}" not supported for input`);
}

const DATA = '0123456789.,+-';

/** NUM_processor of formatting.c, reading. */
class NumberReader {
  readonly #format: NumberFormat;
  readonly #input: readonly string[];
  #at = 0;
  #sign = ' ';
  #digits = '';
  #readPre = 0;
  #readPost = 0;
  #readPoint = false;

  constructor(text: string, format: NumberFormat) {
    this.#input = [...text];
    this.#format = format;
  }

  read(): string {
    for (const node of this.#format.nodes) {
      if (this.#ended) break;
      if (node.kind === 'text') this.#at++;
      else this.#pattern(node.id);
    }
    const digits = this.#digits.endsWith('.') ? this.#digits.slice(0, -1) : this.#digits;
    return this.#sign + digits;
  }

  get #ended(): boolean {
    return this.#at >= this.#input.length;
  }

  get #next(): string {
    return this.#input[this.#at] ?? '';
  }

  #pattern(id: string): void {
    switch (id) {
      case '9':
      case '0':
      case '.':
      case 'D':
        this.#digit(id);
        this.#at++;
        return;
      case ',':
      case 'G':
        if (this.#format.flags.has('fill')) return;
        if (this.#next === ',') this.#at++;
        return;
      case 'L':
      case 'MI':
      case 'PL':
      case 'SG':
        this.#skip(1);
        return;
      case 'TH':
      case 'th':
        this.#skip(2);
        return;
      default:
    }
  }

  /** NUM_eat_non_data_chars. */
  #skip(count: number): void {
    for (let left = count; left > 0 && !this.#ended && !DATA.includes(this.#next); left--) this.#at++;
  }

  /** NUM_numpart_from_char. */
  #digit(id: string): void {
    if (this.#next === ' ') this.#at++;
    if (this.#ended) return;
    const none = this.#readPre + this.#readPost === 0;
    if (this.#sign === ' ' && (id === '0' || id === '9') && none) this.#signBefore();
    if (this.#ended) return;
    const read = this.#one();
    if (read === undefined || this.#ended) return;
    if (this.#sign === ' ' && this.#readPre + this.#readPost > 0) this.#signBehind(read);
  }

  #signBefore(): void {
    const { flags, sign } = this.#format;
    const next = this.#next;
    if (flags.has('sign') && sign === 'before') {
      if (next !== '-' && next !== '+') return;
      this.#sign = next;
      this.#at++;
    } else if (next === '-' || (flags.has('bracket') && next === '<')) {
      this.#sign = '-';
      this.#at++;
    } else if (next === '+') {
      this.#sign = '+';
      this.#at++;
    }
  }

  /** Whether a digit or the point was read; undefined where the template has no room for one more. */
  #one(): boolean | undefined {
    if (/^\d$/.test(this.#next)) {
      if (this.#readPoint && this.#readPost === this.#format.post) return undefined;
      this.#digits += this.#next;
      if (this.#readPoint) this.#readPost++;
      else this.#readPre++;
      return true;
    }
    if (!this.#format.flags.has('decimal') || this.#readPoint || this.#next !== '.') return false;
    this.#digits += '.';
    this.#readPoint = true;
    return true;
  }

  #signBehind(read: boolean): void {
    const { flags } = this.#format;
    const after = this.#input[this.#at + 1];
    if (flags.has('sign') && read && after !== undefined && !/^\d$/.test(after)) {
      if (after !== '-' && after !== '+') return;
      this.#sign = after;
      this.#at++;
    } else if (!read && !flags.has('sign') && (flags.has('plus') || flags.has('minus'))) {
      if (this.#next === '-' || this.#next === '+') this.#sign = this.#next;
    }
  }
}
