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
