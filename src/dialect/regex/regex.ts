import { assertNever } from '../../base/assert.ts';
import type { CharacterSet } from './character-set.ts';

/** A regular expression of the subset that PostgreSQL's engine and RE2 read alike. */
export type Regex =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'group'; readonly captures: boolean; readonly body: Regex }
  | { readonly kind: 'concat'; readonly parts: readonly Regex[] }
  | { readonly kind: 'alternatives'; readonly branches: readonly Regex[] }
  | {
      readonly kind: 'repeat';
      readonly body: Regex;
      readonly least: number;
      readonly most: number;
      readonly greedy: boolean;
    };

/** Whether one of the expression's parts, or itself, is so. */
export function hasPart(regex: Regex, isSo: (part: Regex) => boolean): boolean {
  return isSo(regex) || partsOf(regex).some((part) => hasPart(part, isSo));
}

function partsOf(regex: Regex): readonly Regex[] {
  switch (regex.kind) {
    case 'group':
    case 'repeat':
      return [regex.body];
    case 'concat':
      return regex.parts;
    case 'alternatives':
      return regex.branches;
    case 'set':
    case 'start':
    case 'end':
      return [];
    default:
      return assertNever(regex);
  }
}
