import { defined } from '../../base/assert.ts';
import type { SessionRelation } from '../../execution/execution.ts';
import type { Plan, RelationPlan } from '../../plan/logical.ts';
import { visitPlan } from '../../plan/walk.ts';
import type { ValueInput } from '../../plan/write.ts';
import { VALUES_RELATION } from '../../planner/from-tree/long-values.ts';
import { commonNumeric } from '../../planner/types.ts';
import { numericTypeOf } from '../../planner/uncarried-numerics.ts';
import type { LongValues } from '../../sql/long-values.ts';
import { OID, type SqlType } from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { type InputText, readHardValues, simpleValue } from './read-values.ts';
import { typedVector } from './typed-vectors.ts';

/** The literals of a long INSERT: by the ids of their columns. */
export interface ReadLiterals {
  readonly types: ReadonlyMap<number, SqlType>;
  readonly texts: ReadonlyMap<number, readonly (string | null)[]>;
}

/** @throws what PostgreSQL says of the first literal that is no value of its type. */
export async function readLiterals(
  client: Client,
  { rows }: LongValues,
  inputs: readonly ValueInput[],
  signal: AbortSignal,
): Promise<ReadLiterals> {
  const texts = new Map<number, (string | null)[]>(inputs.map(({ column }) => [column.id, []]));
  const hard: (InputText & { readonly column: number; readonly row: number })[] = [];
  rows.forEach((row, number) => {
    for (const { column, index, kind } of inputs) {
      const literal = row[index];
      const given = literal?.kind === kind ? literal.text : null;
      const simple = given === null ? null : simpleValue(column.type.oid, given);
      texts.get(column.id)?.push(simple ?? null);
      if (given === null || simple !== undefined) continue;
      hard.push({ oid: column.type.oid, text: given, column: column.id, row: number });
    }
  });
  const read = await readHardValues(client, hard, signal);
  if (read.wrong !== undefined) throw read.wrong.error;
  hard.forEach(({ column, row }, index) => {
    const values = texts.get(column);
    if (values !== undefined) values[row] = read.texts[index] ?? null;
  });
  const types = new Map(
    inputs.map(({ column }) => [column.id, widest(column.type, texts.get(column.id) ?? [])] as const),
  );
  return { types, texts };
}

/** A numeric that holds all of the values. */
function widest(type: SqlType, texts: readonly (string | null)[]): SqlType {
  if (type.oid !== OID.numeric) return type;
  return widestNumeric(
    new Map(texts.flatMap((text) => (text === null ? [] : [[shapeOf(text), text] as const]))),
  );
}

/** @param values one of each shape. */
export function widestNumeric(values: ReadonlyMap<string, string>): SqlType {
  return values.size === 0 ? numericTypeOf('0') : commonNumeric([...values.values()].map(numericTypeOf));
}

/** As many digits before the point, and after it. */
export function shapeOf(text: string): string {
  return text.replace(/\d/g, '0');
}

/** The relation of the literals under the name that the plan has for it. */
export function literalRelations(
  plan: Plan,
  { types, texts }: ReadLiterals,
): ReadonlyMap<string, SessionRelation> {
  const leaves: RelationPlan[] = [];
  visitPlan(plan, (part) => {
    if (part.kind === 'relation' && part.name.startsWith(VALUES_RELATION)) leaves.push(part);
  });
  return new Map(
    leaves.map(({ name, columns }) => {
      const of = columns.map(({ id }) => ({
        type: defined(types.get(id), 'type of literals'),
        values: defined(texts.get(id), 'literals'),
      }));
      const rowCount = [...texts.values()][0]?.length ?? 0;
      const batch = { rowCount, columns: of.map(({ type, values }) => typedVector(type, values)) };
      return [name, { types: of.map(({ type }) => type), batches: [batch] }];
    }),
  );
}
