import { refuse, SkeinError } from '../../base/errors.ts';
import {
  type Decimal,
  decimalText,
  magnitude,
  parseDecimal,
  powerOfTen,
  rounded,
  unitsAt,
} from './decimal.ts';
import { arctangent2, DEGREES } from './degrees.ts';
import { erf, erfc } from './error-function.ts';
import { FLOAT8, type HostFunction, INT4, INT8, strict, TEXT } from './host-function.ts';
import { expOf, lnOf, logOf, powerOf } from './transcendental.ts';

/**
 * Text of the value at the carrier's scale.
 * @throws 22003 where the carrier has no room for its digits.
 */
function fitted(value: Decimal, scale: number): string {
  const { units } = value;
  const shown = rounded(value, scale);
  const lost = value.scale > scale && unitsAt(shown, value.scale) !== units;
  const tooFine = lost && magnitude(shown.units) < powerOfTen(15);
  if (tooFine || magnitude(shown.units) >= powerOfTen(38)) {
    throw new SkeinError('numericOutOfRange', 'numeric result does not fit into 38 digits');
  }
  return decimalText(shown);
}

const unary = (name: string, body: (x: Decimal) => Decimal): HostFunction =>
  strict(name, [TEXT, INT4], TEXT, (x, scale) => fitted(body(parseDecimal(x)), scale));

const binary = (name: string, body: (x: Decimal, y: Decimal) => Decimal): HostFunction =>
  strict(name, [TEXT, TEXT, INT4], TEXT, (x, y, scale) =>
    fitted(body(parseDecimal(x), parseDecimal(y)), scale),
  );

function divisor(a: bigint, b: bigint): bigint {
  let [x, y] = [magnitude(a), magnitude(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function gcdOf(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: divisor(unitsAt(a, scale), unitsAt(b, scale)), scale };
}

function lcmOf(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  const [x, y] = [unitsAt(a, scale), unitsAt(b, scale)];
  return { units: x === 0n || y === 0n ? 0n : magnitude((x / divisor(x, y)) * y), scale };
}

/** The greatest whose factorial has 38 digits is 33. */
const MOST_FACTORIAL = 33n;

function factorial(n: bigint): string {
  if (n < 0n) throw new SkeinError('numericOutOfRange', 'factorial of a negative number is undefined');
  if (n > 32177n) throw new SkeinError('numericOutOfRange', 'value overflows numeric format');
  if (n > MOST_FACTORIAL) throw refuse(`the factorial of ${n}, which has more than 38 digits,`);
  let product = 1n;
  for (let factor = 2n; factor <= n; factor++) product *= factor;
  return String(product);
}

function minScale(text: string): number {
  const fraction = text.split('.')[1] ?? '';
  return fraction.replace(/0+$/, '').length;
}

export const mathFunctions: readonly HostFunction[] = [
  unary('numeric_exp', expOf),
  unary('numeric_ln', lnOf),
  unary('numeric_log10', (x) => logOf({ units: 10n, scale: 0 }, x)),
  binary('numeric_log', logOf),
  binary('numeric_power', powerOf),
  binary('numeric_gcd', gcdOf),
  binary('numeric_lcm', lcmOf),
  strict('factorial', [INT8], TEXT, factorial),
  strict('min_scale', [TEXT], INT4, minScale),
  ...Object.entries(DEGREES).map(([name, body]) => strict(name, [FLOAT8], FLOAT8, body)),
  strict('erf', [FLOAT8], FLOAT8, erf),
  strict('erfc', [FLOAT8], FLOAT8, erfc),
  strict('atan2d', [FLOAT8, FLOAT8], FLOAT8, arctangent2),
];
