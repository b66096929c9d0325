import type fc from 'fast-check';
import { type Node, op } from './node.ts';

export const TYPES = ['int4', 'int8', 'numeric', 'float8', 'text', 'bool', 'date', 'timestamp'] as const;
/** Types that expressions are less often made of. */
export const RARE_TYPES = [
  'timestamptz',
  'time',
  'timetz',
  'interval',
  'uuid',
  'bytea',
  'jsonb',
  'int4[]',
  'text[]',
  'char(4)',
] as const;
export type Type = (typeof TYPES)[number] | (typeof RARE_TYPES)[number];

export function typeNamed(tag: string): Type {
  const type = [...TYPES, ...RARE_TYPES].find((name) => name === tag);
  if (type === undefined) throw new Error(`no expression: ${tag}`);
  return type;
}

/** Types of which PostgreSQL 18 has no min and max. */
export const NO_EXTREME: readonly Type[] = ['bool', 'uuid', 'jsonb'];

/** What an expression may refer to. */
export interface ScopeColumn {
  readonly node: Node;
  readonly type: Type;
  /**
   * A stored value as it is: a numeric with its declared scale, a float of which no sum cancels out, no 0 that was made equal to
   * -0. What PostgreSQL shows of other values as text is not determined by SQL.
   */
  readonly stored: boolean;
  readonly label: boolean;
}

export interface Scope {
  readonly columns: readonly ScopeColumn[];
  /** Columns of the query around. */
  readonly outer: readonly ScopeColumn[];
}

export const NO_SCOPE: Scope = { columns: [], outer: [] };

/** What a query gives to whoever reads from it. */
export interface OutputColumn {
  readonly name: string;
  readonly type: Type;
  readonly stored: boolean;
}

export function readColumns(alias: string, columns: readonly OutputColumn[]): readonly ScopeColumn[] {
  return columns.map(({ name, type, stored }) => ({
    node: op(type, `${alias}.${name}`),
    type,
    stored,
    label: false,
  }));
}

/** Random choices of one query, and the names that it has used. */
export class Choice {
  readonly #random: fc.Random;
  #names = 0;

  constructor(random: fc.Random) {
    this.#random = random;
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return this.#random.nextInt(from, to);
  }

  chance(percent: number): boolean {
    return this.int(1, 100) <= percent;
  }

  pick<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[this.int(0, values.length - 1)];
    if (value === undefined) throw new Error('nothing to choose from');
    return value;
  }

  /** One of the makers, by weight. */
  weighted<T>(makers: readonly (readonly [weight: number, make: () => T])[]): T {
    let left = this.int(
      1,
      makers.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const [weight, make] of makers) {
      left -= weight;
      if (left <= 0) return make();
    }
    throw new Error('weights are positive');
  }

  times<T>(from: number, to: number, make: (i: number) => T): readonly T[] {
    return Array.from({ length: this.int(from, to) }, (_, i) => make(i));
  }

  name(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }
}
