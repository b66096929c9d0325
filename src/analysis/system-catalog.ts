import { z } from 'zod';
import type { SystemCatalog } from './tree-context.ts';

const Rows = z.object({
  functions: z.array(
    z.object({
      oid: z.number(),
      name: z.string(),
      signature: z.string(),
      schema: z.string(),
      kind: z.enum(['function', 'aggregate', 'window', 'procedure']),
      volatility: z.enum(['immutable', 'stable', 'volatile']),
      strict: z.boolean(),
    }),
  ),
  operators: z.array(
    z.object({ oid: z.number(), name: z.string(), signature: z.string(), functionOid: z.number() }),
  ),
  types: z.array(z.tuple([z.number(), z.string()])),
  domains: z.array(z.object({ oid: z.number(), base: z.number(), typmod: z.number() })),
  relations: z.array(
    z.object({ oid: z.number(), schema: z.string(), name: z.string(), columns: z.array(z.string()) }),
  ),
});

/** One row of one column: the whole as JSON. */
export const SYSTEM_CATALOG_SQL = `
SELECT json_build_object(
  'functions', (
    SELECT json_agg(json_build_object(
      'oid', p.oid::int8,
      'name', p.proname,
      'signature', p.proname || '(' || coalesce((
        SELECT string_agg(t.typname, ',' ORDER BY a.ord)
        FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(type, ord) JOIN pg_type t ON t.oid = a.type
      ), '') || ')',
      'schema', n.nspname,
      'kind', CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'w' THEN 'window' WHEN 'p' THEN 'procedure' ELSE 'function' END,
      'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
      'strict', p.proisstrict))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace),
  'operators', (
    SELECT json_agg(json_build_object(
      'oid', o.oid::int8,
      'name', o.oprname,
      'signature', coalesce(l.typname || ' ', '') || o.oprname || ' ' || r.typname,
      'functionOid', o.oprcode::oid::int8))
    FROM pg_operator o LEFT JOIN pg_type l ON l.oid = o.oprleft JOIN pg_type r ON r.oid = o.oprright),
  'types', (
    SELECT json_agg(json_build_array(t.oid::int8, t.typname))
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'pg_catalog'),
  'domains', (
    SELECT json_agg(json_build_object('oid', t.oid::int8, 'base', t.typbasetype::int8, 'typmod', t.typtypmod))
    FROM pg_type t WHERE t.typtype = 'd'),
  'relations', (
    SELECT json_agg(json_build_object(
      'oid', c.oid::int8,
      'schema', n.nspname,
      'name', c.relname,
      'columns', (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')))`;

/** @param json what {@link SYSTEM_CATALOG_SQL} gives. */
export function systemCatalog(json: string): SystemCatalog {
  const rows = Rows.parse(JSON.parse(json));
  return {
    functions: new Map(rows.functions.map((row) => [row.oid, row])),
    operators: new Map(rows.operators.map((row) => [row.oid, row])),
    types: new Map(rows.types),
    domains: new Map(rows.domains.map(({ oid, base, typmod }) => [oid, { oid: base, typmod }])),
    relations: new Map(rows.relations.map(({ oid, ...relation }) => [oid, relation])),
    catalogNames: new Set(
      rows.relations.filter(({ schema }) => schema === 'pg_catalog').map(({ name }) => name),
    ),
  };
}
