import { assert, defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { Column, Plan } from '../../plan/logical.ts';
import { reference } from '../exprs.ts';
import type { ConvertedQuery, Range } from './conversion.ts';

/** What the entries of a range table have in common. */
export type Common = Pick<Range, 'name' | 'lateral'> & {
  /** The columns' names here. */
  readonly aliases: readonly string[];
};

/** System columns have negative numbers. pg_attribute.h */
const SYSTEM_COLUMNS: Readonly<Record<number, string>> = {
  [-1]: 'ctid',
  [-2]: 'xmin',
  [-3]: 'cmin',
  [-4]: 'xmax',
  [-5]: 'cmax',
  [-6]: 'tableoid',
};

export function attributeOf<C>(columns: readonly C[], attribute: number, range: string): C {
  const system = SYSTEM_COLUMNS[attribute];
  if (system !== undefined) throw refuse(`the system column ${range}.${system}`);
  return defined(columns[attribute - 1], `column ${attribute} of ${range}`);
}

/** A range whose columns stand from the start. */
export function fixedRange(common: Common, columns: readonly Column[], plan: () => Plan): Range {
  return {
    ...common,
    plan,
    fields: () =>
      columns.map((column, index) => ({
        name: defined(common.aliases[index], 'name of a column'),
        expr: reference(column),
      })),
    resolve: (attribute, type) => {
      const column = attributeOf(columns, attribute, common.name);
      assert(column.type.oid === type.oid, `type of ${common.name}.${column.name}`);
      return reference(column);
    },
  };
}

/** A plan stands in one place: its column ids are unique. */
export function once(plan: () => Plan): () => Plan {
  let used = false;
  return () => {
    assert(!used, 'range used twice');
    used = true;
    return plan();
  };
}

/** A range that is converted where the join tree names it, which is before anything refers to its columns. */
export function lazyRange(common: Common, convert: () => ConvertedQuery): Range {
  let columns: readonly Column[] = [];
  const plan = once(() => {
    const { plan, outputs } = convert();
    columns = outputs;
    return plan;
  });
  return {
    ...common,
    plan,
    fields: (scope) => fixedRange(common, columns, plan).fields?.(scope) ?? [],
    resolve: (attribute, type, scope) => fixedRange(common, columns, plan).resolve(attribute, type, scope),
  };
}

export function changed(table: string): SkeinError {
  return new SkeinError('serializationFailure', `table "${table}" changed while the statement was planned`, {
    hint: 'Run the statement again.',
  });
}
