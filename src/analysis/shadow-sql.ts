import { quoteLiteral, storedIdentifier } from './pg-quote.ts';
import type { ShadowTable } from './shadow-table.ts';

/*
 * The shadow's tables are rows of PostgreSQL's catalogs, written as rows: many tables in one statement, with OIDs of our
 * choice, so that a table has one OID in every thread. They have no files: nothing ever reads them, only the analyser
 * looks at their columns. A tenth of the time that CREATE TABLE takes.
 */

/** OIDs of pg_class, and of its row and array types in pg_type, from a table's. */
export const OIDS_PER_TABLE = 3;
const ROW_TYPE = 1;
const ARRAY_TYPE = 2;

const PG_CLASS = 1259;
const PUBLIC = 2200;
const OWNER = 10;
const HEAP = 2;
/** What the template's default privileges give a new table. */
const ACL = `ARRAY[pg_catalog.makeaclitem(0, ${OWNER}, 'SELECT', false)] || pg_catalog.acldefault('r', ${OWNER})`;

export function createTables(tables: readonly ShadowTable[]): readonly string[] {
  if (tables.length === 0) return [];
  const rows = tables.map(
    ({ oid, name, columns, rows: count, pages }) =>
      `(${oid}, ${quoteName(name)}, ${columns.length}, ${count}, ${pages})`,
  );
  const names = `(VALUES ${tables.map(({ oid, name, arrayName }) => `(${oid}, ${quoteName(name)}, ${quoteLiteral(arrayName)})`).join(', ')}) AS t(oid, name, array_name)`;
  return [
    `INSERT INTO pg_catalog.pg_class (${Object.keys(CLASS).join(', ')})
      SELECT ${Object.values(CLASS).join(', ')} FROM (VALUES ${rows.join(', ')}) AS t(oid, name, columns, rows, pages)`,
    `INSERT INTO pg_catalog.pg_attribute (${ATTRIBUTE.join(', ')})
      SELECT t.oid, ${ATTRIBUTE.slice(1)
        .map((column) => `a.${column}`)
        .join(', ')}
      FROM ${names}, pg_catalog.pg_attribute a WHERE a.attrelid = ${PG_CLASS} AND a.attnum < 0`,
    insertColumns(tables),
    insertTypes('row', names),
    insertTypes('array', names),
  ];
}

/** pg_class. Its other columns are NULL. */
const CLASS = {
  ...{ oid: 't.oid', relname: 't.name', relnamespace: PUBLIC, reltype: `t.oid + ${ROW_TYPE}`, reloftype: 0 },
  ...{ relowner: OWNER, relam: HEAP, relfilenode: 't.oid', reltablespace: 0, relpages: 't.pages' },
  ...{ reltuples: 't.rows', relallvisible: 0, relallfrozen: 0, reltoastrelid: 0, relhasindex: false },
  ...{ relisshared: false, relpersistence: "'p'", relkind: "'r'", relnatts: 't.columns', relchecks: 0 },
  ...{ relhasrules: false, relhastriggers: false, relhassubclass: false, relrowsecurity: false },
  ...{ relforcerowsecurity: false, relispopulated: true, relreplident: "'d'", relispartition: false },
  ...{ relrewrite: 0, relfrozenxid: "'3'", relminmxid: "'1'", relacl: ACL },
};

/** pg_attribute: those that are not NULL. */
const ATTRIBUTE = [
  ...['attrelid', 'attname', 'atttypid', 'attlen', 'attnum', 'atttypmod', 'attndims', 'attbyval', 'attalign'],
  ...['attstorage', 'attcompression', 'attnotnull', 'atthasdef', 'atthasmissing', 'attidentity'],
  ...['attgenerated', 'attisdropped', 'attislocal', 'attinhcount', 'attcollation'],
];

function quoteName(name: string): string {
  return quoteLiteral(storedIdentifier(name));
}

function insertColumns(tables: readonly ShadowTable[]): string {
  const rows = tables.flatMap(({ oid, columns }) =>
    columns.map(
      ({ name, type }, index) => `(${oid}, ${quoteName(name)}, ${type.oid}, ${index + 1}, ${type.typmod})`,
    ),
  );
  if (rows.length === 0) return 'SELECT 1';
  return `INSERT INTO pg_catalog.pg_attribute (${ATTRIBUTE.join(', ')})
    SELECT c.relation, c.name, c.type, t.typlen, c.number, c.typmod, CASE WHEN t.typelem <> 0 AND t.typlen = -1 THEN 1 ELSE 0 END,
      t.typbyval, t.typalign, t.typstorage, '', false, false, false, '', '', false, true, 0, t.typcollation
    FROM (VALUES ${rows.join(', ')}) AS c(relation, name, type, number, typmod) JOIN pg_catalog.pg_type t ON t.oid = c.type`;
}

/** As PostgreSQL made those of pg_class itself. */
function insertTypes(kind: 'row' | 'array', names: string): string {
  const isRow = kind === 'row';
  const own: Readonly<Record<string, string | number>> = {
    oid: `t.oid + ${isRow ? ROW_TYPE : ARRAY_TYPE}`,
    typname: isRow ? 't.name' : 't.array_name',
    typnamespace: PUBLIC,
    typowner: OWNER,
    typrelid: isRow ? 't.oid' : 0,
    typelem: isRow ? 0 : `t.oid + ${ROW_TYPE}`,
    typarray: isRow ? `t.oid + ${ARRAY_TYPE}` : 0,
  };
  const columns = [...Object.keys(own), ...TYPE];
  const values = [...Object.values(own), ...TYPE.map((column) => `p.${column}`)];
  const model = isRow
    ? `p.typrelid = ${PG_CLASS}`
    : `p.oid = (SELECT m.typarray FROM pg_catalog.pg_type m WHERE m.typrelid = ${PG_CLASS})`;
  return `INSERT INTO pg_catalog.pg_type (${columns.join(', ')})
    SELECT ${values.join(', ')} FROM ${names}, pg_catalog.pg_type p WHERE ${model}`;
}

const TYPE = [
  ...['typlen', 'typbyval', 'typtype', 'typcategory', 'typispreferred', 'typisdefined', 'typdelim'],
  ...[
    'typsubscript',
    'typinput',
    'typoutput',
    'typreceive',
    'typsend',
    'typmodin',
    'typmodout',
    'typanalyze',
  ],
  ...['typalign', 'typstorage', 'typnotnull', 'typbasetype', 'typtypmod', 'typndims', 'typcollation'],
];

export function dropTables(oids: readonly number[]): readonly string[] {
  if (oids.length === 0) return [];
  const list = oids.join(', ');
  const types = oids.flatMap((oid) => [oid + ROW_TYPE, oid + ARRAY_TYPE]).join(', ');
  return [
    `DELETE FROM pg_catalog.pg_attribute WHERE attrelid IN (${list})`,
    `DELETE FROM pg_catalog.pg_type WHERE oid IN (${types})`,
    `DELETE FROM pg_catalog.pg_class WHERE oid IN (${list})`,
    ...dropComments(oids),
  ];
}

export function setComments(tables: readonly ShadowTable[]): readonly string[] {
  const rows = tables.flatMap(({ oid, comments }) =>
    comments.map(
      ({ attributeNumber, text }) => `(${oid}, ${PG_CLASS}, ${attributeNumber}, ${quoteLiteral(text)})`,
    ),
  );
  const insert = `INSERT INTO pg_catalog.pg_description (objoid, classoid, objsubid, description) VALUES ${rows.join(', ')}`;
  return [...dropComments(tables.map(({ oid }) => oid)), ...(rows.length === 0 ? [] : [insert])];
}

function dropComments(oids: readonly number[]): readonly string[] {
  if (oids.length === 0) return [];
  return [
    `DELETE FROM pg_catalog.pg_description WHERE classoid = ${PG_CLASS} AND objoid IN (${oids.join(', ')})`,
  ];
}

export function setEstimates(tables: readonly ShadowTable[]): readonly string[] {
  if (tables.length === 0) return [];
  const rows = tables.map(({ oid, rows: count, pages }) => `(${oid}, ${count}, ${pages})`);
  return [
    `UPDATE pg_catalog.pg_class c SET reltuples = t.rows, relpages = t.pages
      FROM (VALUES ${rows.join(', ')}) AS t(oid, rows, pages) WHERE c.oid = t.oid`,
  ];
}
