import type { Regex } from './regex.ts';

/**
 * Whether the pattern has a form that DuckDB evaluates as RE2 does: it rewrites simple patterns to LIKE, and gets anchors
 * elsewhere than at the edges of a branch, and empty groups, wrong (DuckDB 1.5).
 */
export function isEvaluatedFaithfully(regex: Regex): boolean {
  return branchesOf(regex).every(isFaithfulBranch);
}

function branchesOf(regex: Regex): readonly Regex[] {
  return regex.kind === 'alternatives' ? regex.branches : [regex];
}

function isFaithfulBranch(branch: Regex): boolean {
  if (branch.kind !== 'concat') return isFaithfulPart(branch);
  const { parts } = branch;
  const inner = parts.filter(
    (part, index) =>
      !(part.kind === 'start' && index === 0) && !(part.kind === 'end' && index === parts.length - 1),
  );
  return inner.every(isFaithfulPart);
}

function isFaithfulPart(part: Regex): boolean {
  switch (part.kind) {
    case 'set':
      return true;
    case 'start':
    case 'end':
    case 'concat':
    case 'alternatives':
      return false;
    case 'repeat':
      return isFaithfulPart(part.body);
    case 'group':
      return isFaithfulGroup(part.body);
  }
}

/** An anchor in a group of one branch is an anchor in the middle. */
function isFaithfulGroup(body: Regex): boolean {
  if (body.kind === 'alternatives') return body.branches.every(isFaithfulBranch);
  return body.kind === 'concat' && body.parts.length > 0 && body.parts.every(isFaithfulPart);
}
