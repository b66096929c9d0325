import { describe, expect, it } from 'vitest';
import type { Snapshot, Table } from '../catalog/snapshot.ts';
import { numericType, OID, sqlType } from '../types/sql-type.ts';
import { quoteLiteral, storedIdentifier } from './pg-quote.ts';
import { shadowChanges, shadowTables } from './shadow.ts';
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

function tablesOf(tables: readonly Table[], skipped: string[] = []) {
  const labels = [{ name: 'region', type: sqlType(OID.text) }];
  const snapshot: Snapshot = { version: 1, labels, shards: [], tables };
  return shadowTables(snapshot, (table) => skipped.push(table));
}

const statements = (before: readonly Table[], after: readonly Table[]) =>
  [...shadowChanges(tablesOf(before), tablesOf(after)).values()].flat();

describe('the shadow', () => {
  it('puts a label in the place of a column of its name', () => {
    expect([...tablesOf([TABLE]).values()][0]?.columns).toEqual([
      { name: 'Price', source: 'physical' },
      { name: 'region', source: 'label' },
    ]);
    expect([...tablesOf([{ ...TABLE, kind: 'replicated' }]).values()][0]?.columns[1]?.source).toBe(
      'physical',
    );
  });

  it('creates, changes and drops only what differs', () => {
    expect(statements([], [TABLE])).toEqual([
      'CREATE TABLE public."a""b" ("Price" pg_catalog.numeric(10,2), "region" pg_catalog.text)',
      `COMMENT ON TABLE public."a""b" IS 'it''s'`,
      `UPDATE pg_catalog.pg_class SET reltuples = 7, relpages = 2 WHERE oid = 'public."a""b"'::pg_catalog.regclass`,
    ]);
    expect(statements([TABLE], [TABLE])).toEqual([]);
    expect(statements([TABLE], [])).toEqual(['DROP TABLE public."a""b"']);
    expect(statements([TABLE], [{ ...TABLE, comment: undefined }])).toEqual([
      'COMMENT ON TABLE public."a""b" IS NULL',
    ]);
    expect(statements([TABLE], [{ ...TABLE, pieces: [] }])).toEqual([
      `UPDATE pg_catalog.pg_class SET reltuples = -1, relpages = 0 WHERE oid = 'public."a""b"'::pg_catalog.regclass`,
    ]);
    expect(statements([TABLE], [{ ...TABLE, columns: [] }])[0]).toBe('DROP TABLE public."a""b"');
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
