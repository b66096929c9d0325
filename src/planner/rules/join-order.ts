import { verifiedKeys } from '../../catalog/colocation.ts';
import type { Snapshot } from '../../catalog/snapshot.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { ColumnId, Expr } from '../../plan/expr.ts';
import type { JoinPlan, Plan } from '../../plan/logical.ts';
import { columnsUsed, inputsOf, mapExpressions, mapInputs, visitPlan } from '../../plan/walk.ts';
import { estimateRows } from '../estimate.ts';
import { conjunction, conjunctsOf, filtered, hasSubquery, isVolatile, mapSubqueries } from '../exprs.ts';
import { isSafeAnywhere } from '../safe-anywhere.ts';

/** More are left as they are written. */
const MOST_RELATIONS = 16;

/**
 * Inner joins of three or more relations begin with the largest, which then stays where it lies; what is joined to it comes as
 * small as its own joins make it, and what lies with it first. Preconditions: inner joins whose conditions are not
 * volatile and can't fail, so that they may be asked of other pairs, or hold a subquery and are asked last; nothing reads the columns by their places.
 */
export function joinOrder(plan: Plan, snapshot: Snapshot): Plan {
  const below = mapExpressions(
    plan.kind === 'join' && isFree(plan) ? plan : mapInputs(plan, (input) => ordered(plan, input, snapshot)),
    (expr) => mapSubqueries(expr, (inner) => joinOrder(inner, snapshot)),
  );
  return below.kind === 'join' && isFree(below) ? reordered(below, snapshot) : below;
}

/** The columns of a set operation's and a recursion's inputs are told by their places. */
function ordered(plan: Plan, input: Plan, snapshot: Snapshot): Plan {
  const byPlace = plan.kind === 'set-operation' || plan.kind === 'recursive';
  return byPlace && input.kind === 'join'
    ? mapInputs(input, (inner) => joinOrder(inner, snapshot))
    : joinOrder(input, snapshot);
}

function isFree({ type, lateral, condition }: JoinPlan): boolean {
  return type === 'inner' && !lateral && conjunctsOf(condition).every(isMovable);
}

function isMovable(conjunct: Expr): boolean {
  return !isVolatile(conjunct) && (hasSubquery(conjunct) || isSafeAnywhere(conjunct));
}

interface Relation {
  readonly plan: Plan;
  readonly ids: ReadonlySet<ColumnId>;
}

function reordered(plan: JoinPlan, snapshot: Snapshot): Plan {
  const { plans, conjuncts } = flattened(plan);
  const relations = plans
    .map((leaf) => joinOrder(leaf, snapshot))
    .map((leaf): Relation => ({ plan: leaf, ids: new Set(outputColumns(leaf).map(({ id }) => id)) }));
  const isConstant = (leaf: Plan) => inputsOf(leaf).length === 0 && leaf.kind !== 'scan';
  const isFixed = plans.some(isConstant) || !plans.some(readsFederated);
  if (relations.length < 3 || relations.length > MOST_RELATIONS || isFixed) {
    return rebuilt(plan, [...relations]);
  }
  const joined = new Ordering(
    conjuncts.filter((conjunct) => !hasSubquery(conjunct)),
    snapshot,
  ).join(relations);
  return filtered(joined, conjuncts.filter(hasSubquery));
}

function flattened(plan: Plan): { readonly plans: readonly Plan[]; readonly conjuncts: readonly Expr[] } {
  if (plan.kind !== 'join' || !isFree(plan)) return { plans: [plan], conjuncts: [] };
  const [left, right] = [flattened(plan.left), flattened(plan.right)];
  return {
    plans: [...left.plans, ...right.plans],
    conjuncts: [...left.conjuncts, ...right.conjuncts, ...conjunctsOf(plan.condition)],
  };
}

/** As it was, over its changed leaves. */
function rebuilt(plan: Plan, leaves: Relation[]): Plan {
  if (plan.kind !== 'join' || !isFree(plan)) return leaves.shift()?.plan ?? plan;
  const left = rebuilt(plan.left, leaves);
  return { ...plan, left, right: rebuilt(plan.right, leaves) };
}

class Ordering {
  readonly #conjuncts: Expr[];
  readonly #snapshot: Snapshot;

  constructor(conjuncts: readonly Expr[], snapshot: Snapshot) {
    this.#conjuncts = [...conjuncts];
    this.#snapshot = snapshot;
  }

  join(written: readonly Relation[]): Plan {
    const relations = this.#withCopies(written);
    const rows = new Map(relations.map((one) => [one, estimateRows(one.plan, this.#snapshot)]));
    const size = (one: Relation) => (readsFederated(one.plan) ? (rows.get(one) ?? 0) : -1);
    const [largest, ...others] = relations.toSorted((a, b) => size(b) - size(a));
    if (largest === undefined) throw new Error('a join of nothing');
    let joined = this.#grown(largest, others);
    // What nothing equates is joined last.
    for (const one of others) {
      if (overlaps(one, joined)) continue;
      const rest = others.filter((other) => other !== one && !overlaps(other, joined));
      joined = this.#pair(joined, this.#grown(one, rest));
    }
    return filtered(joined.plan, this.#conjuncts);
  }

  /** Copies that are tied to one federated relation only are joined to it first, where they leave fewer of its rows to move. */
  #withCopies(relations: readonly Relation[]): readonly Relation[] {
    const federated = relations.filter(({ plan }) => readsFederated(plan));
    const copies = relations.filter(({ plan }) => !readsFederated(plan));
    const joined = federated.map((one) => {
      const own = this.#component(one, copies).slice(1);
      const isTheirs = (other: Relation) => other !== one && own.some((copy) => this.#isTied(copy, other));
      if (own.length === 0 || federated.some(isTheirs)) return one;
      const before = [...this.#conjuncts];
      const smaller = this.#grown(one, own);
      const rows = ({ plan }: Relation) => estimateRows(plan, this.#snapshot);
      if (rows(smaller) < rows(one)) return smaller;
      this.#conjuncts.splice(0, this.#conjuncts.length, ...before);
      return one;
    });
    return [...joined, ...copies.filter((copy) => !joined.some((one) => overlaps(copy, one)))];
  }

  /** The relation with all that equalities tie to it, directly or not. */
  #grown(start: Relation, others: readonly Relation[]): Relation {
    let joined = start;
    let rest = others.filter((one) => !overlaps(one, joined));
    for (;;) {
      const next = this.#next(start, joined, rest);
      if (next === undefined) return joined;
      joined = this.#pair(joined, next);
      rest = rest.filter((one) => !overlaps(one, joined));
    }
  }

  /** Of what is tied to several, first what is tied to the start: two tables may share a value that is no key of either. */
  #next(start: Relation, joined: Relation, rest: readonly Relation[]): Relation | undefined {
    const near = rest.filter((one) => this.#isTied(joined, one));
    const together = near.find((one) => this.#liesWith(joined, one));
    if (together !== undefined) return together;
    const first = near.filter((one) => this.#isTied(start, one));
    const branches = (first.length > 0 ? first : near).map((one) => this.#branch(one, joined, rest));
    const rows = ({ plan }: Relation) => estimateRows(plan, this.#snapshot);
    return branches.toSorted((a, b) => rows(a.relation) - rows(b.relation))[0]?.take();
  }

  /** With what is tied to the rest by it alone, unless it meets its largest part elsewhere. */
  #branch(one: Relation, joined: Relation, rest: readonly Relation[]) {
    const component = this.#component(one, rest);
    const isOnlyEntry = component.every((other) => other === one || !this.#isTied(joined, other));
    const own = component.filter((other) => other !== one);
    if (!isOnlyEntry || own.length === 0) return { relation: one, take: () => one };
    const before = [...this.#conjuncts];
    const relation = this.#grown(one, own);
    const after = [...this.#conjuncts];
    this.#conjuncts.splice(0, this.#conjuncts.length, ...before);
    const take = (): Relation => {
      this.#conjuncts.splice(0, this.#conjuncts.length, ...after);
      return relation;
    };
    return { relation, take };
  }

  #component(start: Relation, rest: readonly Relation[]): readonly Relation[] {
    const found = [start];
    for (const one of found) {
      found.push(...rest.filter((other) => !found.includes(other) && this.#isTied(one, other)));
    }
    return found;
  }

  #equalities(a: Relation, b: Relation): readonly Expr[] {
    const spans = (conjunct: Expr) => {
      const used = [...columnsUsed(conjunct)];
      return (
        used.some((id) => a.ids.has(id)) &&
        used.some((id) => b.ids.has(id)) &&
        used.every((id) => a.ids.has(id) || b.ids.has(id))
      );
    };
    return this.#conjuncts.filter(
      (conjunct) => conjunct.kind === 'call' && / = /.test(conjunct.fn) && spans(conjunct),
    );
  }

  #isTied(a: Relation, b: Relation): boolean {
    return this.#equalities(a, b).length > 0;
  }

  /** Is the key of one declared group, or a label, equated? */
  #liesWith(a: Relation, b: Relation): boolean {
    const places = new Map([...placesIn(a.plan, this.#snapshot), ...placesIn(b.plan, this.#snapshot)]);
    return this.#equalities(a, b).some((conjunct) => {
      const [l, r] = [...columnsUsed(conjunct)].map((id) => places.get(id) ?? []);
      return l?.some((place) => r?.includes(place)) ?? false;
    });
  }

  /** All conditions that both sides can answer now. */
  #pair(left: Relation, right: Relation): Relation {
    const ids = new Set([...left.ids, ...right.ids]);
    const isAnswered = (conjunct: Expr) => [...columnsUsed(conjunct)].every((id) => ids.has(id));
    const now = this.#conjuncts.filter(isAnswered);
    const later = this.#conjuncts.filter((conjunct) => !isAnswered(conjunct));
    this.#conjuncts.splice(0, this.#conjuncts.length, ...later);
    const plan: Plan = {
      kind: 'join',
      type: 'inner',
      left: left.plan,
      right: right.plan,
      condition: conjunction(now),
      lateral: false,
    };
    return { plan, ids };
  }
}

function overlaps(one: Relation, joined: Relation): boolean {
  return [...one.ids].some((id) => joined.ids.has(id));
}

function readsFederated(plan: Plan): boolean {
  let found = false;
  visitPlan(plan, (operator) => {
    found ||= operator.kind === 'scan' && operator.tableKind === 'federated';
  });
  return found;
}

/** What tells where a row lies, by column. */
function placesIn(plan: Plan, snapshot: Snapshot): ReadonlyMap<ColumnId, readonly string[]> {
  const places = new Map<ColumnId, readonly string[]>();
  visitPlan(plan, (operator) => {
    if (operator.kind !== 'scan' || operator.tableKind !== 'federated') return;
    const keys = verifiedKeys(snapshot, operator.table);
    for (const { id, source } of operator.columns) {
      const groups =
        source.kind === 'label'
          ? [`label ${source.name}`]
          : keys.get(source.name)?.map((name) => `group ${name}`);
      if (groups !== undefined) places.set(id, groups);
    }
  });
  return places;
}
