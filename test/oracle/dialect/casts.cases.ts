import { castEntries } from '../../../src/dialect/functions/casts.ts';
import { type ArgumentValues, edgeValues, numericValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';

const NUMBER_TEXTS = [
  '0',
  '1',
  '-1',
  '+7',
  ' 42\t\n',
  '1.5',
  '-2.5',
  '1e3',
  '1E-3',
  '1_000',
  '_1',
  '1__0',
  '0x1F',
  '-0x1f',
  '0o17',
  '0b101',
  '0x',
  '',
  ' ',
  'abc',
  '12a',
  "it's",
  '.5',
  '5.',
  '.',
  '-',
  '1e',
  '32767',
  '32768',
  '-32768',
  '2147483647',
  '2147483648',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '99999999999999999999999999',
  '1e400',
  '-1e-400',
  '3.5e38',
  '1e-46',
  '0.1',
  '123456.789',
  'NaN',
  'Infinity',
  '-inf',
  'nan ',
  '1.00000000000000000000001',
  '0.12300',
  '1e17',
  '1.5e-7',
];
const BOOL_TEXTS = [
  't',
  'TRUE',
  'tr',
  ' true ',
  'y',
  'yes',
  'ye',
  'on',
  'o',
  'of',
  'off',
  'n',
  'no',
  'f',
  'fals',
  '1',
  '0',
  '2',
  '',
  'tru e',
  'truex',
];
const UUID_TEXTS = [
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  'A0EEBC999C0B4EF8BB6D6BB9BD380A11',
  '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
  'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-',
  '',
];

const texts = (type: string, values: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...values, null] },
];

const NAMES: Readonly<Record<string, string>> = { name: 'name', bpchar: 'bpchar' };

function valuesFor(from: string, to: string): readonly ArgumentValues[] | undefined {
  if (!['text', 'varchar', 'bpchar', 'name'].includes(from)) return undefined;
  if (to === 'bool') return texts(from, BOOL_TEXTS);
  if (to === 'uuid') return texts(from, UUID_TEXTS);
  return /^(int|float|numeric)/.test(to) ? texts(from, NUMBER_TEXTS) : undefined;
}

/** Rounding boundaries and the limits of the integer types. */
const FLOAT_EDGES = [
  ...['0.5', '1.5', '2.5', '-0.5', '-1.5', '32767.4', '32767.5', '-32768.5', '-32768.6', '2147483647.5'],
  ...[
    '2147483647.4',
    '-2147483648.5',
    '9.2233720368547750e18',
    '9.2233720368547758e18',
    '-9.2233720368547758e18',
  ],
  ...[
    '1e15',
    '123456789012345',
    '1234567890123456',
    '999999',
    '1000000',
    '1234567.5',
    '0.0001',
    '0.00001',
    '1e-7',
  ],
  ...[
    '0.1',
    '3.4028236e38',
    '1e-46',
    '1e300',
    'NaN',
    'Infinity',
    '-Infinity',
    '-0',
    '1e22',
    '1e21',
    '16777217',
  ],
];

const TYPMODS: Readonly<Record<string, readonly string[]>> = {
  // numeric(5,2), (4,0), (38,10), (2,2)
  numeric: [
    [5, 2],
    [4, 0],
    [38, 10],
    [2, 2],
  ].map(([p = 0, s = 0]) => String(((p << 16) | s) + 4)),
  varchar: ['5', '6', '14'],
  bit: ['1', '3', '8'],
  varbit: ['1', '3', '8'],
  bpchar: ['5', '6', '14'],
};

/** A carrier's limits: PostgreSQL holds NaN, infinities and digits that DECIMAL(38) doesn't. */
const LIMITED = new Set([
  'float4 -> numeric',
  'float8 -> numeric',
  ...Object.keys(NAMES).map((n) => `${n} -> numeric`),
  'text -> numeric',
  'varchar -> numeric',
]);

function optionsOf(signature: string): AdmissionOptions {
  const typmod = /^typmod (\S+)(?: explicit)?$/.exec(signature)?.[1];
  if (typmod !== undefined) {
    const explicit = signature.endsWith(' explicit');
    const sql: AdmissionOptions['sql'] = ([x, n]) =>
      typmod === 'bit' || typmod === 'varbit'
        ? `${typmod}(${x}, ${n}, true)`
        : typmod === 'varchar'
          ? `varchar(${x}, ${n}, ${explicit})`
          : typmod === 'bpchar'
            ? `bpchar(${x}, ${n}, ${explicit})`
            : `numeric(${x}, ${n})`;
    return {
      sql: ([x, n]) =>
        sql([x ?? '', n ?? '']).replace(/^(varchar|bpchar|numeric|bit|varbit)\b/, 'pg_catalog."$1"'),
      ...(typmod === 'bit' ? { types: [['varbit', 'int4']] } : {}),
      values: [undefined, [{ type: typeByName('int4'), values: TYPMODS[typmod] ?? [] }]],
      constant: [1],
    };
  }
  const [, from = '', to = ''] = /^cast (\S+) -> (\S+)$/.exec(signature) ?? [];
  const limited = LIMITED.has(`${from} -> ${to}`);
  const values =
    valuesFor(from, to) ??
    (from.startsWith('float')
      ? [
          ...edgeValues(from),
          {
            type: typeByName(from),
            values: [...FLOAT_EDGES.filter((v) => from === 'float8' || !/e-46|e300|236e38/.test(v)), null],
          },
        ]
      : from === 'numeric'
        ? [
            ...edgeValues('numeric'),
            numericValues(20, 1, [
              '0.5',
              '1.5',
              '-0.5',
              '32767.5',
              '2147483647.5',
              '9223372036854775807.5',
              '9223372036854775807.4',
            ]),
          ]
        : undefined);
  return {
    ...(from === 'bit' ? { types: [['varbit']] } : {}),
    sql: ([x]) => (to.endsWith('bit') ? `(${x})::varbit` : `(${x})::${to}`),
    ...(values === undefined ? {} : { values: [values] }),
    ...(limited ? { permits: 'quotient' as const, mayRefuse: () => true } : {}),
  };
}

export const cases: readonly DialectCase[] = castEntries.map(({ signature }) =>
  admits(signature, optionsOf(signature)),
);
