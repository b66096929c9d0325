import { randomNumbers } from '../../src/cli/demo/retail.ts';
import type { Dataset, TestShard, TestTable } from './dataset.ts';

/** `colocated`: an order's lines lie with it, and nation and region are copies. `scattered`: every row anywhere. */
export interface TpchOptions {
  readonly seed: number;
  /** 1 is about 600 lines. */
  readonly size: number;
  readonly split: 'colocated' | 'scattered';
}

type Random = (below: number) => number;
type Row = readonly string[];

/** Rows of TPC-H's schema, drawn so that each of its queries finds some; not those of its own generator. */
export function makeTpch({ seed, size, split }: TpchOptions): Dataset {
  const random = randomNumbers(seed);
  const orders = makeOrders(random, size);
  const copied = split === 'colocated';
  const tables: readonly TestTable[] = [
    table(
      'region',
      REGION,
      REGIONS.map((name, i) => [`${i}`, name, 'about it']),
      copied,
    ),
    table(
      'nation',
      NATION,
      NATIONS.map(([name, region], i) => [`${i}`, name, `${region}`, 'about it']),
      copied,
    ),
    table(
      'supplier',
      SUPPLIER,
      times(10 * size, (i) => supplier(random, i)),
    ),
    table(
      'customer',
      CUSTOMER,
      times(30 * size, (i) => customer(random, i)),
    ),
    table(
      'part',
      PART,
      times(40 * size, (i) => part(random, i)),
    ),
    table('partsupp', PARTSUPP, times(40 * size, (i) => partSuppliers(random, i, size)).flat()),
    table(
      'orders',
      ORDERS,
      orders.map(({ order }) => order),
    ),
    table(
      'lineitem',
      LINEITEM,
      orders.flatMap(({ lines }) => lines),
    ),
  ];
  const shards = place(tables, split, random);
  return copied ? { tables, shards, colocation: ORDERS_GROUP } : { tables, shards };
}

function table(name: string, columns: string, rows: readonly Row[], replicated = false): TestTable {
  const typed = columns.split(', ').map((column) => {
    const [columnName = '', type = ''] = column.split(' ');
    return { name: columnName, type };
  });
  return { name, replicated, columns: typed, rows };
}

const ORDERS_GROUP = { orders: { orders: 'o_orderkey', lineitem: 'l_orderkey' } };

const REGION = 'r_regionkey int4, r_name text, r_comment text';
const NATION = 'n_nationkey int4, n_name text, n_regionkey int4, n_comment text';
const SUPPLIER =
  's_suppkey int4, s_name text, s_address text, s_nationkey int4, s_phone text, s_acctbal numeric(15,2), s_comment text';
const CUSTOMER =
  'c_custkey int4, c_name text, c_address text, c_nationkey int4, c_phone text, c_acctbal numeric(15,2), c_mktsegment text, c_comment text';
const PART =
  'p_partkey int4, p_name text, p_mfgr text, p_brand text, p_type text, p_size int4, p_container text, p_retailprice numeric(15,2), p_comment text';
const PARTSUPP =
  'ps_partkey int4, ps_suppkey int4, ps_availqty int4, ps_supplycost numeric(15,2), ps_comment text';
const ORDERS =
  'o_orderkey int8, o_custkey int4, o_orderstatus text, o_totalprice numeric(15,2), o_orderdate date, o_orderpriority text, o_clerk text, o_shippriority int4, o_comment text';
const LINEITEM =
  'l_orderkey int8, l_partkey int4, l_suppkey int4, l_linenumber int4, l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2), l_tax numeric(15,2), l_returnflag text, l_linestatus text, l_shipdate date, l_commitdate date, l_receiptdate date, l_shipinstruct text, l_shipmode text, l_comment text';

const REGIONS = ['AFRICA', 'AMERICA', 'ASIA', 'EUROPE', 'MIDDLE EAST'];
const NATIONS: readonly (readonly [string, number])[] = [
  ['BRAZIL', 1],
  ['CANADA', 1],
  ['CHINA', 2],
  ['FRANCE', 3],
  ['GERMANY', 3],
  ['INDIA', 2],
  ['KENYA', 0],
  ['IRAN', 4],
];
const SEGMENTS = ['AUTOMOBILE', 'BUILDING', 'FURNITURE'];
const PRIORITIES = ['1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW'];
const MODES = ['AIR', 'REG AIR', 'MAIL', 'SHIP', 'TRUCK'];

const times = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const pick = (random: Random, values: readonly string[]): string => values[random(values.length)] ?? '';
const cents = (random: Random, below: number): string => (random(below * 100) / 100).toFixed(2);

function supplier(random: Random, key: number): Row {
  const comment = random(5) === 0 ? 'Customer sad Complaints' : 'fine';
  const nation = random(NATIONS.length);
  return [
    `${key}`,
    `Supplier#${key}`,
    `street ${random(99)}`,
    `${nation}`,
    phone(random),
    cents(random, 9000),
    comment,
  ];
}

function phone(random: Random): string {
  return `${pick(random, ['13', '31', '23', '29', '40'])}-${random(900)}`;
}

function customer(random: Random, key: number): Row {
  const balance = (random(1_000_000) / 100 - 900).toFixed(2);
  const nation = random(NATIONS.length);
  const segment = pick(random, SEGMENTS);
  return [
    `${key}`,
    `Customer#${key}`,
    `road ${random(99)}`,
    `${nation}`,
    phone(random),
    balance,
    segment,
    'polite',
  ];
}

function part(random: Random, key: number): Row {
  const name = `${pick(random, ['forest', 'green', 'navy'])} ${pick(random, ['green', 'puff', 'lace'])}`;
  const type = `${pick(random, ['ECONOMY', 'PROMO', 'MEDIUM POLISHED'])} ${pick(random, ['BRASS', 'STEEL'])}`;
  const size = pick(random, ['3', '9', '14', '23', '36', '49']);
  const container = pick(random, ['SM CASE', 'SM BOX', 'MED BAG', 'MED BOX']);
  const brand = pick(random, ['Brand#12', 'Brand#23', 'Brand#45']);
  return [`${key}`, name, 'Manufacturer#1', brand, type, size, container, cents(random, 2000), 'part'];
}

function partSuppliers(random: Random, key: number, size: number): readonly Row[] {
  return times(3, (i) => [
    `${key}`,
    `${(key + i * 3) % (10 * size)}`,
    `${random(100)}`,
    cents(random, 1000),
    'supply',
  ]);
}

const day = (at: number): string => new Date(at * 86_400_000).toISOString().slice(0, 10);

function makeOrders(random: Random, size: number) {
  const first = Date.UTC(1992, 0, 1) / 86_400_000;
  return times(150 * size, (key) => {
    const date = first + random(2500);
    const comment = random(4) === 0 ? 'special handling requests' : 'as usual';
    // A third of the customers never order.
    const buyer = random(10 * size) * 3 + random(2);
    const order = [
      `${key}`,
      `${buyer}`,
      pick(random, ['F', 'O', 'P']),
      cents(random, 100_000),
      day(date),
      pick(random, PRIORITIES),
      'Clerk#1',
      '0',
      comment,
    ];
    const lines = times(1 + random(7), (line) => lineOf(random, key, line, date, size));
    return { order, lines };
  });
}

function lineOf(random: Random, order: number, line: number, date: number, size: number): Row {
  const key = random(40 * size);
  const ship = date + 1 + random(120);
  const amounts = [`${1 + random(50)}.00`, cents(random, 10_000), `0.0${random(10)}`, `0.0${random(9)}`];
  return [
    `${order}`,
    `${key}`,
    `${(key + random(3) * 3) % (10 * size)}`,
    `${line + 1}`,
    ...amounts,
    pick(random, ['R', 'A', 'N']),
    pick(random, ['F', 'O']),
    day(ship),
    day(date + 30 + random(60)),
    day(ship + 1 + random(30)),
    'NONE',
    pick(random, MODES),
    'line',
  ];
}

const SHARDS = 4;

function place(
  tables: readonly TestTable[],
  split: TpchOptions['split'],
  random: Random,
): readonly TestShard[] {
  const owned = times(SHARDS, () => new Map<string, number[]>());
  for (const { name, rows, replicated } of tables.filter((candidate) => !candidate.replicated)) {
    const byKey = split === 'colocated' && !replicated && (name === 'orders' || name === 'lineitem');
    for (const [index, row] of rows.entries()) {
      const rowsOf = owned[byKey ? Number(row[0]) % SHARDS : random(SHARDS)];
      const indexes = rowsOf?.get(name) ?? [];
      indexes.push(index);
      rowsOf?.set(name, indexes);
    }
  }
  return owned.map((rows, i) => ({
    id: `store-${i + 1}`,
    labels: { storeid: `${i + 1}`, region: i % 2 === 0 ? 'EU' : 'US' },
    rows: Object.fromEntries(rows),
  }));
}
