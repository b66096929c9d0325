import { randomNumbers } from '../../src/cli/demo/retail.ts';

/** Rows of one table as PostgreSQL text; null is NULL. */
export interface TestTable {
  readonly name: string;
  readonly replicated: boolean;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** One shard of a federation, with its own rows of the federated tables. */
export interface TestShard {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  /** By table name: indexes of the rows that this shard owns. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

export interface Dataset {
  /** Groups that the proxy declares: group -> table -> key. */
  readonly colocation?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly tables: readonly TestTable[];
  readonly shards: readonly TestShard[];
}

/** Label names with their types, in the order in which they follow a federated table's own columns. */
export const TEST_LABELS = [
  { name: 'storeid', type: 'integer' },
  { name: 'region', type: 'text' },
  { name: 'country', type: 'text' },
  { name: 'city', type: 'text' },
] as const;

/** Declared, and true, where rows are placed `by-sale`. */
const COLOCATION = { sale: { sales: 'id', visits: 'sale' }, sales: { sales: 'id' } } as const;

const PLACES: readonly Readonly<Record<string, string>>[] = [
  { storeid: '1', region: 'EU', country: 'FR', city: 'Paris' },
  { storeid: '2', region: 'NorthAmerica', country: 'CA', city: 'Toronto' },
  { storeid: '3', region: 'EU', country: 'DE', city: 'Berlin' },
  { storeid: '4', region: 'NorthAmerica', country: 'US', city: 'New York' },
  { storeid: '5' },
];

const NOTES = [
  '',
  'a',
  'b',
  'abc',
  'É',
  'éa',
  'ß',
  '100%',
  'a b c',
  ' x ',
  '日本',
  '🎉 party',
  "it's",
  'a_b',
  'A',
  'null',
  '\\',
];
const CODES = ['a', 'b', 'ab', 'B', 'zz', 'É1', ''];

export interface DatasetOptions {
  readonly seed: number;
  readonly agents: 1 | 2 | 5;
  readonly rows: number;
  /** How rows fall on the agents. */
  readonly split: 'random' | 'one-empty' | 'all-on-first' | 'by-sale';
  /** One value in so many is NULL. */
  readonly nulls: number;
}

/** Random relations, placed at random: the same for the same options. */
export function makeDataset(options: DatasetOptions): Dataset {
  const random = randomNumbers(options.seed);
  const maybe = (value: string): string | null => (random(options.nulls) === 0 ? null : value);
  const pick = (values: readonly string[]): string => values[random(values.length)] ?? '';
  const sales = Array.from({ length: options.rows }, (_, id) => [
    String(id),
    maybe(String(random(6))),
    maybe(String(random(9) - 2)),
    maybe(`${random(2) === 0 ? '' : '-'}${random(100)}.${String(random(100)).padStart(2, '0')}`),
    maybe(
      pick([
        '0',
        '-0',
        '0.1',
        '1.5',
        '-2.25',
        '1e20',
        '1e-5',
        'NaN',
        'Infinity',
        '-Infinity',
        '33.333333333333336',
      ]),
    ),
    maybe(pick(NOTES)),
    maybe(timestamp(random)),
    maybe(date(random)),
    maybe(random(2) === 0 ? 'true' : 'false'),
    maybe(pick(CODES)),
  ]);
  const visits = Array.from({ length: Math.floor(options.rows / 2) }, (_, id) => [
    String(id),
    maybe(String(random(options.rows + 1))),
    maybe(pick(['web', 'shop', 'phone'])),
    maybe(timestamp(random)),
  ]);
  const products = Array.from({ length: 5 }, (_, product) => [
    product === 4 ? null : String(product),
    pick(['Heart', 'Laterne', 'Café', 'Box']) + String(product),
    maybe(pick(['a', 'b'])),
    maybe(`${random(9)}.${String(random(100)).padStart(2, '0')}`),
  ]);
  const tables: readonly TestTable[] = [
    { name: 'sales', replicated: false, columns: SALES, rows: sales },
    { name: 'visits', replicated: false, columns: VISITS, rows: visits },
    { name: 'products', replicated: true, columns: PRODUCTS, rows: products },
    { name: 'things', replicated: false, columns: THINGS, rows: makeThings(options) },
  ];
  const colocation = options.split === 'by-sale' ? COLOCATION : {};
  return { tables, shards: placeRows(tables, options, random), colocation };
}

/** The same rows with the same labels on twice as many agents. */
export function halved({ tables, shards }: Dataset): Dataset {
  const half = (shard: TestShard, of: 0 | 1): TestShard => ({
    ...shard,
    id: `${shard.id}-${of}`,
    rows: Object.fromEntries(
      Object.entries(shard.rows).map(([table, rows]) => [table, rows.filter((row) => row % 2 === of)]),
    ),
  });
  return { tables, shards: shards.flatMap((shard) => [half(shard, 0), half(shard, 1)]) };
}

const SALES = [
  { name: 'id', type: 'int8' },
  { name: 'product', type: 'int4' },
  { name: 'qty', type: 'int4' },
  { name: 'price', type: 'numeric(10,2)' },
  { name: 'discount', type: 'float8' },
  { name: 'note', type: 'text' },
  { name: 'sold_at', type: 'timestamp' },
  { name: 'due', type: 'date' },
  { name: 'paid', type: 'bool' },
  { name: 'code', type: 'text' },
] as const;

const VISITS = [
  { name: 'visit', type: 'int8' },
  { name: 'sale', type: 'int8' },
  { name: 'kind', type: 'text' },
  { name: 'at', type: 'timestamp' },
] as const;

const PRODUCTS = [
  { name: 'product', type: 'int4' },
  { name: 'name', type: 'text' },
  { name: 'category', type: 'text' },
  { name: 'cost', type: 'numeric(8,2)' },
] as const;

/** Types that sales don't have. */
const THINGS = [
  { name: 'thing', type: 'int8' },
  { name: 'seen', type: 'timestamptz' },
  { name: 'daytime', type: 'time' },
  { name: 'span', type: 'interval' },
  { name: 'uid', type: 'uuid' },
  { name: 'small', type: 'int2' },
  { name: 'approx', type: 'float4' },
  { name: 'big', type: 'numeric(30,10)' },
  { name: 'raw', type: 'bytea' },
  { name: 'tags', type: 'text[]' },
  { name: 'counts', type: 'int4[]' },
  { name: 'doc', type: 'json' },
  { name: 'clock', type: 'timetz' },
] as const;

const DOCUMENTS = [
  '{"a": 1, "b": "x", "list": [1, 2, 3]}',
  '{"a": 2.50, "b": null, "deep": {"k": "É"}}',
  '{"b": "", "a": -3, "list": []}',
  '[1, "two", null, {"a": true}]',
  '{}',
  '"text"',
  '7',
  'null',
];

function makeThings(options: DatasetOptions): TestTable['rows'] {
  const random = randomNumbers(options.seed + 1);
  const maybe = (value: string): string | null => (random(options.nulls) === 0 ? null : value);
  const pick = (values: readonly string[]): string => values[random(values.length)] ?? '';
  const digits = (count: number) => Array.from({ length: count }, () => random(10)).join('');
  return Array.from({ length: Math.floor(options.rows / 2) }, (_, id) => [
    String(id),
    maybe(`${timestamp(random)}+00`),
    maybe(pick(['00:00:00', '07:30:00', '12:00:00.5', '23:59:59.999999'])),
    maybe(pick(['00:00:00', '1 day', '02:03:04', '-3 days', '1 year 2 mons', '5 days 06:00:00'])),
    maybe(`00000000-0000-4000-8000-00000000000${random(6)}`),
    maybe(String(random(9) - 4)),
    maybe(pick(['0', '1.5', '-2.25', '3.4e+38', 'NaN', 'Infinity', '0.1'])),
    maybe(`${random(2) === 0 ? '' : '-'}${digits(random(9) + 1)}.${digits(10)}`),
    maybe(pick(['\\x', '\\x00', '\\xff00', '\\x61'])),
    maybe(pick(['{}', '{a}', '{a,b}', '{a,NULL}'])),
    maybe(pick(['{}', '{1}', '{1,2}', '{2,1,1}', '{NULL}', '{3,NULL,0}'])),
    maybe(pick(DOCUMENTS)),
    maybe(pick(['12:00:00+00', '12:00:00+02', '10:00:00+00', '23:59:59.5-05', '00:00:00-00:30'])),
  ]);
}

function timestamp(random: (below: number) => number): string {
  const at = Date.UTC(2023, 10, 1) + random(400) * 86_400_000 + random(86_400) * 1000;
  const text = new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  return random(4) === 0 ? `${text}.${String(random(1_000_000)).padStart(6, '0')}` : text;
}

function date(random: (below: number) => number): string {
  return new Date(Date.UTC(2024, 0, 1) + random(120) * 86_400_000).toISOString().slice(0, 10);
}

function placeOf(
  table: TestTable,
  row: number,
  places: number,
  split: DatasetOptions['split'],
  random: (below: number) => number,
): number {
  if (split === 'all-on-first') return 0;
  const keys: Readonly<Record<string, string>> = COLOCATION.sale;
  const column = table.columns.findIndex(({ name }) => name === keys[table.name]);
  if (split === 'by-sale' && column >= 0) return Number(table.rows[row]?.[column] ?? 0) % places;
  return random(split === 'one-empty' ? Math.max(1, places - 1) : places);
}

function placeRows(
  tables: readonly TestTable[],
  options: DatasetOptions,
  random: (below: number) => number,
): readonly TestShard[] {
  const places = PLACES.slice(0, options.agents);
  const owned = places.map(() => Object.fromEntries(tables.map((table) => [table.name, [] as number[]])));
  for (const table of tables.filter((candidate) => !candidate.replicated)) {
    for (const row of table.rows.keys()) {
      const at = placeOf(table, row, places.length, options.split, random);
      owned[at]?.[table.name]?.push(row);
    }
  }
  return places.map((labels, i) => ({ id: `store-${i + 1}`, labels, rows: owned[i] ?? {} }));
}
