import { type ArgumentValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const uuids: readonly ArgumentValues[] = [
  {
    type: typeByName('uuid'),
    values: [
      '00000000-0000-0000-0000-000000000000',
      'c232ab00-9414-11ec-b3c8-9f6bdeced846',
      '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
      '919108f7-52d1-4320-9bac-f847db4148a8',
      '017f22e2-79b0-7cc3-18c4-dc0c0c07398f',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      null,
    ],
  },
];

const TYPES = [['int4'], ['int4', 'text'], ['float8', 'text', 'date'], ['_int4', 'json']];
const BOUNDS = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

/** Two random values have nothing in common but their range. */
const inRange = (signature: string, type: string, ...items: readonly string[]): DialectCase =>
  admits(signature, {
    sql: ([low, high]) => `(random(${low}, ${high}) BETWEEN ${low} AND ${high}) IS NOT NULL`,
    wrap: (sql) => `(${sql} IS NOT NULL)`,
    values: [BOUNDS(type, ...items), BOUNDS(type, ...items)],
    messages: true,
  });

export const cases: readonly DialectCase[] = [
  ...['num_nulls', 'num_nonnulls'].map((name) =>
    admits(`${name}(any)`, { sql: (args) => `${name}(${args.join(', ')})`, types: TYPES, bound: 200 }),
  ),
  ...['uuid_extract_version', 'uuid_extract_timestamp'].map((name) =>
    admits(`${name}(uuid)`, { sql: sqlOf(`${name}(uuid)`), values: [uuids] }),
  ),
  ...['gen_random_uuid()', 'uuidv4()', 'uuidv7()'].map((signature) =>
    admits(signature, {
      sql: () => `length(${signature}::text) = 36`,
      wrap: (sql) => `(length(CAST(${sql} AS VARCHAR)) = 36)`,
    }),
  ),
  admits('clock_timestamp()', {
    sql: () => `clock_timestamp() > '2024-01-01'`,
    wrap: (sql) => `(${sql} > TIMESTAMPTZ '2024-01-01')`,
  }),
  admits('random_normal(float8,float8)', {
    sql: ([mean, deviation]) => `random_normal(${mean}, ${deviation}) IS NOT NULL`,
    wrap: (sql) => `(${sql} IS NOT NULL)`,
    values: [BOUNDS('float8', '0', '5'), BOUNDS('float8', '1', '0')],
  }),
  inRange('random(int4,int4)', 'int4', '0', '5', '-2147483648', '2147483647'),
  inRange('random(int8,int8)', 'int8', '0', '5', '-9223372036854775808', '9223372036854775807'),
];
