import { type BinaryReader, invalidBinary } from './binary-reader.ts';

const NEGATIVE = 0x4000;
const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, 'NaN'],
  [0xd000, 'Infinity'],
  [0xf000, '-Infinity'],
]);
const BASE = 10_000;
const DEC_DIGITS = 4;
const MAX_SCALE = 0x3fff;

/** numeric_recv: digits of base 10,000, cut after the display scale. */
export function decodeNumeric(reader: BinaryReader): string {
  const count = reader.uint16();
  const weight = reader.int16();
  const sign = reader.uint16();
  const scale = reader.uint16();
  if (count * 2 !== reader.remaining) throw invalidBinary('Invalid length in external "numeric" value.');
  const groups = Array.from({ length: count }, () => readGroup(reader));
  const special = SPECIAL.get(sign);
  if (special !== undefined) return special;
  if (sign !== 0 && sign !== NEGATIVE) throw invalidBinary('Invalid sign in external "numeric" value.');
  if (scale > MAX_SCALE) throw invalidBinary('Invalid scale in external "numeric" value.');
  const text = digitsText(groups, weight, scale);
  return sign === NEGATIVE && /[1-9]/.test(text) ? `-${text}` : text;
}

function readGroup(reader: BinaryReader): string {
  const group = reader.int16();
  if (group < 0 || group >= BASE) throw invalidBinary('Invalid digit in external "numeric" value.');
  return group.toString().padStart(DEC_DIGITS, '0');
}

/** The first group stands for its value times 10,000 to the power of `weight`. */
function digitsText(groups: readonly string[], weight: number, scale: number): string {
  const digits = groups.join('');
  const wholeLength = (weight + 1) * DEC_DIGITS;
  const whole = wholeLength > 0 ? digits.slice(0, wholeLength).padEnd(wholeLength, '0') : '';
  const zeros = wholeLength < 0 ? '0'.repeat(Math.min(-wholeLength, scale)) : '';
  const fraction = (zeros + digits.slice(Math.max(0, wholeLength))).slice(0, scale).padEnd(scale, '0');
  const shown = whole.replace(/^0+(?=\d)/, '');
  return (shown === '' ? '0' : shown) + (scale > 0 ? `.${fraction}` : '');
}
