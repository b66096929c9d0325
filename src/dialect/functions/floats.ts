import type { ScalarEntry } from '../entries.ts';

const PAIRS = [
  ['float4', 'float4'],
  ['float4', 'float8'],
  ['float8', 'float4'],
  ['float8', 'float8'],
] as const;

const arithmetic = PAIRS.flatMap(([left, right]): readonly ScalarEntry[] => [
  { signature: `${left} + ${right}`, print: ([l, r]) => `skein_float_add(${l}, ${r})` },
  { signature: `${left} - ${right}`, print: ([l, r]) => `skein_float_sub(${l}, ${r})` },
  { signature: `${left} * ${right}`, print: ([l, r]) => `skein_float_mul(${l}, ${r})` },
  { signature: `${left} / ${right}`, print: ([l, r]) => `skein_float_div(${l}, ${r})` },
]);

const unary = (['float4', 'float8'] as const).flatMap((type): readonly ScalarEntry[] => [
  { signature: `- ${type}`, print: ([x]) => `(- ${x})` },
  { signature: `+ ${type}`, print: ([x]) => `${x}` },
  { signature: `@ ${type}`, print: ([x]) => `abs(${x})` },
  { signature: `abs(${type})`, print: ([x]) => `abs(${x})` },
]);

const named = (
  names: readonly string[],
  print: (x: string, y: string) => string,
  arity: 1 | 2 = 1,
): readonly ScalarEntry[] =>
  names.map((name) => ({
    signature: `${name}(${arity === 1 ? 'float8' : 'float8,float8'})`,
    print: ([x = '', y = '']) => print(x, y),
  }));

/** Rounding a double to whole numbers: half to even, as rint does. */
const rounding: readonly ScalarEntry[] = [
  ...named(['round'], (x) => `round_even(${x}, 0)`),
  ...named(['trunc'], (x) => `trunc(${x})`),
  ...named(['ceil', 'ceiling'], (x) => `ceil(${x})`),
  ...named(['floor'], (x) => `floor(${x})`),
  ...named(['sign'], (x) => `skein_sign(${x})`),
];

const transcendental: readonly ScalarEntry[] = [
  ...named(['power', 'pow'], (x, y) => `skein_power(${x}, ${y})`, 2),
  { signature: 'float8 ^ float8', print: ([x, y]) => `skein_power(${x}, ${y})` },
  ...named(['sqrt'], (x) => `skein_sqrt(${x})`),
  { signature: '|/ float8', print: ([x]) => `skein_sqrt(${x})` },
  ...named(['cbrt'], (x) => `skein_cbrt(${x})`),
  { signature: '||/ float8', print: ([x]) => `skein_cbrt(${x})` },
  ...named(['exp'], (x) => `skein_exp(${x})`),
  ...named(['ln'], (x) => `ln(skein_positive(${x}))`),
  ...named(['log', 'log10'], (x) => `log10(skein_positive(${x}))`),
];

const FINITE = `'-1.7976931348623157e308'::DOUBLE, '1.7976931348623157e308'::DOUBLE`;
const UNIT = `-1::DOUBLE, 1::DOUBLE`;

const trigonometric: readonly ScalarEntry[] = [
  ...named(['sin'], (x) => `sin(skein_within(${x}, ${FINITE}))`),
  ...named(['cos'], (x) => `cos(skein_within(${x}, ${FINITE}))`),
  ...named(['tan'], (x) => `tan(skein_within(${x}, ${FINITE}))`),
  ...named(['cot'], (x) => `(1::DOUBLE / tan(skein_within(${x}, ${FINITE})))`),
  ...named(['asin'], (x) => `asin(skein_within(${x}, ${UNIT}))`),
  ...named(['acos'], (x) => `acos(skein_within(${x}, ${UNIT}))`),
  ...named(['atan'], (x) => `atan(${x})`),
  ...named(['atan2'], (x, y) => `atan2(${x}, ${y})`, 2),
  ...named(['sinh'], (x) => `sinh(${x})`),
  ...named(['cosh'], (x) => `cosh(${x})`),
  ...named(['tanh'], (x) => `tanh(${x})`),
  ...named(['degrees'], (x) => `skein_float_div(${x}, '0.0174532925199432957692'::DOUBLE)`),
  ...named(['radians'], (x) => `skein_float_mul(${x}, '0.0174532925199432957692'::DOUBLE)`),
  { signature: 'pi()', print: () => `pi()` },
];

export const floatEntries: readonly ScalarEntry[] = [
  ...arithmetic,
  ...unary,
  ...rounding,
  ...transcendental,
  ...trigonometric,
];
