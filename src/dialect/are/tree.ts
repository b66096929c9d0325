import type { Alternation, Atom, Branch, Item, Preference } from './pattern.ts';

/** What a part of a pattern matches, without its groups. */
export type Language =
  | Exclude<Atom, { kind: 'group' } | { kind: 'back' }>
  | { readonly kind: 'all'; readonly parts: readonly Language[] }
  | { readonly kind: 'any'; readonly branches: readonly Language[] }
  | {
      readonly kind: 'repeated';
      readonly body: Language;
      readonly least: number;
      readonly most: number;
    };

/** Preferences and groups of a part: PostgreSQL's dissection depends on which parts have which. */
interface Traits {
  readonly longer: boolean;
  readonly shorter: boolean;
  /** Parts of it prefer differently. */
  readonly mixed: boolean;
  readonly captures: boolean;
  readonly refers: boolean;
}

type Shape =
  | { readonly kind: 'run' }
  | { readonly kind: 'back'; readonly group: number; readonly least: number; readonly most: number }
  | { readonly kind: 'concat'; readonly left: Tree; readonly right: Tree }
  | { readonly kind: 'either'; readonly branches: readonly Tree[] }
  | { readonly kind: 'loop'; readonly body: Tree; readonly least: number; readonly most: number };

/** How PostgreSQL takes a match apart. */
export type Tree = Shape & {
  readonly language: Language;
  readonly traits: Traits;
  /** The groups that have its text. */
  readonly groups: readonly number[];
};

const NO_TRAITS: Traits = { longer: false, shorter: false, mixed: false, captures: false, refers: false };

const preferring = (prefers: Preference): Traits => ({
  ...NO_TRAITS,
  longer: prefers === 'longer',
  shorter: prefers === 'shorter',
});

const either = (a: Traits, b: Traits): Traits => ({
  longer: a.longer || b.longer,
  shorter: a.shorter || b.shorter,
  mixed: a.mixed || b.mixed,
  captures: a.captures || b.captures,
  refers: a.refers || b.refers,
});

/** What a part's traits are to what has it. */
const upwards = (traits: Traits): Traits => ({
  ...traits,
  longer: false,
  shorter: false,
  mixed: traits.mixed || (traits.longer && traits.shorter),
});

const hasPreference = ({ longer, shorter }: Traits): boolean => longer || shorter;

/** Both: the first preference there is counts. */
function combined(a: Traits, b: Traits): Traits {
  const { longer, shorter } = hasPreference(a) ? a : b;
  return { ...upwards(either(a, b)), longer, shorter };
}

const isMessy = ({ mixed, captures, refers }: Traits): boolean => mixed || captures || refers;

const run = (language: Language, traits: Traits): Tree => ({ kind: 'run', language, traits, groups: [] });

function concat(left: Tree, right: Tree, traits: Traits): Tree {
  const language: Language = { kind: 'all', parts: [left.language, right.language] };
  return { kind: 'concat', left, right, language, traits, groups: [] };
}

/** @returns the tree by which a match of the alternation is dissected */
export function treeOf(alternation: Alternation): Tree {
  const branches = alternation.map(branchTree);
  const [only, ...more] = branches;
  if (only !== undefined && more.length === 0) return only;
  const traits = branches.reduce(
    (whole, branch) => either(whole, upwards(either(whole, branch.traits))),
    preferring('longer'),
  );
  const language: Language = { kind: 'any', branches: branches.map((branch) => branch.language) };
  return isMessy(traits) ? { kind: 'either', branches, language, traits, groups: [] } : run(language, traits);
}

/** Items before the first that captures, refers or prefers otherwise are one run. */
function branchTree(items: Branch): Tree {
  let traits = NO_TRAITS;
  const plain: Language[] = [];
  for (const [index, item] of items.entries()) {
    const atom = atomTree(item.atom);
    const together = either(either(traits, preferring(item.prefers)), atom.traits);
    const stays = !isOwn(item.atom) && !isMessy(upwards(together));
    if (!stays && item.most > 0) {
      const prefix = index === 0 ? undefined : run({ kind: 'all', parts: plain }, traits);
      return withPrefix(prefix, unitOf(item, atom), items.slice(index + 1), item, atom);
    }
    plain.push(repeated(atom.language, item.least, item.most));
    if (stays && item.most > 0) traits = together;
  }
  return run({ kind: 'all', parts: plain }, traits);
}

const isOwn = (atom: Atom): boolean =>
  atom.kind === 'back' || (atom.kind === 'group' && atom.capture !== undefined);

function withPrefix(prefix: Tree | undefined, unit: Tree, rest: Branch, item: Item, atom: Tree): Tree {
  const before = prefix?.traits ?? NO_TRAITS;
  if (rest.length === 0) {
    return prefix === undefined ? unit : concat(prefix, unit, either(before, combined(before, unit.traits)));
  }
  const after = branchTree(rest);
  const own = combined(preferring(item.prefers), atom.traits);
  const both = either(own, combined(own, after.traits));
  const whole = either(before, combined(before, both));
  if (prefix === undefined) return concat(unit, after, whole);
  const joined = either(unit.traits, after.traits);
  const merges = unit.kind === 'run' && after.kind === 'run' && !isMessy(upwards(joined));
  const tail = concat(unit, after, both);
  return concat(prefix, merges ? run(tail.language, combined(unit.traits, after.traits)) : tail, whole);
}

function atomTree(atom: Atom): Tree {
  switch (atom.kind) {
    case 'set':
    case 'place':
    case 'around':
      return run(atom, NO_TRAITS);
    case 'group': {
      const tree = treeOf(atom.body);
      if (atom.capture === undefined) return tree;
      return {
        ...tree,
        traits: { ...tree.traits, captures: true },
        groups: [...tree.groups, atom.capture],
      };
    }
    case 'back':
      return {
        kind: 'back',
        group: atom.group,
        least: 1,
        most: 1,
        language: unconstrained(treeOf(atom.body).language),
        traits: { ...NO_TRAITS, refers: true },
        groups: [],
      };
  }
}

function repeated(body: Language, least: number, most: number): Language {
  return least === 1 && most === 1 ? body : { kind: 'repeated', body, least, most };
}

function unitOf({ atom: { kind }, least, most, prefers }: Item, atom: Tree): Tree {
  const traits = combined(preferring(prefers), atom.traits);
  const language = repeated(atom.language, least, most);
  if (kind === 'back' && atom.kind === 'back')
    return { ...atom, least, most, language, traits: either(atom.traits, traits) };
  if (least === 1 && most === 1 && agrees(prefers, atom.traits)) return atom;
  if (!atom.traits.captures && !atom.traits.refers) return run(language, traits);
  if (least > 0 && !atom.traits.refers) {
    const earlier = repeated(atom.language, least - 1, most - 1);
    return concat(run(earlier, preferring(preferenceOf(traits))), atom, traits);
  }
  return { kind: 'loop', body: atom, least, most, language, traits, groups: [] };
}

function preferenceOf({ longer, shorter }: Traits): Preference {
  return longer ? 'longer' : shorter ? 'shorter' : 'none';
}

function agrees(prefers: Preference, { longer, shorter, mixed }: Traits): boolean {
  if (prefers === 'none' || (!longer && !shorter && !mixed)) return true;
  return !mixed && longer === (prefers === 'longer') && shorter === (prefers === 'shorter');
}

/** A back reference repeats the text wherever it stands. */
function unconstrained(language: Language): Language {
  switch (language.kind) {
    case 'set':
      return language;
    case 'place':
    case 'around':
      return { kind: 'all', parts: [] };
    case 'all':
      return { kind: 'all', parts: language.parts.map(unconstrained) };
    case 'any':
      return { kind: 'any', branches: language.branches.map(unconstrained) };
    case 'repeated':
      return { ...language, body: unconstrained(language.body) };
  }
}
