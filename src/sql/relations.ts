import { type RawFields, type RawNode, rawFields, rawList, rawText } from './raw-tree.ts';

export interface RelationName {
  readonly schema: string | undefined;
  readonly name: string;
}

/**
 * @param isTable of a name without schema that begins like a catalog's: whether it is a table's all the same.
 *
 * What a statement reads, by the names it says: `none` (no relation at all), only `catalog` (pg_catalog,
 * information_schema), only `data` (anything else, `skein.*` too), or both.
 */
export type RelationUse = 'none' | 'catalog' | 'data' | 'mixed';

export function relationUse(tree: RawNode, isTable: (name: string) => boolean = () => false): RelationUse {
  const relations = relationsOf(tree);
  if (relations.length === 0) return 'none';
  const catalogs = relations.filter(
    (relation) => isCatalog(relation) && !(relation.schema === undefined && isTable(relation.name)),
  ).length;
  if (catalogs === relations.length) return 'catalog';
  return catalogs === 0 ? 'data' : 'mixed';
}

/** Every statement of the catalog has `pg_catalog` in its search path; its relations without schema begin with `pg_`. */
function isCatalog({ schema, name }: RelationName): boolean {
  if (schema === undefined) return name.startsWith('pg_');
  return schema === 'pg_catalog' || schema === 'information_schema' || schema === 'pg_toast';
}

/** The relations that a statement names, without those that are its own CTEs; each once. */
export function relationsOf(tree: RawNode): readonly RelationName[] {
  const found = new Map<string, RelationName>();
  collect({ [tree.tag]: tree.fields }, new Set(), found);
  return [...found.values()];
}

type Found = Map<string, RelationName>;

function collect(value: unknown, scope: ReadonlySet<string>, found: Found): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, scope, found);
    return;
  }
  const fields = rawFields(value);
  if (typeof fields['relname'] === 'string') addRelation(fields, scope, found);
  const inner = 'withClause' in fields ? collectWith(rawFields(fields['withClause']), scope, found) : scope;
  for (const [key, field] of Object.entries(fields)) {
    if (key !== 'withClause' && typeof field === 'object') collect(field, inner, found);
  }
}

/** A CTE sees those before it, and with RECURSIVE all; the statement sees all. */
function collectWith(clause: RawFields, outer: ReadonlySet<string>, found: Found): ReadonlySet<string> {
  const ctes = rawList(clause['ctes']).map((cte) => rawFields(rawFields(cte)['CommonTableExpr']));
  const names = ctes.map((cte) => rawText(cte['ctename']));
  const all = new Set([...outer, ...names]);
  ctes.forEach((cte, index) => {
    const scope = clause['recursive'] === true ? all : new Set([...outer, ...names.slice(0, index)]);
    collect(cte, scope, found);
  });
  return all;
}

function addRelation(fields: RawFields, scope: ReadonlySet<string>, found: Found): void {
  const schema = typeof fields['schemaname'] === 'string' ? fields['schemaname'] : undefined;
  const name = rawText(fields['relname']);
  if (schema === undefined && scope.has(name)) return;
  found.set(JSON.stringify([schema ?? null, name]), { schema, name });
}
