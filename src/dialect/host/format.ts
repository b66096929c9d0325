import { SkeinError } from '../../base/errors.ts';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';

type Texts = readonly (string | null)[];

const misuse = (message: string, hint?: string): SkeinError =>
  new SkeinError('invalidParameterValue', message, hint === undefined ? {} : { hint });

const MOST_INT4 = 2147483647;
/** JavaScript's texts end before PostgreSQL's. */
const MOST_WIDTH = 2 ** 28;

interface Specifier {
  readonly position: number | undefined;
  readonly left: boolean;
  /** A number, `*`, or `*n$`. */
  readonly width: string | undefined;
  readonly conversion: string;
}

/** PostgreSQL's format(), over the arguments' texts. */
export function formatText(template: string, args: Texts): string {
  return new Formatter(args).format(template);
}

class Formatter {
  readonly #args: Texts;
  #next = 0;

  constructor(args: Texts) {
    this.#args = args;
  }

  format(template: string): string {
    let out = '';
    let rest = template;
    for (;;) {
      const at = rest.indexOf('%');
      if (at < 0) return out + rest;
      out += rest.slice(0, at);
      rest = rest.slice(at + 1);
      if (rest.startsWith('%')) {
        out += '%';
        rest = rest.slice(1);
        continue;
      }
      const [specifier, length] = readSpecifier(rest);
      rest = rest.slice(length);
      out += this.#converted(specifier);
    }
  }

  #converted({ position, left, width, conversion }: Specifier): string {
    const size = width === undefined ? 0 : this.#width(width);
    const value = this.#argument(position);
    const text = converted(value, conversion);
    if (size < -MOST_INT4) throw new SkeinError('numericOutOfRange', 'number is out of range');
    if (Math.abs(size) > MOST_WIDTH) {
      throw new SkeinError(
        'limitExceeded',
        'string buffer exceeds maximum allowed length (1073741823 bytes)',
      );
    }
    const missing = Math.abs(size) - [...text].length;
    const padding = ' '.repeat(Math.max(0, missing));
    return left || size < 0 ? text + padding : padding + text;
  }

  #width(width: string): number {
    if (!width.startsWith('*')) return Number(width);
    const position = width === '*' ? undefined : Number(width.slice(1, -1));
    const text = this.#argument(position) ?? '0';
    if (!/^\s*[+-]?\d+\s*$/.test(text)) {
      throw new SkeinError('invalidText', `invalid input syntax for type integer: "${text}"`);
    }
    return Number(text);
  }

  #argument(position: number | undefined): string | null {
    const at = position === undefined ? this.#next : position - 1;
    this.#next = at + 1;
    const value = this.#args[at];
    if (value === undefined) throw misuse('too few arguments for format()');
    return value;
  }
}

function readSpecifier(rest: string): readonly [Specifier, number] {
  const match = /^(?:(\d+)\$)?(-*)(\d+|\*(?:\d+\$)?)?/.exec(rest);
  const [head = '', position, minus = '', width] = match ?? [];
  for (const number of [position, width?.replace(/\D/g, '')]) {
    if (Number(number ?? 0) > MOST_INT4) throw new SkeinError('numericOutOfRange', 'number is out of range');
  }
  if (position !== undefined && Number(position) === 0) throw zeroArgument();
  if (width !== undefined && /^\*0+\$$/.test(width)) throw zeroArgument();
  const character = [...rest.slice(head.length)][0];
  if (character === undefined) {
    throw misuse('unterminated format() type specifier', 'For a single "%" use "%%".');
  }
  if (/^\*\d+$/.test(`${width ?? ''}${character}`)) {
    throw misuse('width argument position must be ended by "$"');
  }
  if (!'sIL'.includes(character)) {
    throw misuse(`unrecognized format() type specifier "${character}"`, 'For a single "%" use "%%".');
  }
  return [
    {
      position: position === undefined ? undefined : Number(position),
      left: minus !== '',
      width,
      conversion: character,
    },
    head.length + character.length,
  ];
}

const zeroArgument = (): SkeinError =>
  misuse('format specifies argument 0, but arguments are numbered from 1');

function converted(value: string | null, conversion: string): string {
  if (value !== null) {
    if (conversion === 's') return value;
    return conversion === 'I' ? quoteIdentifier(value) : quoteLiteral(value);
  }
  if (conversion === 'I') {
    throw new SkeinError({ sqlstate: '22004' }, 'null values cannot be formatted as an SQL identifier');
  }
  return conversion === 'L' ? 'NULL' : '';
}
