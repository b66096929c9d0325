import type { Regex } from './regex.ts';

/** The capturing groups in the order of their parentheses, and whether each takes part once in every match. */
export function capturingGroups(regex: Regex): readonly boolean[] {
  return collect(regex, true);
}

function collect(regex: Regex, always: boolean): readonly boolean[] {
  switch (regex.kind) {
    case 'group':
      return [...(regex.captures ? [always] : []), ...collect(regex.body, always)];
    case 'concat':
      return regex.parts.flatMap((part) => collect(part, always));
    case 'alternatives':
      return regex.branches.flatMap((branch) => collect(branch, false));
    case 'repeat':
      return collect(regex.body, always && regex.least === 1 && regex.most === 1);
    default:
      return [];
  }
}
