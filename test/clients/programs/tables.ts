import { type Dataset, makeDataset, type TestShard, type TestTable } from '../../support/dataset.ts';

/**
 * What Skein and PostgreSQL both hold while other languages' programs ask them. A program may rely on the names, types and values
 * here; rows that aren't written out are the same in every run.
 */

/** Labels with their types (TEST_LABELS); the last shard has none, so its rows have NULL there. */
const SHARDS: readonly { readonly id: string; readonly labels: Readonly<Record<string, string>> }[] = [
  { id: 'paris', labels: { storeid: '1', region: 'EU', country: 'FR', city: 'Paris' } },
  { id: 'berlin', labels: { storeid: '3', region: 'EU', country: 'DE', city: 'Köln' } },
  { id: 'toronto', labels: { storeid: '2', region: 'NorthAmerica', country: 'CA', city: 'Toronto' } },
  { id: 'online', labels: {} },
];

export const COMMENTS: Readonly<Record<string, string>> = {
  sales: 'What was sold, "in" each store’s words',
  every_type: 'One column of each type',
};

/** Ordinary values of each type that a table can have. Row 3 is all NULL. */
const EVERY_TYPE: TestTable = {
  name: 'every_type',
  replicated: false,
  columns: columns(
    'id int4, b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, n numeric(12,3), big numeric(38,10)',
    'txt text, byt bytea, d date, t time, ttz timetz, ts timestamp, tstz timestamptz, iv interval, u uuid',
    'j json, vb varbit, i4s int4[], i8s int8[], f8s float8[], txts text[], tss timestamp[], us uuid[], bs bool[]',
  ),
  rows: [
    [
      ...['1', 'true', '1', '2', '3', '1.5', '0.1', '1.500', '12345678901234567890.0123456789', 'plain'],
      ...['\\x0001ff', '2024-02-29', '12:34:56.789', '12:34:56+02', '2024-02-29 12:34:56.789012'],
      ...['2024-02-29 12:34:56.789012+00', '1 year 2 mons 3 days 04:05:06.789'],
      ...['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a": [1, null, "ü"]}', '101'],
      ...['{1,2,3}', '{10000000000}', '{1.5,-0.25}', '{a,b c,NULL}', '{"2024-01-01 00:00:00"}'],
      ...['{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{t,f,NULL}'],
    ],
    [
      ...['2', 'false', '-32768', '-2147483648', '-9223372036854775808', '-0', '1e-300', '-0.001', '0'],
      ...['Grüße aus Köln, 日本語, 🎉 "quoted" \'n\\t {}', '\\x', '1970-01-01', '00:00:00', '00:00:00-08'],
      ...['1969-12-31 23:59:59.999999', '1970-01-01 00:00:00+00', '-1 days 02:03:00'],
      ...['00000000-0000-0000-0000-000000000000', '"text"', '0'],
      ...['{}', '{}', '{}', '{}', '{}', '{}', '{}'],
    ],
    ['3', ...Array.from({ length: 26 }, () => null)],
    [
      ...[
        '4',
        'true',
        '32767',
        '2147483647',
        '9223372036854775807',
        '3.4028235e+38',
        '1.7976931348623157e+308',
      ],
      ...['999999999.999', '-9999999999999999999999999999.9999999999', ''],
      ...['\\x5c27', '9999-12-31', '23:59:59.999999', '23:59:59+14', '9999-12-31 23:59:59.999999'],
      ...['9999-12-31 00:00:00+00', '00:00:00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'null', ''],
      ...['{NULL}', '{9223372036854775807,NULL,-9223372036854775808}', '{NaN,Infinity,-Infinity}'],
      ...['{"","NULL","a,b","q\\"q","back\\\\slash"}', '{"1999-12-31 23:59:59.5",NULL}', '{NULL}', '{f}'],
    ],
  ],
};

/** Values that a client's own types may not have. */
const EXTREMES: TestTable = {
  name: 'extremes',
  replicated: false,
  columns: columns('id int4, f8 float8, d date, t time, ts timestamp, tstz timestamptz, iv interval'),
  rows: [
    ['1', 'NaN', 'infinity', '24:00:00', 'infinity', 'infinity', '1000 years'],
    [
      '2',
      'Infinity',
      '-infinity',
      '00:00:00',
      '-infinity',
      '-infinity',
      '-1000 years -1 days -00:00:00.000001',
    ],
    [
      '3',
      '-Infinity',
      '0044-03-15 BC',
      '23:59:59.999999',
      '0044-03-15 12:00:00 BC',
      '0044-03-15 12:00:00+00 BC',
      null,
    ],
    [
      '4',
      '5e-324',
      '5000000-01-01',
      null,
      '200000-01-01 00:00:00',
      '200000-01-01 00:00:00+00',
      '178000000 years',
    ],
  ],
};

/** Names as one finds them. `"Country"` is the file's column, `country` the label. */
const NAMES: TestTable = {
  name: 'Café Ünïon',
  replicated: false,
  columns: columns('Größe int4, select text, with space text, Country text, percent%s text, quo"te text'),
  rows: [
    ['1', 'a', 'b', 'FR', 'c', 'd'],
    ['2', 'ä', null, 'DE', '%', '"'],
    ['3', null, ' ', 'CA', '%%', "'"],
  ],
};

const EMPTY: TestTable = {
  name: 'empty',
  replicated: false,
  columns: columns('id int8, note text'),
  rows: [],
};

/** Enough rows that a client fetches them in parts. */
const READINGS: TestTable = {
  name: 'readings',
  replicated: false,
  columns: columns('id int8, sensor text, at timestamptz, value float8'),
  rows: Array.from({ length: 20_000 }, (_, id) => [
    String(id),
    `sensor-${id % 7}`,
    new Date(Date.UTC(2024, 0, 1) + id * 61_000).toISOString(),
    id % 11 === 0 ? null : String((id % 1000) / 8),
  ]),
};

/** `sales` (60 rows, NULLs everywhere but in `id`), `visits` and `products` (replicated) are makeDataset's. */
export function clientTables(): Dataset {
  const usual = makeDataset({ seed: 21, agents: 1, rows: 60, split: 'random', nulls: 8 }).tables;
  const tables = [
    ...usual.filter(({ name }) => name !== 'things'),
    ...[EVERY_TYPE, EXTREMES, NAMES, EMPTY, READINGS],
  ];
  return { tables, shards: SHARDS.map((shard, at) => ({ ...shard, rows: rowsOf(tables, at) })) };
}

/** Each shard owns every so manieth row. */
function rowsOf(tables: readonly TestTable[], at: number): TestShard['rows'] {
  const own = (table: TestTable): number[] =>
    [...table.rows.keys()].filter((row) => row % SHARDS.length === at);
  return Object.fromEntries(tables.filter(({ replicated }) => !replicated).map((t) => [t.name, own(t)]));
}

/** `name type, name type`: the type is the last word. */
function columns(...lists: readonly string[]): TestTable['columns'] {
  return lists
    .flatMap((list) => list.split(', '))
    .map((column) => {
      const at = column.lastIndexOf(' ');
      return { name: column.slice(0, at), type: column.slice(at + 1) };
    });
}
