import { SkeinError } from '../../base/errors.ts';

/** float.c: trigonometry in degrees, exact at multiples of 30 and 45. */
const RADIANS = Math.PI / 180;
const SIN_30 = Math.sin(30 * RADIANS);
const ONE_MINUS_COS_60 = 1 - Math.cos(60 * RADIANS);
const ASIN_HALF = Math.asin(0.5);
const ACOS_HALF = Math.acos(0.5);
const ATAN_1 = Math.atan(1);

const outOfRange = (): SkeinError => new SkeinError('numericOutOfRange', 'input is out of range');

const sineTo30 = (x: number): number => Math.sin(x * RADIANS) / SIN_30 / 2;
const cosineTo60 = (x: number): number => 1 - (1 - Math.cos(x * RADIANS)) / ONE_MINUS_COS_60 / 2;
const sineTo90 = (x: number): number => (x <= 30 ? sineTo30(x) : cosineTo60(90 - x));
const cosineTo90 = (x: number): number => (x <= 60 ? cosineTo60(x) : sineTo30(90 - x));
const TAN_45 = sineTo90(45) / cosineTo90(45);
const COT_45 = cosineTo90(45) / sineTo90(45);

const arcsineTo1 = (x: number): number =>
  x <= 0.5 ? (Math.asin(x) / ASIN_HALF) * 30 : 90 - (Math.acos(x) / ACOS_HALF) * 60;
const arccosineTo1 = (x: number): number =>
  x <= 0.5 ? 90 - (Math.asin(x) / ASIN_HALF) * 30 : (Math.acos(x) / ACOS_HALF) * 60;

interface Reduced {
  readonly angle: number;
  readonly negative: boolean;
}

/** The angle in the first quadrant; which reflections change the sign depends on the function. */
function reduced(
  x: number,
  flips: { readonly zero: boolean; readonly half: boolean; readonly quarter: boolean },
): Reduced {
  if (!Number.isFinite(x)) throw outOfRange();
  let [angle, negative] = [x % 360, false];
  if (angle < 0) [angle, negative] = [-angle, negative !== flips.zero];
  if (angle > 180) [angle, negative] = [360 - angle, negative !== flips.half];
  if (angle > 90) [angle, negative] = [180 - angle, negative !== flips.quarter];
  return { angle, negative };
}

const signed = ({ negative }: Reduced, value: number): number => (negative ? -value : value);
const withoutNegativeZero = (value: number): number => (value === 0 ? 0 : value);

const unlessNaN =
  (of: (x: number) => number) =>
  (x: number): number =>
    Number.isNaN(x) ? x : of(x);

const inUnit = (of: (x: number) => number): ((x: number) => number) =>
  unlessNaN((x) => {
    if (x < -1 || x > 1) throw outOfRange();
    return of(x);
  });

const ODD = { zero: true, half: true, quarter: true } as const;

export const DEGREES: Readonly<Record<string, (x: number) => number>> = {
  sind: unlessNaN((x) => {
    const at = reduced(x, { ...ODD, quarter: false });
    return signed(at, sineTo90(at.angle));
  }),
  cosd: unlessNaN((x) => {
    const at = reduced(x, { zero: false, half: false, quarter: true });
    return signed(at, cosineTo90(at.angle));
  }),
  tand: unlessNaN((x) => {
    const at = reduced(x, ODD);
    return withoutNegativeZero(signed(at, sineTo90(at.angle) / cosineTo90(at.angle) / TAN_45));
  }),
  cotd: unlessNaN((x) => {
    const at = reduced(x, ODD);
    return withoutNegativeZero(signed(at, cosineTo90(at.angle) / sineTo90(at.angle) / COT_45));
  }),
  asind: inUnit((x) => (x >= 0 ? arcsineTo1(x) : -arcsineTo1(-x))),
  acosd: inUnit((x) => (x >= 0 ? arccosineTo1(x) : 90 + arcsineTo1(-x))),
  atand: unlessNaN((x) => (Math.atan(x) / ATAN_1) * 45),
};

export function arctangent2(y: number, x: number): number {
  return (Math.atan2(y, x) / ATAN_1) * 45;
}
