import type { TreeNode } from '../../analysis/tree.ts';
import { SkeinError } from '../../base/errors.ts';

/** A refusal with the place of the innermost expression that it concerns: its position counts bytes, from 1. */
export function located(error: unknown, node: TreeNode): unknown {
  if (!(error instanceof SkeinError) || error.fields.position !== undefined) return error;
  const value = node.fields.get('location');
  const location = value?.kind === 'token' ? Number(value.text) : -1;
  if (!(location >= 0)) return error;
  const fields = { ...error.fields, position: location + 1 };
  return new SkeinError({ sqlstate: error.code }, error.message, fields, error.cause);
}
