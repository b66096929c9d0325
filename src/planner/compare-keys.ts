import { assert } from '../base/assert.ts';
import { type Colocation, findTable, type Snapshot } from '../catalog/snapshot.ts';
import { outputColumns } from '../plan/columns.ts';
import type { DistributedPlan } from '../plan/distributed.ts';
import type { ColumnExpr, Expr } from '../plan/expr.ts';
import type { Column, Plan, ProjectItem } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { FreshIds, reference } from './exprs.ts';
import { lower } from './lower.ts';
import { NOTHING_LEFT_OUT } from './optional.ts';
import { place } from './place/place.ts';
import { type ComputedRelation, toSingle } from './place/placement.ts';

const TEXT = sqlType(OID.text);
const BOOL = sqlType(OID.bool);
const SHOWN_KEYS = 3;

/** The keys of a group, shard by shard, compared so that as little as can be moves. Its columns are all text. */
export interface KeyComparison {
  readonly plan: DistributedPlan;
  readonly columns: readonly Column[];
}

/** Pairs of shards whose ranges of keys overlap, or that both hold NULL: all others can have no key in common. */
export function compareRanges({ members }: Colocation, snapshot: Snapshot): KeyComparison {
  const make = new Maker(snapshot);
  const parts = make.perShard(members, undefined, (key, input, shard) => make.range(key, input, shard));
  const ranges = unionAll(parts, make);
  const [left, right] = [make.reading(ranges), make.reading(ranges)];
  const plan: Plan = {
    kind: 'with',
    name: 'ranges',
    definition: ranges,
    body: make.pairs(left, right),
  };
  return make.finish(plan);
}

/** Keys that lie in several of these shards: the key, and two shards that hold it. A few of them. */
export function compareKeys(
  { members }: Colocation,
  shards: ReadonlySet<string>,
  snapshot: Snapshot,
): KeyComparison {
  const make = new Maker(snapshot);
  const parts = make.perShard(members, shards, (key, input, shard) => make.keys(key, input, shard));
  return make.finish(make.shared(unionAll(parts, make)));
}

type Part = (key: Column, input: Plan, shard: string) => Plan;

class Maker {
  readonly #snapshot: Snapshot;
  #next = 1;

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot;
  }

  column(type: SqlType, name: string): Column {
    return { id: this.#next++, type, name };
  }

  perShard(members: Colocation['members'], only: ReadonlySet<string> | undefined, part: Part): Plan[] {
    return members.flatMap(({ table: name, column }) => {
      const table = findTable(this.#snapshot, name);
      const type = table?.columns.find((candidate) => candidate.name === column)?.type;
      assert(table !== undefined && type !== undefined, `${name}.${column} is a key`);
      const shards = table.pieces.map(({ shard }) => shard).filter((shard) => only?.has(shard) ?? true);
      return shards.map((shard) => {
        const key = this.column(type, column);
        const source = { kind: 'physical', name: column } as const;
        const columns = [{ ...key, source }];
        return part(
          key,
          { kind: 'scan', table: name, tableKind: 'federated', columns, shards: [shard] },
          shard,
        );
      });
    });
  }

  /** shard, least key, greatest key, whether one is NULL. */
  range(key: Column, input: Plan, shard: string): Plan {
    const value = ordered(reference(key));
    const type = exprType(value);
    const ordinal = this.column(type, key.name);
    const isNull = this.column(BOOL, 'is null');
    const items: ProjectItem[] = [
      { column: ordinal, expr: value },
      { column: isNull, expr: { kind: 'is-null', arg: reference(key), negated: false } },
    ];
    const name = ORDERED_TYPES.get(type.oid) ?? 'text';
    const columns = [this.column(type, 'min'), this.column(type, 'max'), this.column(BOOL, 'nulls')] as const;
    const aggregates = [
      aggregate(columns[0], `min(${name})`, ordinal),
      aggregate(columns[1], `max(${name})`, ordinal),
      aggregate(columns[2], 'bool_or(bool)', isNull),
    ];
    const found: Plan = {
      kind: 'aggregate',
      input: { kind: 'project', input, items },
      groups: [],
      aggregates,
    };
    return this.#labelled(found, shard, columns);
  }

  /** shard, distinct key. */
  keys(key: Column, input: Plan, shard: string): Plan {
    const distinct = this.column(key.type, key.name);
    const groups = [{ column: distinct, expr: reference(key) }];
    return this.#labelled({ kind: 'aggregate', input, groups, aggregates: [] }, shard, [distinct]);
  }

  #labelled(input: Plan, shard: string, columns: readonly Column[]): Plan {
    const label = { column: this.column(TEXT, 'shard'), expr: constant(shard) };
    const kept = columns.map((column) => ({
      column: this.column(column.type, column.name),
      expr: reference(column),
    }));
    return { kind: 'project', input, items: [label, ...kept] };
  }

  reading(ranges: Plan): Plan & { readonly kind: 'cte-ref' } {
    const of = outputColumns(ranges);
    const columns = of.map(({ type, name }) => this.column(type, name));
    return { kind: 'cte-ref', name: 'ranges', columns, of: of.map(({ id }) => id) };
  }

  pairs(left: Plan, right: Plan): Plan {
    const [a, b] = [rangeOf(left), rangeOf(right)];
    const notAfter = `${a.type} <= ${a.type}`;
    const condition = and(
      call('text < text', a.shard, b.shard),
      or(
        and(call(notAfter, a.least, b.greatest), call(notAfter, b.least, a.greatest)),
        and(a.nulls, b.nulls),
      ),
    );
    const items = [a.shard, b.shard].map((expr) => ({ column: this.column(TEXT, 'shard'), expr }));
    const join: Plan = { kind: 'join', type: 'inner', left, right, condition, lateral: false };
    return { kind: 'distinct', input: { kind: 'project', input: join, items } };
  }

  shared(keys: Plan): Plan {
    const [shard, key] = outputColumns(keys);
    assert(shard !== undefined && key !== undefined, 'a shard and its key');
    const group = this.column(key.type, 'key');
    const [first, last] = [this.column(TEXT, 'min'), this.column(TEXT, 'max')];
    const input: Plan = {
      kind: 'aggregate',
      input: keys,
      groups: [{ column: group, expr: reference(key) }],
      aggregates: [aggregate(first, 'min(text)', shard), aggregate(last, 'max(text)', shard)],
    };
    const predicate = call('text < text', reference(first), reference(last));
    const limit: Expr = { kind: 'const', type: sqlType(OID.int8), value: String(SHOWN_KEYS) };
    const several: Plan = { kind: 'filter', input, predicate };
    const few: Plan = { kind: 'limit', input: several, limit, offset: undefined, withTies: false };
    const items = [asText(reference(group)), reference(first), reference(last)].map((expr) => ({
      column: this.column(TEXT, 'found'),
      expr,
    }));
    return { kind: 'project', input: few, items };
  }

  finish(plan: Plan): KeyComparison {
    const computed: ComputedRelation[] = [];
    let exchange = 0;
    const context = {
      snapshot: this.#snapshot,
      ids: new FreshIds(plan),
      mayMissShards: false,
      leftOut: NOTHING_LEFT_OUT,
      nextExchange: () => ++exchange,
      computed,
      ctes: new Map(),
      place,
      fired: () => undefined,
      rely: () => undefined,
    };
    const placed = toSingle(place(plan, context), context, 'keys of all shards are compared');
    const tables = new Set(this.#snapshot.tables.map(({ name }) => name));
    const columns = outputColumns(plan);
    const output = columns.map((column) => ({ column, pg: pgColumn(column.name) }));
    const lowered = lower(placed, computed, this.#snapshot, tables);
    return { plan: { ...lowered, output, prunings: [], rewrites: [] }, columns };
  }
}

function pgColumn(name: string) {
  return { name, tableOid: 0, attributeNumber: 0, typeOid: OID.text, typeSize: -1, typmod: -1 };
}

/** Types that have an order here, by the name that signatures use. */
const ORDERED_TYPES: ReadonlyMap<number, string> = new Map([
  [OID.int2, 'int2'],
  [OID.int4, 'int4'],
  [OID.int8, 'int8'],
  [OID.date, 'date'],
  [OID.text, 'text'],
]);

/** As a value that has an order. Any will do in which equal keys are equal. */
function ordered(key: ColumnExpr): Expr {
  return ORDERED_TYPES.has(key.type.oid) ? key : asText(key);
}

const CASTS: ReadonlyMap<number, string> = new Map([
  ...[...ORDERED_TYPES].filter(([oid]) => oid !== OID.text),
  [OID.varchar, 'varchar'],
  [OID.uuid, 'uuid'],
]);

function asText(key: ColumnExpr): Expr {
  const from = CASTS.get(key.type.oid);
  return from === undefined ? key : { kind: 'call', fn: `cast ${from} -> text`, args: [key], type: TEXT };
}

function rangeOf(plan: Plan) {
  const [shard, least, greatest, nulls] = outputColumns(plan).map(reference);
  assert(shard && least && greatest && nulls, 'a range has four columns');
  return { shard, least, greatest, nulls, type: ORDERED_TYPES.get(least.type.oid) ?? 'text' };
}

function aggregate(column: Column, fn: string, arg: Column) {
  const type = column.type;
  return {
    column,
    call: { fn, args: [reference(arg)], distinct: false, orderBy: [], filter: undefined, type },
  };
}

/** Balanced, so that many shards don't nest deep. */
function unionAll(parts: readonly Plan[], make: Maker): Plan {
  const [only] = parts;
  assert(only !== undefined, 'a group has a shard');
  if (parts.length === 1) return only;
  const half = parts.length >> 1;
  const inputs = [unionAll(parts.slice(0, half), make), unionAll(parts.slice(half), make)] as const;
  const columns = outputColumns(inputs[0]).map(({ type, name }) => make.column(type, name));
  return { kind: 'set-operation', op: 'union', all: true, inputs, columns };
}

function call(fn: string, left: Expr, right: Expr): Expr {
  return { kind: 'call', fn, args: [left, right], type: BOOL };
}

const and = (...args: readonly Expr[]): Expr => ({ kind: 'and', args });
const or = (...args: readonly Expr[]): Expr => ({ kind: 'or', args });

function constant(value: string): Expr {
  return { kind: 'const', type: TEXT, value };
}
