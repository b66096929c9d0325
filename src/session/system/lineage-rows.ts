import { type Lineage, NOTHING_KNOWN } from '../../catalog/lineage.ts';
import type { OwnedRelation, OwnedRelations } from '../../catalog/owned.ts';
import { quoteIdentifier } from '../../dialect/quote.ts';
import type { SystemColumn } from './batch-builder.ts';
import { isoMicros } from './snapshot-views.ts';

interface LineageRow extends Lineage {
  readonly relation: OwnedRelation;
}

/** skein.lineage: a row for each table and view that was made through Skein, whatever is known of it. */
export function lineageRows(
  relations: OwnedRelations,
  lineages: ReadonlyMap<number, Lineage>,
): readonly SystemColumn[] {
  const rows = [...relations.values()]
    .filter(({ kind, temporary }) => kind !== 'sequence' && !temporary)
    .map((relation): LineageRow => ({ relation, ...(lineages.get(relation.oid) ?? NOTHING_KNOWN) }));
  const text = (of: (row: LineageRow) => string | undefined) => texts(rows.map(of));
  return [
    text(({ relation }) => relation.schema),
    text(({ relation }) => relation.name),
    text(({ relation }) => kindOf(relation)),
    text(({ made }) => made?.user),
    { kind: 'timestamp', values: rows.map(({ made }) => isoMicros(made?.at)) },
    text(({ made }) => made?.statement),
    int8(rows.map(({ made }) => made?.rows)),
    { kind: 'text[]', values: rows.map((row) => parentNames(row, relations)) },
    { kind: 'text[]', values: rows.map((row) => (asksAgents(row) ? [...row.agents].sort() : null)) },
    text(({ changed }) => changed?.user),
    { kind: 'timestamp', values: rows.map(({ changed }) => isoMicros(changed?.at)) },
    text(({ changed }) => changed?.statement),
    int8(rows.map(({ changed }) => changed?.rows)),
  ];
}

function kindOf(relation: OwnedRelation): string {
  if (relation.kind !== 'table') return relation.kind;
  return relation.piece === undefined ? 'warehouse' : 'in place';
}

/** By the names that they have now; of what is gone, the last that was known. */
function parentNames({ made, changed, parents }: LineageRow, relations: OwnedRelations) {
  if (made === undefined && changed === undefined) return null;
  const names = parents.map(({ oid, schema, name }) => {
    const now = relations.get(oid);
    return [now?.schema ?? schema, now?.name ?? name].map(shownName).join('.');
  });
  return [...new Set(names)].sort();
}

function shownName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name);
}

/** A view has no rows of its own. */
function asksAgents({ relation, made, changed }: LineageRow): boolean {
  return relation.kind === 'table' && (made ?? changed) !== undefined;
}

const texts = (values: readonly (string | undefined)[]): SystemColumn => ({
  kind: 'text',
  values: values.map((value) => value ?? null),
});

const int8 = (values: readonly (number | undefined)[]): SystemColumn => ({
  kind: 'int8',
  values: values.map((value) => (value === undefined ? null : BigInt(value))),
});
