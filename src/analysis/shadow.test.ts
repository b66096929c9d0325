import { describe, expect, it } from 'vitest';
import type { Snapshot, Table } from '../catalog/snapshot.ts';
import { numericType, OID, sqlType } from '../types/sql-type.ts';
import { FIRST_FEDERATED_OID } from './owned/catalogs.ts';
import { quoteLiteral, storedIdentifier } from './pg-quote.ts';
import { OidSource, shadowChanges, shadowTables } from './shadow.ts';
import { labelComment, tableComment } from './shadow-comments.ts';
import type { ShadowTables } from './shadow-table.ts';
import { typeName } from './type-name.ts';

const TABLE: Table = {
  name: 'a"b',
  kind: 'federated',
  columns: [
    { name: 'Price', type: numericType(10, 2) },
    { name: 'region', type: sqlType(OID.text) },
  ],
  pieces: [{ shard: 's', rowEstimate: 7, byteEstimate: 9000, outOfService: undefined }],
  comment: "it's",
};

function tablesOf(
  tables: readonly Table[],
  skipped: string[] = [],
  before: ShadowTables = new Map(),
  oids = new OidSource(),
) {
  const labels = [{ name: 'region', type: sqlType(OID.text) }];
  const snapshot: Snapshot = { version: 1, labels, shards: [], tables };
  return shadowTables(snapshot, before, oids, (table) => skipped.push(table));
}

/** What is done, by kind and OID. */
function changes(before: readonly Table[], after: readonly Table[]) {
  const oids = new OidSource();
  const old = tablesOf(before, [], new Map(), oids);
  return shadowChanges(old, tablesOf(after, [], old, oids)).map((change) =>
    change.kind === 'drop' ? ['drop', change.oid] : [change.kind, change.table.oid],
  );
}

describe('the shadow', () => {
  it('puts a label in the place of a column of its name', () => {
    expect([...tablesOf([TABLE]).values()][0]?.columns).toMatchObject([
      { name: 'Price', source: 'physical' },
      { name: 'region', source: 'label' },
    ]);
    expect([...tablesOf([{ ...TABLE, kind: 'replicated' }]).values()][0]?.columns[1]?.source).toBe(
      'physical',
    );
  });

  it('creates, changes and drops only what differs', () => {
    const other: Table = { ...TABLE, name: 'other' };
    expect(changes([], [TABLE])).toEqual([
      ['create', FIRST_FEDERATED_OID],
      ['comment', FIRST_FEDERATED_OID],
    ]);
    expect(changes([TABLE], [TABLE])).toEqual([]);
    expect(changes([TABLE], [])).toEqual([['drop', FIRST_FEDERATED_OID]]);
    expect(changes([TABLE], [{ ...TABLE, comment: undefined }])).toEqual([['comment', FIRST_FEDERATED_OID]]);
    const more = TABLE.pieces.map((piece) => ({ ...piece, rowEstimate: 8 }));
    expect(changes([TABLE], [{ ...TABLE, pieces: more }])).toEqual([['estimate', FIRST_FEDERATED_OID]]);
    expect(changes([TABLE, other], [{ ...other, columns: [] }])).toEqual([
      ['drop', FIRST_FEDERATED_OID],
      ['drop', FIRST_FEDERATED_OID + 3],
      ['create', FIRST_FEDERATED_OID + 6],
      ['comment', FIRST_FEDERATED_OID + 6],
    ]);
  });

  it('names the type of arrays of a table’s rows as no table is named', () => {
    const names = ['a', '_a', '__a'].map((name) => ({ ...TABLE, name }));
    expect([...tablesOf(names).values()].map(({ arrayName }) => arrayName)).toEqual([
      '___a',
      '____a',
      '_____a',
    ]);
  });

  it('says of a table where its rows are', () => {
    const piece = (shard: string, outOfService?: string) => ({
      ...{ shard, rowEstimate: 1, byteEstimate: 1 },
      outOfService,
    });
    const table = { ...TABLE, comment: undefined, pieces: [piece('b'), piece('a', 'why'), piece('c')] };
    expect(tableComment(table)).toBe('federated over 3 shards (a, b, c); out of service on a');
    expect(tableComment({ ...table, kind: 'replicated' })).toMatch(/^replicated: the same rows on each of 3/);
    const many = Array.from({ length: 20 }, (_, index) => piece(`s${index + 10}`));
    expect(tableComment({ ...table, pieces: many })).toMatch(/\(s10, s11, .*, s17 and 12 more\)$/);
    const shard = (id: string, labels: Readonly<Record<string, string>>) => ({ id, labels, agents: [] });
    const shards = [shard('a', { region: 'EU' }), shard('b', {}), shard('c', { region: 'EU' })];
    const snapshot: Snapshot = { version: 1, labels: [], shards, tables: [] };
    expect(labelComment('region', table, snapshot)).toBe("label: 'EU' (a, c), NULL (b)");
  });

  it('skips, by name, what PostgreSQL has no place for', () => {
    const skipped: string[] = [];
    const wide = Array.from({ length: 1601 }, (_, index) => ({ name: `c${index}`, type: sqlType(OID.int4) }));
    const long = 'x'.repeat(64);
    const tables = tablesOf(
      [
        { ...TABLE, name: 'wide', columns: wide },
        { ...TABLE, name: 'system', columns: [{ name: 'xmin', type: sqlType(OID.int4) }] },
        { ...TABLE, name: 'odd', columns: [{ name: 'a', type: sqlType(OID.record) }] },
        { ...TABLE, name: `${long}1` },
        { ...TABLE, name: `${long}2` },
      ],
      skipped,
    );
    expect(skipped).toEqual(['wide', 'system', 'odd', `${long}2`]);
    expect([...tables.keys()]).toEqual(['x'.repeat(63)]);
  });
});

describe('names', () => {
  it.each([
    [sqlType(OID.varchar, 14), 'pg_catalog.varchar(10)'],
    [sqlType(OID.varchar), 'pg_catalog.varchar'],
    [sqlType(OID.bpchar, 5), 'pg_catalog.bpchar(1)'],
    [sqlType(OID.timestamptz, 3), 'pg_catalog.timestamptz(3)'],
    [sqlType(OID.bit, 8), 'pg_catalog."bit"(8)'],
    [sqlType(OID.numericArray, numericType(5, 2).typmod), 'pg_catalog.numeric(5,2)[]'],
    [sqlType(OID.char), 'pg_catalog."char"'],
  ])('types', (type, name) => {
    expect(typeName(type)).toBe(name);
  });

  it('cuts as PostgreSQL does, between characters', () => {
    expect(storedIdentifier('é'.repeat(40))).toBe('é'.repeat(31));
    expect(storedIdentifier('😀'.repeat(16))).toBe('😀'.repeat(15));
    expect(storedIdentifier('short')).toBe('short');
  });

  it('quotes literals under any setting', () => {
    expect(quoteLiteral("a'b")).toBe("'a''b'");
    expect(quoteLiteral("a\\'b")).toBe("E'a\\\\''b'");
  });
});
