import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisSession, CatalogEngine, ShadowMap } from '../../src/analysis/engine.ts';
import { createCatalogEngine } from '../../src/analysis/pglite-engine.ts';
import type { TreeNode, TreeValue } from '../../src/analysis/tree.ts';
import { NodeReader } from '../../src/analysis/tree.ts';
import { decodeDatum } from '../../src/analysis/tree-datum.ts';
import { SkeinError } from '../../src/base/errors.ts';
import type { Snapshot, Table, TableColumn } from '../../src/catalog/snapshot.ts';
import { numericType, OID, sqlType } from '../../src/types/sql-type.ts';

const column = (name: string, oid: number, typmod = -1): TableColumn => ({
  name,
  type: sqlType(oid, typmod),
});

const TRANSACTIONS: Table = {
  name: 'transactions',
  kind: 'federated',
  columns: [
    column('Invoice', OID.text),
    column('Quantity', OID.int8),
    { name: 'Price', type: numericType(10, 2) },
    column('Customer ID', OID.int8),
    column('Country', OID.text),
    column('InvoiceDate', OID.timestamp),
  ],
  pieces: [
    { shard: 'a', rowEstimate: 1000, byteEstimate: 1e6, outOfService: undefined },
    { shard: 'b', rowEstimate: 500, byteEstimate: undefined, outOfService: undefined },
  ],
  comment: 'what was sold: it\'s \\ a "table"',
};

const ODD: Table = {
  name: 'Stores "Ü" 😀',
  kind: 'replicated',
  columns: [
    column('a"b', OID.textArray),
    column('naïve col\numn', OID.varchar, 14),
    column('{x} (y)', OID.bpchar, 7),
    column('<>', OID.timestamptz, 3),
    column("'; DROP TABLE transactions; --", OID.bool),
  ],
  pieces: [],
  comment: undefined,
};

const IMPOSSIBLE: Table = { ...ODD, name: 'impossible', columns: [column('ctid', OID.text)] };

function snapshot(version: number, tables: readonly Table[]): Snapshot {
  const labels = [
    { name: 'country', type: sqlType(OID.text) },
    { name: 'storeid', type: sqlType(OID.int4) },
  ];
  return { version, labels, shards: [], tables };
}

const SESSION: AnalysisSession = {
  searchPath: '"$user", public',
  timeZone: 'Asia/Kolkata',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  user: 'Ann "A"',
};

const log: string[] = [];
let directory: string;
let engine: CatalogEngine;
let shadow: ShadowMap;

function open(): Promise<CatalogEngine> {
  return createCatalogEngine({
    stateDirectory: directory,
    database: 'skein',
    log: (message) => log.push(message),
    analysisTimeoutMs: 5000,
    queryTimeoutMs: 5000,
    maxCatalogThreads: 2,
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-catalog-'));
  engine = await open();
  shadow = await engine.sync(snapshot(1, [TRANSACTIONS, ODD, IMPOSSIBLE]));
});

afterAll(async () => {
  await engine.close();
  await rm(directory, { recursive: true, force: true });
});

const analyze = (sql: string, oids: readonly number[] = []) => engine.analyze(sql, oids, SESSION);

async function query(sql: string, signal = new AbortController().signal): Promise<(string | null)[][]> {
  const answer = await engine.query(sql, [], [], [], SESSION, signal);
  return answer.rows.map((row) =>
    row.fields().map((field) => (field === null ? null : Buffer.from(field).toString())),
  );
}

async function failure(work: Promise<unknown>): Promise<SkeinError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SkeinError) return error;
  throw new Error('no SkeinError', { cause: error });
}

function relation(name: string) {
  const found = [...shadow.relations.values()].find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`${name} is not in the shadow`);
  return found;
}

describe('the shadow', () => {
  it('holds physical columns, then label columns', () => {
    expect(relation('transactions')).toMatchObject({ schema: 'public', kind: 'table' });
    expect(relation('transactions').columns.map((entry) => `${entry.source} ${entry.name}`)).toEqual([
      'physical Invoice',
      'physical Quantity',
      'physical Price',
      'physical Customer ID',
      'physical Country',
      'physical InvoiceDate',
      'label country',
      'label storeid',
    ]);
    expect(relation('agents')).toMatchObject({ schema: 'skein', kind: 'system' });
    expect(log).toContain("table impossible can't be shown by PostgreSQL");
  });

  it('keeps odd names and types verbatim', async () => {
    const { columns } = await analyze('select * from public."Stores ""Ü"" 😀" as " x"');
    expect(columns.map(({ name, typeOid, typmod }) => [name, typeOid, typmod])).toEqual(
      ODD.columns.map(({ name, type }) => [name, type.oid, type.typmod]),
    );
    const table = relation(ODD.name);
    expect(columns.map(({ tableOid, attributeNumber }) => [tableOid, attributeNumber])).toEqual(
      ODD.columns.map((_, index) => [table.oid, index + 1]),
    );
  });

  it('shows comments, estimates and views to catalog queries', async () => {
    expect(
      await query(`select relname, relkind, reltuples, relpages, obj_description(oid) from pg_class
        where relnamespace = 'public'::regnamespace order by relname desc`),
    ).toEqual([
      ['transactions', 'r', '1500', '123', TRANSACTIONS.comment],
      [ODD.name, 'r', '-1', '0', null],
    ]);
    expect(await query("select viewname from pg_views where schemaname = 'skein' order by 1")).toEqual([
      ['agents'],
      ['last_query'],
      ['lineage'],
      ['queries'],
      ['query_tasks'],
      ['tables'],
    ]);
    expect(
      await query(
        "select count(*) from information_schema.columns where table_name = 'transactions' and data_type = 'numeric'",
      ),
    ).toEqual([['1']]);
  });

  it('changes by the difference, and gives the same OIDs to both threads', async () => {
    const changed = { ...TRANSACTIONS, columns: TRANSACTIONS.columns.slice(0, 3), comment: undefined };
    const other = await engine.sync(snapshot(2, [changed, { ...ODD, comment: 'now with one' }]));
    const added = [...other.relations.values()].find((entry) => entry.name === 'transactions');
    expect(added?.columns).toHaveLength(5);
    expect([...other.relations.values()].find((entry) => entry.name === ODD.name)?.oid).toBe(
      relation(ODD.name).oid,
    );
    const [first] = (await analyze('select "Invoice" from transactions')).columns;
    expect(await query("select 'transactions'::regclass::oid")).toEqual([[String(first?.tableOid)]]);
    expect((await failure(analyze('select "Country" from transactions'))).code).toBe('42703');
    shadow = await engine.sync(snapshot(3, [TRANSACTIONS, ODD]));
    await analyze('select "Country" from transactions');
  });
});

describe('analysis', () => {
  it('gives parameter types, columns and the tree', async () => {
    const { parameterOids, columns, tree } = await analyze(
      'select "Country", sum("Price") as total, $1 from transactions where storeid = $2 group by 1 order by 2',
    );
    expect(parameterOids).toEqual([OID.text, OID.int4]);
    expect(columns).toEqual([
      {
        name: 'Country',
        tableOid: relation('transactions').oid,
        attributeNumber: 5,
        typeOid: OID.text,
        typeSize: -1,
        typmod: -1,
      },
      { name: 'total', tableOid: 0, attributeNumber: 0, typeOid: OID.numeric, typeSize: -1, typmod: -1 },
      { name: '?column?', tableOid: 0, attributeNumber: 0, typeOid: OID.text, typeSize: -1, typmod: -1 },
    ]);
    expect(tree.tag).toBe('QUERY');
    const range = new NodeReader(tree).nodes('rtable')[0];
    expect(range && new NodeReader(range).int('relid')).toBe(relation('transactions').oid);
  });

  it('takes the types of parameters from the client', async () => {
    expect((await analyze('select $1, $2', [OID.date, 0])).parameterOids).toEqual([OID.date, OID.text]);
  });

  it.each([
    'select',
    'select 1 as a, 2 as a',
    'select *, t.* from transactions t',
    "values (1, 'x'), (null, 'y')",
    "with recursive r(n) as (select 1 union all select n + 1 from r where n < 3) select 'x' from r",
    "select 'a' union select null",
    'select 1 from transactions for update',
    'select row(1, 2), transactions from transactions',
    'select grouping("Country"), count(*) from transactions group by rollup ("Country", storeid)',
    'select sum(1) over w from transactions window w as (partition by storeid rows between 1 preceding and current row)',
    'select * from skein.agents, lateral jsonb_each(labels) e',
    'table pg_class',
    'select random(), now(), current_user',
    'insert into transactions default values returning *',
    'select from transactions "a very long alias of { ( \\ } ) that has \n to break over lines somewhere in the dump" where true',
  ])('%s', async (sql) => {
    const described = await engine.describe(sql, [], SESSION);
    const { parameterOids, columns, tree } = await analyze(sql);
    expect({ parameterOids, columns }).toEqual(described);
    expect(tree.tag).toBe('QUERY');
  });

  it('describes what is not a query', async () => {
    expect((await engine.describe('show timezone', [], SESSION)).columns.map(({ name }) => name)).toEqual([
      'TimeZone',
    ]);
    expect(await engine.describe('begin', [], SESSION)).toEqual({ parameterOids: [], columns: [] });
  });

  it.each<[string, Partial<SkeinError>]>([
    [
      'select \'€😀\', "É" from transactions',
      { code: '42703', message: 'column "É" does not exist', fields: { position: 14 } },
    ],
    ["select country, storeid + 'a' from transactions", { code: '22P02', fields: { position: 27 } }],
    [
      'select * from transactionz',
      { code: '42P01', message: 'relation "transactionz" does not exist', fields: { position: 15 } },
    ],
    [
      'select invoice from transactions',
      {
        code: '42703',
        fields: { position: 8, hint: 'Perhaps you meant to reference the column "transactions.Invoice".' },
      },
    ],
    ['select foo(1)', { code: '42883', fields: { position: 8 } }],
    ['selec 1', { code: '42601', message: 'syntax error at or near "selec"', fields: { position: 1 } }],
    ['select $1 + $2', { code: '42725', fields: { position: 11 } }],
    ['select 1; select 2', { code: '42601' }],
    ["select 'x'::nope", { code: '42704', fields: { position: 13 } }],
    ['select 1 +\n "B"', { code: '42703', fields: { position: 13 } }],
    ['select 1\0', { code: '22021' }],
    ['', { code: 'XX000' }],
  ])('%s fails as PostgreSQL says', async (sql, expected) => {
    expect(await failure(analyze(sql))).toMatchObject(expected);
  });

  it('refuses CTEs whose names differ only by a newline', async () => {
    const error = await failure(analyze('with "a b" as (select 1), "a\nb" as (select 2) table "a b"'));
    expect(error.code).toBe('0A000');
    await analyze('with "a\nb" as (select 2) table "a\nb"');
  });

  it('depends on the session alone', async () => {
    const other = { ...SESSION, user: 'bob', searchPath: 'skein', timeZone: 'UTC' };
    const { columns } = await engine.analyze('select * from agents', [], other);
    expect(columns).toHaveLength(7);
    expect((await failure(analyze('select * from agents'))).code).toBe('42P01');
    const settings =
      "select current_user, session_user, current_setting('search_path'), '2024-01-01 00:00Z'::timestamptz::text";
    const answer = await engine.query(settings, [], [], [], other, new AbortController().signal);
    expect(answer.rows[0]?.fields().map((field) => String(field && Buffer.from(field)))).toEqual([
      'bob',
      'bob',
      'skein',
      '2024-01-01 00:00:00+00',
    ]);
    expect(await query(settings)).toEqual([
      [SESSION.user, SESSION.user, SESSION.searchPath, '2024-01-01 05:30:00+05:30'],
    ]);
  });

  it('refuses a statement that is too deep, and goes on', async () => {
    for (const depth of [2000, 20_000, 200_000]) {
      expect((await failure(analyze(`select ${'1+'.repeat(depth)}1`))).code).toBe('54001');
      expect((await failure(query(`select ${'1+'.repeat(depth)}1`))).code).toBe('54001');
    }
    expect((await analyze('select * from transactions')).columns).toHaveLength(8);
    expect(await query('select 1')).toEqual([['1']]);
  });
});

/** The first CONST of the tree. */
function constant(value: TreeNode | TreeValue): TreeNode | undefined {
  if ('tag' in value) {
    if (value.tag === 'CONST') return value;
    for (const field of value.fields.values()) {
      const found = constant(field);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (value.kind === 'node') return constant(value.node);
  if (value.kind === 'list') {
    for (const item of value.items) {
      const found = constant(item);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function decoded(expression: string): Promise<ReturnType<typeof decodeDatum>> {
  const node = constant(
    (await engine.analyze(`select ${expression}`, [], { ...SESSION, timeZone: 'UTC' })).tree,
  );
  if (node === undefined) throw new Error(`no constant in ${expression}`);
  const reader = new NodeReader(node);
  const bytes = reader.bytes('constvalue');
  if (bytes === undefined) throw new Error('NULL');
  return decodeDatum(reader.int('consttype'), reader.int('constlen'), bytes);
}

/** PostgreSQL's own text of the same constant. */
async function shown(expression: string): Promise<string | null | undefined> {
  const utc = { ...SESSION, timeZone: 'UTC' };
  const answer = await engine.query(`select ${expression}`, [], [], [], utc, new AbortController().signal);
  const field = answer.rows[0]?.fields()[0];
  return field === null || field === undefined ? field : Buffer.from(field).toString();
}

const VALUES: Readonly<Record<string, readonly string[]>> = {
  int2: ['0', '-1', '32767', '-32768'],
  int4: ['0', '-1', '2147483647', '-2147483648'],
  int8: ['0', '-1', '9223372036854775807', '-9223372036854775808', '4294967296'],
  oid: ['0', '4294967295'],
  float4: [
    '0',
    '-0',
    '1.5',
    '0.1',
    '1e6',
    '100000',
    '123456.7',
    '1.1754944e-38',
    '3.4028235e38',
    '1e-45',
    '-1.25e-5',
    '0.0001',
    'NaN',
    'Infinity',
    '-Infinity',
    '16777216',
    '33554432',
  ],
  float8: [
    '0',
    '-0',
    '0.1',
    '1e15',
    '1e14',
    '123456789012345680',
    '1e-5',
    '0.0001',
    '1.7976931348623157e308',
    '5e-324',
    'NaN',
    '-Infinity',
    '-12.5',
  ],
  numeric: [
    '0',
    '0.000',
    '-0.00',
    '12.34500',
    '1',
    '10000',
    '10000000000',
    '-0.0001',
    '0.00012345',
    '1e-20',
    '123456789.123456789',
    '1e40',
    'NaN',
    'Infinity',
    '-Infinity',
    '99999999999999999999999999999999999999.5',
    `1.${'0'.repeat(200)}`,
    '1e1000',
  ],
  text: ['', 'x', 'é😀', "a'b\\c", '\u{feff}bom', 'x'.repeat(1000)],
  varchar: ['', 'abc'],
  bpchar: ['abc  '],
  name: ['abc', 'Éa'],
  '"char"': ['', 'a', '\\377'],
  date: [
    '2000-01-01',
    '1970-01-01',
    '1999-12-31',
    '2024-02-29',
    '0001-01-01',
    '0044-03-15 BC',
    '4713-01-01 BC',
    '5874897-12-31',
    'infinity',
    '-infinity',
    '12345-06-07',
  ],
  time: ['00:00', '23:59:59.999999', '24:00', '12:34:56.7', '01:00:00.000001'],
  timetz: ['12:00+02', '12:34:56.5-03:30', '00:00+00', '24:00-15:59', '12:00+05:30:15'],
  timestamp: [
    '2000-01-01',
    '1999-12-31 23:59:59.999999',
    '2024-01-05 12:34:56.78',
    '0044-03-15 01:02:03 BC',
    '294276-12-31 23:59:59.999999',
    'infinity',
    '-infinity',
    '4713-01-01 BC',
  ],
  timestamptz: [
    '2000-01-01 00:00+00',
    '2024-06-30 23:59:59.5+02',
    '0044-03-15 01:02:03+00 BC',
    'infinity',
    '-infinity',
  ],
  uuid: ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  bytea: ['\\x', '\\x00ff10'],
  json: ['{"a" : [1,  2]}', 'null'],
  jsonb: [
    '{}',
    '[]',
    'null',
    '1',
    '"x"',
    '-1.50',
    'true',
    '{"b": [1, {"c": null, "aa": "é\\"\\n\\u0001"}], "a": 1e5, "": false}',
    '[[], {}, [[1.25]], "x", 12345678901234567890]',
    `[${Array.from({ length: 100 }, (_, index) => `"${'v'.repeat(index)}", ${index}`).join(', ')}]`,
  ],
  '"bit"(5)': ['10101'],
  varbit: ['', '1', '101010101'],
};

describe('constants', () => {
  for (const [type, values] of Object.entries(VALUES)) {
    it(`decodes ${type}`, async () => {
      for (const value of values) {
        const expression = `'${value.replaceAll("'", "''")}'::${type}`;
        expect([value, await decoded(expression)]).toEqual([value, await shown(expression)]);
      }
    });
  }

  it('decodes bool, interval and unknown', async () => {
    expect([await decoded('true'), await decoded('false')]).toEqual(['true', 'false']);
    expect(await decoded("'1 year 2 mons -3 days 04:05:06.7'::interval")).toBe('14 -3 14706700000');
    expect(await decoded("'infinity'::interval")).toBe('infinity');
    expect(await decoded("'x' is null")).toBe('x');
  });

  it.each([
    ["'{}'::int4[]", []],
    ["'{1,NULL,-3}'::int4[]", ['1', null, '-3']],
    ["'{t,f,NULL}'::bool[]", ['true', 'false', null]],
    ["'{1,2,3}'::int2[]", ['1', '2', '3']],
    ["'{1,NULL,9223372036854775807}'::int8[]", ['1', null, '9223372036854775807']],
    [
      '\'{a,"b c",NULL,"",éé,NULL,x,y,z,"NULL"}\'::text[]',
      ['a', 'b c', null, '', 'éé', null, 'x', 'y', 'z', 'NULL'],
    ],
    ["'{1.50,NULL,1e10}'::numeric[]", ['1.50', null, '10000000000']],
    ["'{0.5,NaN}'::float8[]", ['0.5', 'NaN']],
    ["'{2024-01-01,infinity}'::date[]", ['2024-01-01', 'infinity']],
    ["'{2024-01-01 00:00+00}'::timestamptz[]", ['2024-01-01 00:00:00+00']],
    ["'{1 day,1 mon}'::interval[]", ['0 1 0', '1 0 0']],
    ["'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid[]", ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
  ])('decodes %s', async (expression, elements) => {
    expect(await decoded(expression)).toEqual({
      elements,
      lowerBounds: elements.length === 0 ? [] : [1],
    });
  });

  it('says the lower bound, and refuses what it cannot decode', async () => {
    expect(await decoded("'[3:4]={1,2}'::int4[]")).toEqual({ elements: ['1', '2'], lowerBounds: [3] });
    expect(await decoded("'{{{1,2,3}},{{4,NULL,6}}}'::int4[]")).toEqual({
      elements: [[['1', '2', '3']], [['4', null, '6']]],
      lowerBounds: [1, 1, 1],
    });
    expect(await decoded('\'{{a,NULL},{"b c",d}}\'::text[]')).toEqual({
      elements: [
        ['a', null],
        ['b c', 'd'],
      ],
      lowerBounds: [1, 1],
    });
    expect((await failure(decoded("'(1,2)'::point"))).code).toBe('0A000');
  });
});

describe('catalog queries', () => {
  it('takes parameters and gives results in either format', async () => {
    const answer = await engine.query(
      'select $1::int4 + 1, $2::text',
      [
        { format: 1, value: new Uint8Array([0, 0, 0, 41]) },
        { format: 0, value: Buffer.from('é') },
      ],
      [],
      [1, 0],
      SESSION,
      new AbortController().signal,
    );
    expect(answer.rows.map((row) => row.fields().map((field) => field && [...field]))).toEqual([
      [[0, 0, 0, 42], [...Buffer.from('é')]],
    ]);
    expect(answer.tag).toBe('SELECT 1');
    expect(answer.columns.map(({ typeOid }) => typeOid)).toEqual([OID.int4, OID.text]);
  });

  it('says who and what this is', async () => {
    expect(
      await query(
        "select current_database(), current_catalog, current_schema(), version() ~ '^PostgreSQL 18'",
      ),
    ).toEqual([['skein', 'skein', 'public', 't']]);
    expect(await query('show server_version_num')).toEqual([[expect.stringMatching(/^18\d{4}$/)]]);
    expect(await query('select datname, datlocale from pg_database')).toEqual([['skein', 'C.UTF-8']]);
    expect(await query('select rolsuper from pg_roles where rolname = current_user')).toEqual([['f']]);
    expect(await query("select 'É' < 'a', lower('É')")).toEqual([['f', 'é']]);
  });

  it('answers what psql 15 asks of columns that PostgreSQL 17 renamed', async () => {
    expect(await query('SELECT d.datname, d.daticulocale as "ICU" FROM pg_catalog.pg_database d')).toEqual([
      ['skein', 'C.UTF-8'],
    ]);
    await query('SELECT c.colliculocale FROM pg_catalog.pg_collation c');
  });

  it.each([
    ["select set_config('role', 'none', true)", '0A000'],
    ["select 1 where set_config('session_authorization', 'skein_system', true) is null", '0A000'],
    ['select pg_sleep(1)', '0A000'],
    ['select pg_terminate_backend(1)', '0A000'],
    ["select pg_read_file('/etc/passwd')", '0A000'],
    ["select pg_ls_dir('.')", '0A000'],
    ["select query_to_xml('select 1', true, true, '')", '0A000'],
    ["select lo_import('/etc/passwd')", '0A000'],
    ["select nextval('x')", '42P01'],
    ['select pg_advisory_lock(1)', '0A000'],
    ["select pg_notify('a', 'b')", '0A000'],
    ['select * from pg_authid', '42501'],
    ['select * from pg_hba_file_rules', '42501'],
    ['select * from transactions', '0A000'],
    ['select * from skein.agents', '0A000'],
    ['select count(*) from pg_class, transactions', '0A000'],
    ['select * from pg_class for update', '0A000'],
    ['create table x ()', '0A000'],
    ['delete from pg_class', '25006'],
    ['with x as (delete from pg_class returning 1) table x', '25006'],
    ['select 1; select 2', '42601'],
    ['commit', '0A000'],
    ["copy (select 1) to '/tmp/x'", '0A000'],
    ['set role none', '0A000'],
    ["do 'begin end'", '0A000'],
    ['explain analyze select 1', '0A000'],
  ])('refuses %s', async (sql, code) => {
    expect(await failure(query(sql))).toMatchObject({ code });
  });

  it('stops answers that are too large', async () => {
    expect((await failure(query("select repeat('x', 100000000) from generate_series(1, 5)"))).code).toMatch(
      /^(54000|57014|XX000)$/,
    );
    expect(await query('select 1')).toEqual([['1']]);
  });
});

const HEAVY = 'select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b';

describe('the watchdog', () => {
  it('ends a query that is cancelled, and answers the others', async () => {
    const controller = new AbortController();
    const heavy = [HEAVY, HEAVY].map((sql) => failure(query(sql, controller.signal)));
    await query('select 1').catch(() => undefined);
    const queued = failure(query('select 1', controller.signal));
    const other = query('select 2');
    controller.abort();
    for (const one of [...heavy, queued]) expect((await one).code).toBe('57014');
    expect(await other).toEqual([['2']]);
    expect(await query("select count(*) from pg_class where relname = 'transactions'")).toEqual([['1']]);
    await analyze('select * from transactions');
  });

  it('answers others while a slow query runs', async () => {
    const controller = new AbortController();
    let ended = false;
    const heavy = failure(query(HEAVY, controller.signal)).finally(() => {
      ended = true;
    });
    for (let answered = 0; answered < 20; answered += 1) await query(`select ${answered}`);
    await analyze('select * from transactions');
    const values = await engine.readValues(
      [OID.date],
      [{ format: 0, value: Buffer.from('2000-01-02') }],
      SESSION,
      controller.signal,
    );
    expect(values.map((value) => value && [...value])).toEqual([[0, 0, 0, 1]]);
    shadow = await engine.sync(snapshot(3, [TRANSACTIONS, ODD]));
    expect(ended).toBe(false);
    controller.abort();
    expect((await heavy).code).toBe('57014');
  });

  it('ends a query at its time limit', async () => {
    expect((await failure(query(HEAVY))).code).toBe('57014');
    expect(await query('select 3')).toEqual([['3']]);
  });

  it('keeps OIDs in step after it replaced a thread', async () => {
    const more = { ...TRANSACTIONS, name: 'more' };
    shadow = await engine.sync(snapshot(4, [TRANSACTIONS, ODD, more]));
    const [first] = (await analyze('select "Invoice" from more')).columns;
    expect(await query("select 'more'::regclass::oid")).toEqual([[String(first?.tableOid)]]);
  });
});

describe('the state directory', () => {
  it('starts again from what was saved, also when that is damaged', async () => {
    await engine.close();
    const root = join(directory, 'postgres');
    const made = (await stat(join(root, 'template', 'data'))).ino;
    engine = await open();
    const constant = await engine.constantText('drawn', 'SELECT random()::text', SESSION);
    await engine.close();
    engine = await open();
    expect(await engine.constantText('drawn', 'SELECT random()::text', SESSION)).toBe(constant);
    expect(await engine.constantText('drawn', "SELECT 'another'", SESSION)).toBe('another');
    // No thread for catalog queries is there yet: the first waits for it.
    expect(await query('SELECT 1')).toEqual([['1']]);
    await engine.close();
    expect((await stat(join(root, 'template', 'data'))).ino).toBe(made);
    expect(await readdir(root)).toEqual(['template']);
    await writeFile(join(root, 'template', 'data', 'global', 'pg_control'), 'damaged');
    engine = await open();
    await engine.sync(snapshot(5, [TRANSACTIONS]));
    await analyze('select * from transactions');
    expect(JSON.parse(await readFile(join(root, 'template', 'meta.json'), 'utf8'))).toHaveProperty(
      'fingerprint',
    );
  });

  it('names functions and operators by signature', () => {
    const names = new Set([...engine.system.functions.values()].map(({ signature }) => signature));
    const operators = new Set([...engine.system.operators.values()].map(({ signature }) => signature));
    expect(names).toContain('lower(text)');
    expect(names).toContain('count()');
    expect(names).toContain('array_agg(anynonarray)');
    expect(operators).toContain('int4 + int4');
    expect(operators).toContain('- int4');
    expect(engine.system.types.get(OID.textArray)).toBe('_text');
  });
});
