import { type ArgumentValues, numericValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const NUMBERS = [
  numericValues(12, 4, [
    '0',
    '1',
    '-1',
    '2',
    '0.5',
    '-0.5',
    '10',
    '100',
    '0.0001',
    '1.0001',
    '0.9999',
    '3.1416',
    '-2.5',
    '12.34',
    '99999999.9999',
    '-3',
    '0.95',
    '1.1',
  ]),
  numericValues(20, 0, ['0', '1', '2', '-2', '7', '10', '-7', '12345678901234567890', '36', '100']),
];

const call = (signature: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(signature, { sql: sqlOf(signature), messages: true, bound: 900, ...options });

/** 38 digits are all there is room for. */
const always = (): boolean => true;
const chosen = { permits: 'quotient', mayRefuse: always } as const;

const GAMMAS = [
  '0',
  '-0',
  '1',
  '-1',
  '5',
  '0.5',
  '-0.5',
  '-2.5',
  '170',
  '171.7',
  '-200.5',
  '1e-320',
  '1e306',
  'NaN',
  'Infinity',
  '-Infinity',
];

const DEGREES = values(
  'float8',
  '0',
  '-0',
  '30',
  '-30',
  '45',
  '60',
  '90',
  '120',
  '135',
  '180',
  '-180',
  '210',
  '270',
  '330',
  '360',
  '450',
  '0.001',
  '1e10',
  '-77.7',
  'NaN',
  'Infinity',
  '-Infinity',
);
const UNIT = values(
  'float8',
  '0',
  '-0',
  '0.5',
  '-0.5',
  '1',
  '-1',
  '0.3',
  '-0.9',
  '1.0000001',
  '-2',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e-300',
);

export const cases: readonly DialectCase[] = [
  ...['exp', 'ln', 'log', 'log10'].map((name) => call(`${name}(numeric)`, { values: [NUMBERS], ...chosen })),
  ...['log', 'power', 'pow'].map((name) =>
    call(`${name}(numeric,numeric)`, { values: [NUMBERS, NUMBERS], ...chosen }),
  ),
  call('numeric ^ numeric', { values: [NUMBERS, NUMBERS], ...chosen }),
  ...['gcd', 'lcm'].map((name) =>
    call(`${name}(numeric,numeric)`, { values: [NUMBERS, NUMBERS], mayRefuse: always }),
  ),
  call('factorial(int8)', {
    values: [values('int8', '0', '1', '2', '10', '20', '33', '34', '-1', '100')],
    mayRefuse: ([n]) => Number(n) > 33,
  }),
  call('min_scale(numeric)', { values: [NUMBERS] }),
  call('trim_scale(numeric)', { values: [NUMBERS], ...chosen }),
  ...['sind', 'cosd', 'tand', 'cotd'].map((name) =>
    call(`${name}(float8)`, { values: [DEGREES], permits: 'float-last-digit' }),
  ),
  ...['asind', 'acosd', 'atand', 'asinh', 'acosh', 'atanh'].map((name) =>
    call(`${name}(float8)`, { values: [UNIT], permits: 'float-last-digit' }),
  ),
  ...['gamma', 'lgamma'].map((name) =>
    call(`${name}(float8)`, {
      values: [values('float8', ...GAMMAS)],
      permits: 'float-last-digit',
    }),
  ),
  ...['erf', 'erfc'].map((name) =>
    call(`${name}(float8)`, {
      values: [
        values(
          'float8',
          '0',
          '-0',
          '0.1',
          '-0.3',
          '0.5',
          '0.84',
          '0.9',
          '-1',
          '1.2',
          '1.3',
          '-2',
          '2.9',
          '5',
          '-5.5',
          '6',
          '27',
          '30',
          '-30',
          '1e-300',
          'NaN',
          'Infinity',
          '-Infinity',
        ),
      ],
      permits: 'float-last-digit',
    }),
  ),
  ...['_int4', '_float8', '_text'].map((type) =>
    call('width_bucket(anycompatible,anycompatiblearray)', {
      types: [[type.slice(1), type]],
      values: [
        undefined,
        values(
          type,
          '{}',
          '{1}',
          '{1,3,5}',
          '{1,NULL}',
          ...(type === '_float8' ? ['{-Infinity,0,NaN}'] : []),
        ),
      ],
    }),
  ),
  call('atan2d(float8,float8)', { values: [UNIT, DEGREES], permits: 'float-last-digit' }),
];
