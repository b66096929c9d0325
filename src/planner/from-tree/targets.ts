import type { TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { openNode } from './conversion.ts';

/** A TARGETENTRY: an expression of a select list, or of an aggregate's arguments. */
export interface Target {
  readonly expr: TreeNode;
  readonly name: string;
  /** Its number for SORTGROUPCLAUSEs; 0: none refers to it. */
  readonly reference: number;
  /** Not output: only sorting or grouping refer to it. */
  readonly junk: boolean;
}

export function readTarget(entry: TreeNode): Target {
  const node = openNode(entry, 'TARGETENTRY');
  // Targets come in the order of resno; the origin only describes the result.
  node.ignore('resno', 'resorigtbl', 'resorigcol');
  const target = {
    expr: node.node('expr'),
    name: node.text('resname') ?? '',
    reference: node.int('ressortgroupref'),
    junk: node.bool('resjunk'),
  };
  node.done();
  return target;
}

export function findTarget<T extends { readonly reference: number }>(
  targets: readonly T[],
  reference: number,
): T {
  return defined(
    targets.find((target) => target.reference === reference),
    'target of a sort or group clause',
  );
}
