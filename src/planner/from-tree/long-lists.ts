import type { ArrayExpr, ConstantsExpr } from '../../plan/expr.ts';
import { OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { constantArray } from '../types.ts';

/** The literals of an `IN (…)` that a text had before it was shortened. */
export interface LongList {
  readonly kind: 'integers' | 'strings';
  /** Integers as PostgreSQL prints them; strings without their quotes. */
  readonly values: readonly string[];
}

/** The arrays whose elements' canonical texts are those of the literals. */
const INTEGER_ARRAYS: ReadonlyMap<number, number> = new Map([
  [OID.int4Array, OID.int4],
  [OID.int8Array, OID.int8],
]);
const STRING_ARRAYS: ReadonlyMap<number, number> = new Map([
  [OID.textArray, OID.text],
  [OID.varcharArray, OID.varchar],
]);

/** Puts the literals back that were left out of a text for its analysis. */
export class LongLists {
  readonly #lists: ReadonlyMap<number, LongList>;
  readonly #restored = new Set<number>();

  constructor(lists: ReadonlyMap<number, LongList>) {
    this.#lists = lists;
  }

  /** Whether the tree had a place for each. Otherwise, what was made of it is another query. */
  get areRestored(): boolean {
    return this.#restored.size === this.#lists.size;
  }

  /** @param start where an array's literals begin, in bytes. @returns undefined: none of its elements was left out, or they can't be restored. */
  restore(start: number, type: SqlType): ArrayExpr | ConstantsExpr | undefined {
    const list = this.#lists.get(start);
    if (list === undefined) return undefined;
    const element = (list.kind === 'integers' ? INTEGER_ARRAYS : STRING_ARRAYS).get(type.oid);
    if (element === undefined) return undefined;
    this.#restored.add(start);
    return constantArray(type, sqlType(element), list.values);
  }
}
