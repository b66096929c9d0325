import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { refuse } from '../../base/errors.ts';
import type { OwnedTable } from '../../catalog/owned.ts';
import type { Plan, ProjectItem } from '../../plan/logical.ts';
import type { OnConflict, StagedColumns, WriteCommand } from '../../plan/write.ts';
import { type Conversion, openNode, type Range, type Scope } from './conversion.ts';
import { readTarget, type Target } from './targets.ts';

/** The QUERY node of a statement that changes rows, field by field. */
export interface WriteQuery {
  readonly command: WriteCommand;
  /** Index of the target in the range table, from 1. */
  readonly target: number;
  readonly commonTables: readonly TreeNode[];
  readonly rangeTable: readonly TreeNode[];
  readonly from: readonly TreeNode[];
  readonly where: TreeNode | undefined;
  readonly values: readonly AssignedTarget[];
  readonly onConflict: TreeNode | undefined;
  readonly mergeActions: readonly TreeNode[];
  readonly mergeCondition: TreeNode | undefined;
  readonly returning: readonly Target[];
}

/** A value for the column with this number. */
export interface AssignedTarget {
  readonly attribute: number;
  readonly expr: TreeNode;
  /** It is no value: others refer to what it computes. */
  readonly junk: boolean;
}

/** What the statement says, and where its parts are converted. */
export interface WriteContext {
  readonly conversion: Conversion;
  readonly query: WriteQuery;
  readonly table: OwnedTable;
  /** Its name in the statement. */
  readonly alias: string;
  /** The range table but for the target, in whose place `target` puts a range. */
  readonly scopeWith: (target: Range, others?: ReadonlyMap<number, Range>) => Scope;
}

/** The changes, and what is asked of them afterwards. */
export interface ConvertedChanges {
  readonly plan: Plan;
  readonly staged: Omit<StagedColumns, 'others'>;
  readonly onConflict: OnConflict | undefined;
  /** What RETURNING gives over the staged columns; those that it needs besides are `others`. */
  readonly returning: readonly ProjectItem[] | undefined;
  readonly others: StagedColumns['others'];
}

/** CmdType of nodes.h. */
const COMMANDS: ReadonlyMap<number, WriteCommand> = new Map([
  [2, 'UPDATE'],
  [3, 'INSERT'],
  [4, 'DELETE'],
  [5, 'MERGE'],
]);

export function readWriteQuery(tree: TreeNode): WriteQuery {
  const node = openNode(tree, 'QUERY');
  const command = COMMANDS.get(node.int('commandType'));
  if (command === undefined) throw refuse('a statement of this kind');
  ignoreClauses(node);
  const jointree = openNode(node.node('jointree'), 'FROMEXPR');
  const query: WriteQuery = {
    command,
    target: node.int('resultRelation'),
    commonTables: node.nodes('cteList'),
    rangeTable: node.nodes('rtable'),
    from: jointree.nodes('fromlist'),
    where: jointree.optionalNode('quals'),
    values: node.nodes('targetList').map(readAssigned),
    onConflict: node.optionalNode('onConflict'),
    mergeActions: node.nodes('mergeActionList'),
    mergeCondition: node.optionalNode('mergeJoinCondition'),
    returning: node.nodes('returningList').map(readTarget),
  };
  // The target of MERGE is the target.
  node.ignore('mergeTargetRelation');
  jointree.done();
  node.done();
  return query;
}

export function readAssigned(entry: TreeNode): AssignedTarget {
  const node = openNode(entry, 'TARGETENTRY');
  // What the column is called, and clauses that only a query has.
  node.ignore('resname', 'ressortgroupref', 'resorigtbl', 'resorigcol');
  const target = { attribute: node.int('resno'), expr: node.node('expr'), junk: node.bool('resjunk') };
  node.done();
  return target;
}

function ignoreClauses(node: NodeReader): void {
  // Where the query comes from, who may run it, and flags that the clauses themselves repeat.
  node.ignore('querySource', 'canSetTag', 'isReturn', 'stmt_location', 'stmt_len', 'rteperminfos');
  node.ignore('hasTargetSRFs', 'hasSubLinks', 'hasRecursive', 'hasGroupRTE', 'constraintDeps');
  // Names in RETURNING, which are resolved.
  node.ignore('returningOldAlias', 'returningNewAlias');
  // What only a SELECT has.
  node.ignore('hasAggs', 'hasWindowFuncs', 'hasDistinctOn', 'limitOption', 'groupDistinct');
  const selectOnly = ['groupClause', 'groupingSets', 'havingQual', 'windowClause', 'distinctClause'];
  for (const field of [...selectOnly, 'sortClause', 'limitOffset', 'limitCount', 'setOperations']) {
    node.absent(field, 'a clause of SELECT in a statement that changes rows');
  }
  node.absent('utilityStmt', 'a utility statement here').absent('override', 'OVERRIDING');
  node.absent('hasModifyingCTE', 'a data-modifying WITH query');
  node.absent('hasForUpdate', 'FOR UPDATE or FOR SHARE').absent('rowMarks', 'FOR UPDATE or FOR SHARE');
  node.absent('hasRowSecurity', 'row-level security').absent('withCheckOptions', 'WITH CHECK OPTION');
}
