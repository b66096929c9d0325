import { assert, assertNever } from '../base/assert.ts';
import { outputColumns } from '../plan/columns.ts';
import type { ColumnId, Expr, SortKey } from '../plan/expr.ts';
import type {
  AggregatePlan,
  Column,
  JoinPlan,
  LimitPlan,
  Plan,
  ProjectItem,
  ScanPlan,
  WindowPlan,
} from '../plan/logical.ts';
import { columnsUsed, expressionsOf, outerColumns } from '../plan/walk.ts';
import { printAggregate, printOrderBy, printWindowItem } from './print-aggregate.ts';
import {
  type Block,
  blockOver,
  columnName,
  cteName,
  enclosingColumns,
  idsOf,
  isPlain,
  isSortable,
  isUnlimited,
  oneRow,
  printMask,
  type ResolveColumn,
  renderBlock,
  repeatsComputed,
  usesOnlyBare,
} from './print-block.ts';
import { printExpr, type Scope } from './print-expr.ts';
import { constantCount, rowCount } from './print-limit.ts';
import { printRenamed } from './print-relation.ts';
import { printBranch, printRecursive, printSetOperation } from './print-set-operation.ts';
import { printStored } from './print-stored.ts';
import { printUnnest } from './print-unnest.ts';
import { printValues } from './print-values.ts';

/** Where a plan's leaves lie. Each gives a FROM item that outputs the leaf's columns under the names `c<id>`. */
export interface PrintContext {
  readonly scan: (plan: ScanPlan) => string;
  /** `g<id>`, `b<id>` or a system relation. */
  readonly relation: (name: string) => string;
}

/**
 * The plan as one DuckDB SELECT, whose columns are the plan's output columns in order, named `c<id>`.
 *
 * The rows come in the order of a `sort` if only projections, a limit and filters stand above it; a sort below anything
 * else orders nothing. Gathers and broadcasts must have been lowered to relations.
 * @throws 0A000 for what the dialect table doesn't hold.
 */
export function printPlan(plan: Plan, context: PrintContext): string {
  const printer = new Printer(context);
  return printer.statement(plan, (id) => {
    throw new Error(`column c${id} is not in scope`);
  });
}

class Printer {
  readonly #context: PrintContext;
  #names = 0;

  constructor(context: PrintContext) {
    this.#context = context;
  }

  statement(plan: Plan, outer: ResolveColumn): string {
    return this.#render(this.#block(plan, outer), outer);
  }

  #relation({ name, columns, of }: Plan & { kind: 'relation' }): string {
    const from = this.#context.relation(name);
    return of === undefined ? from : `${printRenamed(from, columns, of)} AS ${this.#freshName('r')}`;
  }

  #render(block: Block, outer: ResolveColumn): string {
    return renderBlock(block, outer, (expr, column) => printExpr(expr, this.#scope(column)));
  }

  #scope(column: ResolveColumn): Scope {
    return {
      column,
      subquery: (plan, outer) => this.statement(plan, outer),
      freshName: () => this.#freshName('x'),
    };
  }

  #freshName(prefix: string): string {
    this.#names += 1;
    return `${prefix}${this.#names}`;
  }

  /** Names of a block's columns, then of the enclosing queries'. */
  #inside(block: Block, outer: ResolveColumn): Scope {
    return this.#scope((id) => block.defined.get(id) ?? outer(id));
  }

  #print(block: Block, outer: ResolveColumn): (expr: Expr) => string {
    const scope = this.#inside(block, outer);
    return (expr) => printExpr(expr, scope);
  }

  /** The block as a subquery in FROM. */
  #seal(block: Block, outer: ResolveColumn): Block {
    return blockOver(this.#fromItem(block, outer), block.output);
  }

  /** The same, in the block's order: the sort moves out of the subquery, which hands its keys up. */
  #sealOrdered(block: Block, outer: ResolveColumn): Block {
    const { output, orderBy } = block;
    if (orderBy.length === 0) return this.#seal(block, outer);
    const keys = new Set(orderBy.flatMap(({ expr }) => [...columnsUsed(expr)]));
    const hidden = [...keys].filter((id) => block.defined.has(id) && !output.includes(id));
    const limited = block.limit !== undefined || block.offset !== undefined;
    const inner = { ...block, output: [...output, ...hidden], orderBy: limited ? orderBy : [] };
    return { ...this.#seal(inner, outer), output, orderBy };
  }

  #fromItem(block: Block, outer: ResolveColumn): string {
    return `(${this.#render(block, outer)})`;
  }

  #plain(plan: Plan, outer: ResolveColumn): Block {
    const block = this.#block(plan, outer);
    return isPlain(block) ? block : this.#seal(block, outer);
  }

  #block(plan: Plan, outer: ResolveColumn): Block {
    switch (plan.kind) {
      case 'scan':
        return blockOver(this.#context.scan(plan), idsOf(plan));
      case 'stored':
        return blockOver(printStored(plan), idsOf(plan));
      case 'relation':
        return blockOver(this.#relation(plan), idsOf(plan));
      case 'filter':
        return this.#filter(this.#block(plan.input, outer), plan.predicate, outer);
      case 'project':
        return this.#project(this.#block(plan.input, outer), plan.items, outer);
      case 'aggregate':
        return this.#aggregate(plan, outer);
      case 'join':
        return this.#join(plan, outer);
      case 'sort':
        return this.#sort(this.#block(plan.input, outer), plan.keys, outer);
      case 'limit':
        return this.#limit(plan, outer);
      case 'distinct':
        return this.#distinct(this.#block(plan.input, outer), outer);
      case 'set-operation':
        return printSetOperation(plan, (input) => this.#branch(input, plan.columns, outer));
      case 'values':
        return printValues(plan, this.#scope(outer), () => this.#freshName('t'));
      case 'unnest':
        return blockOver(printUnnest(plan, this.#scope(outer)), idsOf(plan));
      case 'recursive':
        return printRecursive(plan, (input) => this.#branch(input, plan.columns, outer));
      case 'with':
        return this.#with(plan, outer);
      case 'cte-ref':
        return blockOver(printRenamed(cteName(plan.name), plan.columns, plan.of), idsOf(plan));
      case 'window':
        return this.#window(plan, outer);
      case 'gather':
      case 'broadcast':
        throw new Error(`a ${plan.kind} is lowered before printing`);
      default:
        return assertNever(plan);
    }
  }

  /**
   * The block with those enclosing queries' columns as its own that its expressions need where a lambda is: there DuckDB finds
   * the columns of one query only.
   */
  #withOuter(block: Block, exprs: readonly Expr[], outer: ResolveColumn): Block {
    const print = this.#print(block, outer);
    const held = exprs.filter(
      (expr) => enclosingColumns(block, [expr]).length > 0 && MAY_HOLD_LAMBDA.test(print(expr)),
    );
    return this.#holding(block, enclosingColumns(block, held), outer);
  }

  /** The block with these of the enclosing queries' columns as its own. */
  #holding(block: Block, ids: readonly ColumnId[], outer: ResolveColumn): Block {
    if (ids.length === 0) return block;
    const defined = new Map([...block.defined, ...ids.map((id) => [id, outer(id)] as const)]);
    const sealed = this.#sealOrdered({ ...block, defined, output: [...block.output, ...ids] }, outer);
    return { ...sealed, output: block.output };
  }

  #filter(input: Block, predicate: Expr, outer: ResolveColumn): Block {
    const parts = predicate.kind === 'and' ? predicate.args : [predicate];
    const block = this.#withOuter(input, parts, outer);
    if (isUnlimited(block) && usesOnlyBare(block, parts)) {
      return { ...block, where: [...block.where, ...parts.map(this.#print(block, outer))] };
    }
    return this.#filter(this.#sealOrdered(block, outer), predicate, outer);
  }

  #project(input: Block, items: readonly ProjectItem[], outer: ResolveColumn): Block {
    const computed = items.filter((item) => item.expr.kind !== 'column');
    const exprs = computed.map((item) => item.expr);
    const block = this.#withOuter(input, exprs, outer);
    const mayCompute = block.groups === undefined && !block.windowed && usesOnlyBare(block, exprs);
    if (block.distinct || (computed.length > 0 && !mayCompute) || repeatsComputed(block, items)) {
      return this.#project(this.#sealOrdered(block, outer), items, outer);
    }
    const print = this.#print(block, outer);
    const definitions = items.map(({ column, expr }) => [column.id, print(expr)] as const);
    return {
      ...block,
      defined: new Map([...block.defined, ...definitions]),
      output: items.map((item) => item.column.id),
    };
  }

  #aggregate(plan: AggregatePlan, outer: ResolveColumn): Block {
    const plain = this.#withOuter(this.#plain(plan.input, outer), expressionsOf(plan), outer);
    const input = plan.sets === undefined ? plain : this.#withEachGroup(plain, plan.groups, outer);
    const scope = this.#inside(input, outer);
    const groups = plan.groups.map(({ column, expr }) => {
      const isColumn = input.defined.has(column.id);
      return [column.id, isColumn ? columnName(column.id) : printExpr(expr, scope)] as const;
    });
    const aggregates = plan.aggregates.map(
      ({ column, call }) => [column.id, printAggregate(call, scope)] as const,
    );
    if (groups.length === 0 && aggregates.length === 0) return oneRow(this.#fromItem(input, outer));
    const mask = printMask(plan, groups);
    const block: Block = {
      ...input,
      defined: new Map([...input.defined, ...groups, ...aggregates, ...mask]),
      output: [...groups, ...aggregates, ...mask].map(([id]) => id),
      groups: groups.map(([id]) => id),
      groupingSets: plan.sets?.members,
    };
    return plan.sets === undefined ? block : this.#seal(block, outer);
  }

  /** Groups that are equal are apart in grouping sets; to DuckDB, where they are apart below. */
  #withEachGroup(block: Block, groups: readonly ProjectItem[], outer: ResolveColumn): Block {
    const print = this.#print(block, outer);
    const printed = groups.map(({ column, expr }) => [column.id, print(expr)] as const);
    const again = printed.filter(([, sql], index) => printed.findIndex(([, other]) => other === sql) < index);
    if (again.length === 0) return block;
    const defined = new Map([...block.defined, ...again]);
    return this.#seal({ ...block, defined, output: [...block.output, ...again.map(([id]) => id)] }, outer);
  }

  #sort(block: Block, keys: readonly SortKey[], outer: ResolveColumn): Block {
    const open = block.limit === undefined && block.offset === undefined && block.qualify === undefined;
    const resolvable = keys.every(({ expr }) =>
      expr.kind === 'column' ? isSortable(block, expr.id) : !block.distinct && usesOnlyBare(block, [expr]),
    );
    const grouped =
      block.groups !== undefined && keys.some(({ expr }) => expr.kind !== 'column' && expr.kind !== 'const');
    if (!open || !resolvable || grouped) return this.#sort(this.#seal(block, outer), keys, outer);
    return { ...block, orderBy: keys };
  }

  #limit(plan: LimitPlan, outer: ResolveColumn): Block {
    const input = this.#block(plan.input, outer);
    if (input.limit !== undefined || input.offset !== undefined || input.qualify !== undefined) {
      return this.#limitOver(this.#sealOrdered(input, outer), plan, outer);
    }
    return this.#limitOver(input, plan, outer);
  }

  #limitOver(block: Block, plan: LimitPlan, outer: ResolveColumn): Block {
    if (plan.withTies) return this.#withTies(block, plan, outer);
    const scope = this.#scope(outer);
    return {
      ...block,
      limit: plan.limit && rowCount(plan.limit, 'LIMIT', scope),
      offset: plan.offset && rowCount(plan.offset, 'OFFSET', scope),
    };
  }

  /** Rows of the sort up to the limit, and those that equal the last of them: by rank. */
  #withTies(block: Block, plan: LimitPlan, outer: ResolveColumn): Block {
    const keys = block.orderBy;
    const sealed = isPlain({ ...block, orderBy: [] }) ? block : this.#sealOrdered(block, outer);
    const limit = plan.limit && constantCount(plan.limit, 'LIMIT');
    const offset = (plan.offset && constantCount(plan.offset, 'OFFSET')) ?? 0n;
    if (limit === undefined) return { ...sealed, orderBy: keys, offset: String(offset) };
    const scope = this.#inside(sealed, outer);
    const over = `OVER (${printOrderBy(keys, scope)})`;
    const ties = `rank() ${over} <= ${limit === 0n ? 0n : limit + offset}`;
    return {
      ...sealed,
      qualify: offset === 0n ? ties : `${ties} AND row_number() ${over} > ${offset}`,
      orderBy: keys,
    };
  }

  #distinct(block: Block, outer: ResolveColumn): Block {
    if (block.output.length === 0) {
      return { ...this.#seal(block, outer), limit: '1' };
    }
    if (!isUnlimited(block) || block.orderBy.length > 0) {
      return { ...this.#seal(block, outer), distinct: true };
    }
    return { ...block, distinct: true };
  }

  #window(plan: WindowPlan, outer: ResolveColumn): Block {
    const plain = this.#plain(plan.input, outer);
    const input = this.#holding(plain, enclosingColumns(plain, expressionsOf(plan)), outer);
    const scope = this.#inside(input, outer);
    const items = plan.items.map((item) => [item.column.id, printWindowItem(item, plan, scope)] as const);
    return {
      ...input,
      defined: new Map([...input.defined, ...items]),
      output: [...input.output, ...items.map(([id]) => id)],
      windowed: true,
    };
  }

  #branch(input: Plan, columns: readonly Column[], outer: ResolveColumn): string {
    return printBranch(outputColumns(input), columns, this.#fromItem(this.#block(input, outer), outer));
  }

  #with(plan: Extract<Plan, { kind: 'with' }>, outer: ResolveColumn): Block {
    const definition = `${cteName(plan.name)} AS MATERIALIZED (${this.statement(plan.definition, outer)})`;
    const body = this.#block(plan.body, outer);
    return { ...body, withs: [definition, ...body.withs] };
  }

  #join(plan: JoinPlan, outer: ResolveColumn): Block {
    const keepsLeftFilter = plan.type !== 'right' && plan.type !== 'full';
    const side = this.#side(plan.left, keepsLeftFilter, outer);
    const existential = plan.type === 'semi' || plan.type === 'anti';
    // DuckDB's semi- and anti-joins can't refer to an enclosing query; its EXISTS can.
    if (plan.lateral || (existential && outerColumns(plan).size > 0)) return this.#lateral(plan, side, outer);
    const right = this.#side(plan.right, plan.type === 'inner', outer);
    const left = this.#holdingOuter(plan, side, right, outer);
    const defined = new Map([...left.defined, ...right.defined]);
    const scope = this.#scope((id) => defined.get(id) ?? outer(id));
    const always = plan.condition.kind === 'const' && plan.condition.value === 'true';
    const rightItem = right.joined ? `(${right.from})` : right.from;
    const condition = ` ON ${printExpr(plan.condition, scope)}`;
    const join =
      plan.type === 'inner' && always
        ? `CROSS JOIN ${rightItem}`
        : `${plan.type === 'inner' ? '' : `${plan.type.toUpperCase()} `}JOIN ${rightItem}${condition}`;
    return {
      ...blockOver(`${left.from} ${join}`, existential ? left.output : [...left.output, ...right.output]),
      joined: true,
      defined: existential ? left.defined : defined,
      where: [...left.where, ...right.where],
    };
  }

  /** DuckDB's joins, but inner ones without lambdas, find no enclosing query's columns in their conditions. */
  #holdingOuter({ type, condition }: JoinPlan, left: Block, right: Block, outer: ResolveColumn): Block {
    const both = { ...left, defined: new Map([...left.defined, ...right.defined]) };
    const ids = enclosingColumns(both, [condition]);
    const finds = type === 'inner' && !MAY_HOLD_LAMBDA.test(this.#print(both, outer)(condition));
    return finds ? left : this.#holding(left, ids, outer);
  }

  /** A side of a join: a FROM item, and a WHERE if that may be pulled above the join. */
  #side(plan: Plan, mayFilter: boolean, outer: ResolveColumn): Block {
    const block = this.#block(plan, outer);
    const simple = isPlain(block) && block.withs.length === 0 && block.from !== undefined;
    return simple && (mayFilter || block.where.length === 0) ? block : this.#seal(block, outer);
  }

  #lateral(plan: JoinPlan, left: Block, outer: ResolveColumn): Block {
    const visible: ResolveColumn = (id) => left.defined.get(id) ?? outer(id);
    const right = this.#filter(this.#block(plan.right, visible), plan.condition, visible);
    const query = this.#render(right, visible);
    if (plan.type === 'semi' || plan.type === 'anti') {
      return {
        ...left,
        where: [...left.where, `${plan.type === 'anti' ? 'NOT ' : ''}EXISTS (${query})`],
      };
    }
    assert(plan.type === 'inner' || plan.type === 'left', `a lateral ${plan.type} join`);
    const alias = this.#freshName('t');
    const join = plan.type === 'inner' ? 'CROSS JOIN' : 'LEFT JOIN';
    const on = plan.type === 'inner' ? '' : ' ON true';
    const defined = right.output.map((id) => [id, columnName(id)] as const);
    return {
      ...left,
      joined: true,
      from: `${left.from} ${join} LATERAL (${query}) AS ${alias}${on}`,
      defined: new Map([...left.defined, ...defined]),
      output: [...left.output, ...right.output],
    };
  }
}

/** Macros of the prelude hold them too. */
const MAY_HOLD_LAMBDA = /\blambda\b|\bskein_/;
