import type { Accepts } from './characters.ts';

export type Place =
  | 'start'
  | 'end'
  | 'lineStart'
  | 'lineEnd'
  | 'wordStart'
  | 'wordEnd'
  | 'boundary'
  | 'inside';

/** What holds between two characters. */
export type Constraint =
  | { readonly kind: 'place'; readonly place: Place }
  | {
      readonly kind: 'around';
      readonly ahead: boolean;
      readonly negated: boolean;
      readonly body: Alternation;
    };

export type Atom =
  | Constraint
  | { readonly kind: 'set'; readonly accepts: Accepts }
  | { readonly kind: 'group'; readonly capture: number | undefined; readonly body: Alternation }
  | { readonly kind: 'back'; readonly group: number; readonly body: Alternation };

export type Preference = 'none' | 'longer' | 'shorter';

/** A quantified atom. */
export interface Item {
  readonly atom: Atom;
  readonly least: number;
  readonly most: number;
  readonly prefers: Preference;
}

export type Branch = readonly Item[];
export type Alternation = readonly Branch[];

/** A pattern as PostgreSQL reads it. */
export interface Pattern {
  readonly body: Alternation;
  readonly groups: number;
  readonly ignoreCase: boolean;
}
