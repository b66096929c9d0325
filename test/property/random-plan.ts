import type { GeneratorValue } from 'fast-check';
import fc from 'fast-check';
import type { AggregateCall, Expr } from '../../src/plan/expr.ts';
import type { Column, JoinType, Plan, ProjectItem } from '../../src/plan/logical.ts';
import { OID, type SqlType, sqlType } from '../../src/types/sql-type.ts';

const INT = sqlType(OID.int4);
const BIG = sqlType(OID.int8);
const TEXT = sqlType(OID.text);
const BOOL = sqlType(OID.bool);

/** A random logical plan over `t` (federated: k, v, labels a and b) and `r` (replicated: k, w). */
export class RandomPlan {
  readonly #g: GeneratorValue;
  #nextId = 1;

  constructor(g: GeneratorValue) {
    this.#g = g;
  }

  plan(depth: number): Plan {
    const leaf = depth <= 0;
    const kind = leaf
      ? this.#pick(['t', 't', 'r', 'values'] as const)
      : this.#pick([
          't',
          'filter',
          'filter',
          'project',
          'aggregate',
          'aggregate',
          'distinct',
          'join',
          'join',
          'join',
          'limit',
          'union',
          'set',
          'window',
          'with',
        ] as const);
    switch (kind) {
      case 't':
        return this.#scan('t', 'federated');
      case 'r':
        return this.#scan('r', 'replicated');
      case 'values':
        return this.#values();
      case 'filter': {
        const input = this.plan(depth - 1);
        return { kind: 'filter', input, predicate: this.#predicate(outputs(input), depth) };
      }
      case 'project':
        return this.#project(this.plan(depth - 1));
      case 'aggregate':
        return this.#aggregate(this.plan(depth - 1));
      case 'distinct':
        return { kind: 'distinct', input: this.#project(this.plan(depth - 1)) };
      case 'join':
        return this.#join(depth);
      case 'limit':
        return this.#limit(this.plan(depth - 1));
      case 'union':
        return this.#setOperation('union', this.#flip(), depth);
      case 'set':
        return this.#setOperation(this.#pick(['intersect', 'except'] as const), this.#flip(), depth);
      case 'window':
        return this.#window(this.plan(depth - 1));
      case 'with':
        return this.#with(depth);
    }
  }

  #pick<T>(values: readonly T[]): T {
    const value = values[this.#g(fc.nat, values.length - 1)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  #flip(): boolean {
    return this.#g(fc.boolean);
  }

  #column(type: SqlType, name: string): Column {
    return { id: this.#nextId++, type, name };
  }

  #scan(table: string, tableKind: 'federated' | 'replicated'): Plan {
    const physical = (name: string) => ({
      ...this.#column(INT, name),
      source: { kind: 'physical', name } as const,
    });
    const label = (name: string, type: SqlType) => ({
      ...this.#column(type, name),
      source: { kind: 'label', name } as const,
    });
    const columns =
      tableKind === 'federated'
        ? [physical('k'), physical('v'), label('a', TEXT), label('b', INT)]
        : [physical('k'), physical('w')];
    return { kind: 'scan', table, tableKind, columns, shards: undefined };
  }

  #values(): Plan {
    const rows = Array.from({ length: 1 + this.#g(fc.nat, 2) }, () => [this.#int(), this.#int()]);
    return { kind: 'values', columns: [this.#column(INT, 'x'), this.#column(INT, 'y')], rows };
  }

  #int(): Expr {
    const value = this.#g(fc.nat, 4);
    return { kind: 'const', type: INT, value: value === 4 ? null : String(value) };
  }

  #ofType(columns: readonly Column[], type: SqlType): Expr {
    const candidates = columns.filter((column) => column.type.oid === type.oid);
    if (candidates.length === 0)
      return type.oid === OID.text ? { kind: 'const', type, value: 'x' } : this.#int();
    const { id } = this.#pick(candidates);
    return { kind: 'column', id, type };
  }

  #predicate(columns: readonly Column[], depth: number): Expr {
    const kind = this.#pick([
      'compare',
      'compare',
      'label',
      'and',
      'or',
      'not',
      'null',
      'in',
      'exists',
      'scalar',
    ] as const);
    switch (kind) {
      case 'compare':
        return this.#call(
          `int4 ${this.#pick(['=', '<', '<>'])} int4`,
          [this.#ofType(columns, INT), this.#int()],
          BOOL,
        );
      case 'label':
        return this.#call(
          'text = text',
          [this.#ofType(columns, TEXT), { kind: 'const', type: TEXT, value: this.#pick(['x', 'y', 'z']) }],
          BOOL,
        );
      case 'and':
      case 'or':
        return { kind, args: [this.#predicate(columns, 0), this.#predicate(columns, 0)] };
      case 'not':
        return { kind: 'not', arg: this.#predicate(columns, 0) };
      case 'null':
        return { kind: 'is-null', arg: this.#ofType(columns, INT), negated: this.#flip() };
      case 'in': {
        const plan = this.#oneColumn(this.plan(Math.min(1, depth - 1)));
        const test: Expr = {
          kind: 'subquery-compare',
          op: 'int4 = int4',
          quantifier: 'any',
          left: this.#ofType(columns, INT),
          plan,
        };
        return this.#flip() ? test : { kind: 'not', arg: test };
      }
      case 'exists': {
        const inner = this.plan(Math.min(1, depth - 1));
        const tie = this.#call(
          'int4 = int4',
          [this.#ofType(outputs(inner), INT), this.#ofType(columns, INT)],
          BOOL,
        );
        return {
          kind: 'exists',
          plan: this.#flip() ? { kind: 'filter', input: inner, predicate: tie } : inner,
        };
      }
      case 'scalar': {
        const input = this.plan(Math.min(1, depth - 1));
        const column = this.#column(BIG, 'n');
        const call: AggregateCall = {
          fn: 'count(*)',
          args: [],
          distinct: false,
          orderBy: [],
          filter: undefined,
          type: BIG,
        };
        const plan: Plan = { kind: 'aggregate', input, groups: [], aggregates: [{ column, call }] };
        return this.#call(
          'int8 < int8',
          [
            { kind: 'scalar-subquery', plan, type: BIG },
            { kind: 'const', type: BIG, value: '5' },
          ],
          BOOL,
        );
      }
    }
  }

  #call(fn: string, args: readonly Expr[], type: SqlType): Expr {
    return { kind: 'call', fn, args, type };
  }

  #oneColumn(input: Plan): Plan {
    const expr = this.#ofType(outputs(input), INT);
    return { kind: 'project', input, items: [{ column: this.#column(INT, 'one'), expr }] };
  }

  /** Two integers and a text, so that any two projections fit a set operation. */
  #project(input: Plan): Plan {
    const columns = outputs(input);
    const sum = this.#call(
      'int4 + int4',
      [this.#ofType(columns, INT), { kind: 'const', type: INT, value: '1' }],
      INT,
    );
    const items: readonly ProjectItem[] = [
      { column: this.#column(INT, 'p'), expr: this.#ofType(columns, INT) },
      { column: this.#column(INT, 'q'), expr: this.#flip() ? sum : this.#ofType(columns, INT) },
      { column: this.#column(TEXT, 'l'), expr: this.#ofType(columns, TEXT) },
    ];
    return { kind: 'project', input, items };
  }

  #aggregate(input: Plan): Plan {
    const columns = outputs(input);
    const groups = [INT, TEXT, INT].slice(0, this.#g(fc.nat, 3)).map(
      (type): ProjectItem => ({
        column: this.#column(type, 'g'),
        expr: this.#ofType(columns, type),
      }),
    );
    const aggregates = Array.from({ length: this.#g(fc.nat, 3) + (groups.length === 0 ? 1 : 0) }, () => {
      const call = this.#aggregateCall(columns);
      return { column: this.#column(call.type, call.fn), call };
    });
    // Results are brought back to int4 so that other operators can use them.
    return { kind: 'aggregate', input, groups, aggregates };
  }

  #aggregateCall(columns: readonly Column[]): AggregateCall {
    const arg = this.#ofType(columns, INT);
    const filter =
      this.#g(fc.nat, 3) === 0
        ? this.#call('int4 < int4', [this.#ofType(columns, INT), this.#int()], BOOL)
        : undefined;
    const base = { distinct: false, orderBy: [], filter };
    const kind = this.#pick([
      'count(*)',
      'count(any)',
      'sum(int4)',
      'min(int4)',
      'max(int4)',
      'distinct',
      'array',
    ] as const);
    switch (kind) {
      case 'count(*)':
        return { ...base, fn: kind, args: [], type: BIG };
      case 'count(any)':
        return { ...base, fn: kind, args: [arg], type: BIG };
      case 'sum(int4)':
        return { ...base, fn: kind, args: [arg], distinct: this.#g(fc.nat, 3) === 0, type: BIG };
      case 'distinct':
        return { ...base, fn: 'count(any)', args: [arg], distinct: true, type: BIG };
      case 'min(int4)':
      case 'max(int4)':
        return { ...base, fn: kind, args: [arg], type: INT };
      case 'array': {
        const orderBy = [{ expr: arg, descending: this.#flip(), nullsFirst: false }];
        return { ...base, fn: 'array_agg(anynonarray)', args: [arg], orderBy, type: sqlType(OID.int4Array) };
      }
    }
  }

  #join(depth: number): Plan {
    const left = this.plan(depth - 1);
    const right = this.plan(depth - 2);
    const type = this.#pick<JoinType>(['inner', 'inner', 'left', 'right', 'full', 'semi', 'anti']);
    const of = (side: Plan, wanted: SqlType) => this.#ofType(outputs(side), wanted);
    const equal: Expr[] = [this.#call('int4 = int4', [of(left, INT), of(right, INT)], BOOL)];
    if (this.#flip()) equal.push(this.#call('text = text', [of(left, TEXT), of(right, TEXT)], BOOL));
    const condition: Expr =
      equal.length === 1 && equal[0] !== undefined ? equal[0] : { kind: 'and', args: equal };
    return { kind: 'join', type, left, right, condition, lateral: false };
  }

  #limit(input: Plan): Plan {
    const keys = outputs(input).map((column) => ({
      expr: { kind: 'column', id: column.id, type: column.type } as const,
      descending: this.#flip(),
      nullsFirst: this.#flip(),
    }));
    const count = (value: number): Expr => ({ kind: 'const', type: BIG, value: String(value) });
    return {
      kind: 'limit',
      input: { kind: 'sort', input, keys },
      limit: this.#g(fc.nat, 4) === 0 ? undefined : count(this.#g(fc.nat, 6)),
      offset: this.#flip() ? count(this.#g(fc.nat, 3)) : undefined,
      withTies: false,
    };
  }

  #setOperation(op: 'union' | 'intersect' | 'except', all: boolean, depth: number): Plan {
    const inputs = [this.#project(this.plan(depth - 1)), this.#project(this.plan(depth - 2))] as const;
    const columns = [this.#column(INT, 'u'), this.#column(INT, 'v'), this.#column(TEXT, 'w')];
    return { kind: 'set-operation', op, all, inputs, columns };
  }

  #window(input: Plan): Plan {
    const columns = outputs(input);
    const keys = columns.map((column) => ({
      expr: { kind: 'column', id: column.id, type: column.type } as const,
      descending: false,
      nullsFirst: false,
    }));
    const call: AggregateCall = {
      fn: 'row_number()',
      args: [],
      distinct: false,
      orderBy: [],
      filter: undefined,
      type: BIG,
    };
    const frame = {
      mode: 'range',
      start: { kind: 'unbounded-preceding' },
      end: { kind: 'current-row' },
      exclude: 'none',
    } as const;
    return {
      kind: 'window',
      input,
      partitionBy: this.#flip() ? [this.#ofType(columns, TEXT)] : [],
      orderBy: keys,
      items: [{ column: this.#column(BIG, 'rn'), call, frame }],
    };
  }

  #with(depth: number): Plan {
    const name = `cte${this.#nextId}`;
    const definition = this.#project(this.plan(depth - 1));
    const reference = (): Plan => {
      const of = outputs(definition);
      return {
        kind: 'cte-ref',
        name,
        columns: of.map((column) => this.#column(column.type, column.name)),
        of: of.map((column) => column.id),
      };
    };
    const left = reference();
    const right = this.#flip() ? reference() : this.plan(depth - 2);
    const condition = this.#call(
      'int4 = int4',
      [this.#ofType(outputs(left), INT), this.#ofType(outputs(right), INT)],
      BOOL,
    );
    return {
      kind: 'with',
      name,
      definition,
      body: { kind: 'join', type: 'inner', left, right, condition, lateral: false },
    };
  }
}

function outputs(plan: Plan): readonly Column[] {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'cte-ref':
    case 'stored':
    case 'relation':
    case 'set-operation':
    case 'recursive':
      return plan.columns;
    case 'project':
      return plan.items.map((item) => item.column);
    case 'aggregate':
      return [...plan.groups, ...plan.aggregates].map((item) => item.column);
    case 'unnest':
      return plan.items.map((item) => item.column);
    case 'window':
      return [...outputs(plan.input), ...plan.items.map((item) => item.column)];
    case 'join':
      return plan.type === 'semi' || plan.type === 'anti'
        ? outputs(plan.left)
        : [...outputs(plan.left), ...outputs(plan.right)];
    case 'with':
      return outputs(plan.body);
    default:
      return outputs(plan.input);
  }
}
