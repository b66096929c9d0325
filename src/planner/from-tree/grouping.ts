import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Expr } from '../../plan/expr.ts';
import type { AggregateItem, GroupingSets, Plan, ProjectItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference } from '../exprs.ts';
import { constant } from '../types.ts';
import {
  type Conversion,
  newColumn,
  openNode,
  outerScope,
  type Scope,
  type SetCollector,
} from './conversion.ts';
import { call } from './dialect-call.ts';
import { groupsBy, type KeyedGroups, ofSets } from './keys.ts';
import { SelectedSets } from './set-returning.ts';
import { readSortGroup } from './sorting.ts';

/** What GROUP BY and HAVING say, as the QUERY node has it. */
export interface GroupClauses {
  readonly aggregates: boolean;
  readonly groupBy: readonly TreeNode[];
  readonly groupingSets: readonly TreeNode[];
  readonly groupDistinct: boolean;
  readonly having: TreeNode | undefined;
}

export function isGrouped(query: GroupClauses): boolean {
  const grouped = query.groupBy.length > 0 || query.groupingSets.length > 0;
  return query.aggregates || grouped || query.having !== undefined;
}

/** `scope` collects the aggregates of what is converted in it; `over` is called when all of that is. */
export interface Grouping {
  readonly scope: Scope;
  readonly over: (input: Plan) => Plan;
}

const INT8 = sqlType(OID.int8);
const INT4 = sqlType(OID.int4);

export function convertGrouping(conversion: Conversion, query: GroupClauses, scope: Scope): Grouping {
  const references = query.groupBy.map((clause) => readSortGroup(conversion.context, clause).reference);
  const selected = new SelectedSets(conversion);
  const unnested: SetCollector = (tree, within) => selected.add(tree, within);
  const keyed = convertGroups(conversion, references, { ...scope, sets: unnested });
  const { groups, values } = keyed;
  const sets = convertSets(conversion, query, references);
  const { kept, masked } = sets === undefined ? { kept: keyed.kept, masked: [] } : ofSets(conversion, keyed);
  const aggregates: AggregateItem[] = [...kept];
  const grouped: Scope = {
    ...scope,
    groups: values,
    grouping: { references, mask: sets?.mask },
    aggregates,
  };
  const having = query.having === undefined ? undefined : conversion.expr(query.having, grouped);
  return {
    scope: grouped,
    over: (input) => {
      const plan: Plan = {
        kind: 'aggregate',
        input: selected.over(input),
        groups,
        aggregates,
        ...(sets && { sets }),
      };
      const shown = masked.length === 0 ? plan : withColumns(plan, masked);
      return having === undefined ? shown : { kind: 'filter', input: shown, predicate: having };
    },
  };
}

function withColumns(input: Plan, items: readonly ProjectItem[]): Plan {
  const own = outputColumns(input).map((column) => ({ column, expr: reference(column) }));
  return { kind: 'project', input, items: [...own, ...items] };
}

/** The range that stands for GROUP BY has its expressions. */
function convertGroups(conversion: Conversion, references: readonly number[], scope: Scope): KeyedGroups {
  const nodes = scope.ranges.flatMap((range) => range.groupExprs ?? []);
  assert(nodes.length === references.length, 'GROUP BY has a range');
  const items = nodes.map((node, index): ProjectItem => {
    const expr = conversion.expr(node, scope);
    return { column: newColumn(conversion, `group ${index + 1}`, exprType(expr)), expr };
  });
  return groupsBy(conversion, items, 'grouping by a value');
}

/** GROUPING() counts its bits in an int8. */
const MAX_GROUPS = 62;

/** undefined: the one set of all groups. */
function convertSets(
  conversion: Conversion,
  query: GroupClauses,
  references: readonly number[],
): GroupingSets | undefined {
  if (query.groupingSets.length === 0) return undefined;
  const product = query.groupingSets.map(expand).reduce(crossProduct, [[]]);
  const members = product.map((set) =>
    references.flatMap((reference, index) => (set.includes(reference) ? [index] : [])),
  );
  const chosen = query.groupDistinct ? withoutDuplicates(members) : members;
  const [only, ...rest] = chosen;
  if (rest.length === 0 && only?.length === references.length) return undefined;
  if (references.length > MAX_GROUPS) throw refuse(`GROUPING SETS over more than ${MAX_GROUPS} expressions`);
  if (references.length === 0) throw refuse('several grouping sets without a column');
  return { members: chosen, mask: newColumn(conversion, 'grouping', INT8) };
}

type ReferenceSet = readonly number[];

/** GroupingSetKind of parsenodes.h. */
const KIND = { empty: 0, simple: 1, rollup: 2, cube: 3, sets: 4 } as const;

/** The sets that one item of GROUP BY stands for. */
function expand(item: TreeNode): readonly ReferenceSet[] {
  const node = openNode(item, 'GROUPINGSET').ignore('location');
  const kind = node.int('kind');
  const sets = expandKind(kind, node);
  node.done();
  return sets;
}

function expandKind(kind: number, node: NodeReader): readonly ReferenceSet[] {
  switch (kind) {
    case KIND.empty:
      node.absent('content', 'an empty grouping set with content');
      return [[]];
    case KIND.simple:
      return [node.ints('content')];
    case KIND.rollup: {
      const parts = simpleParts(node);
      return [...parts.keys(), parts.length].reverse().map((length) => parts.slice(0, length).flat());
    }
    case KIND.cube:
      return simpleParts(node)
        .map((part): readonly ReferenceSet[] => [part, []])
        .reduce(crossProduct, [[]]);
    case KIND.sets:
      return node.nodes('content').flatMap(expand);
    default:
      throw refuse(`a grouping set of kind ${kind}`);
  }
}

function simpleParts(node: NodeReader): readonly ReferenceSet[] {
  return node.nodes('content').map((part) => {
    const [only, ...rest] = expand(part);
    assert(rest.length === 0, 'ROLLUP and CUBE hold simple sets');
    return defined(only, 'part of ROLLUP or CUBE');
  });
}

/** `GROUP BY a, ROLLUP (b)`: each set of one with each of the other. */
function crossProduct(
  left: readonly ReferenceSet[],
  right: readonly ReferenceSet[],
): readonly ReferenceSet[] {
  return left.flatMap((l) => right.map((r) => [...l, ...r]));
}

function withoutDuplicates(members: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return [...new Map(members.map((set) => [set.join(), set])).values()];
}

/** GROUPING(a, b): a bit for each argument, 1 where the row's set lacks it; the last argument's is the lowest. */
export function convertGroupingFunction(_conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // The arguments themselves aren't evaluated: `refs` says which groups they are. `cols` is the planner's.
  node.ignore('args', 'cols', 'location');
  const { grouping } = outerScope(scope, node.int('agglevelsup'));
  const { references, mask } = defined(grouping, 'GROUPING() outside a grouping');
  const asked = node.ints('refs');
  if (mask === undefined) return constant(INT4, '0');
  const bits = asked.map((ref, position): Expr => {
    const from = references.length - 1 - references.indexOf(ref);
    const bit = int8('int8 & int8', shifted('>>', reference(mask), from), constant(INT8, '1'));
    return shifted('<<', bit, asked.length - 1 - position);
  });
  const sum = bits.reduce((left, right) => int8('int8 + int8', left, right));
  return call('GROUPING()', 'cast int8 -> int4', [sum], INT4);
}

function int8(fn: string, left: Expr, right: Expr): Expr {
  return call('GROUPING()', fn, [left, right], INT8);
}

function shifted(direction: '<<' | '>>', value: Expr, by: number): Expr {
  return by === 0 ? value : int8(`int8 ${direction} int4`, value, constant(INT4, String(by)));
}
