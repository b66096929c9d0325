import { refuse, SkeinError } from '../../base/errors.ts';

/** How PostgreSQL reads a pattern. */
export interface Options {
  readonly syntax: 'advanced' | 'extended' | 'literal';
  readonly ignoreCase: boolean;
  /** Neither `.` nor a complemented bracket matches a newline. */
  readonly newlineStops: boolean;
  /** `^` and `$` match beside newlines too. */
  readonly newlineAnchors: boolean;
  readonly expanded: boolean;
  readonly global: boolean;
}

const DEFAULTS: Options = {
  syntax: 'advanced',
  ignoreCase: false,
  newlineStops: false,
  newlineAnchors: false,
  expanded: false,
  global: false,
};

const LETTERS: Readonly<Record<string, Partial<Options>>> = {
  c: { ignoreCase: false },
  e: { syntax: 'extended' },
  i: { ignoreCase: true },
  m: { newlineStops: true, newlineAnchors: true },
  n: { newlineStops: true, newlineAnchors: true },
  p: { newlineStops: true, newlineAnchors: false },
  q: { syntax: 'literal' },
  s: { newlineStops: false, newlineAnchors: false },
  t: { expanded: false },
  w: { newlineStops: false, newlineAnchors: true },
  x: { expanded: true },
};

/** The options with those that the letter sets; undefined: no option. @throws 0A000 for basic regular expressions */
export function withOption(options: Options, letter: string): Options | undefined {
  if (letter === 'b') throw refuse('a basic regular expression (option "b")');
  const set = LETTERS[letter];
  return set === undefined ? undefined : { ...options, ...set };
}

/** @throws 22023 for what is no flag, as PostgreSQL does; 2201B for flags that exclude one another. */
export function optionsOf(flags: string): Options {
  let options = DEFAULTS;
  for (const letter of flags) {
    // PostgreSQL takes this flag, unlike the embedded option, for basic ones too.
    if (letter === 'e') throw refuse('a basic regular expression (flag "e")');
    const next = letter === 'g' ? { ...options, global: true } : withOption(options, letter);
    if (next === undefined) {
      throw new SkeinError('invalidParameterValue', `invalid regular expression option: "${letter}"`);
    }
    options = next;
  }
  const { syntax, expanded, newlineStops, newlineAnchors } = options;
  if (syntax === 'literal' && (expanded || newlineStops || newlineAnchors)) {
    throw invalidRegex('invalid argument to regex function');
  }
  return options;
}

export function invalidRegex(why: string): SkeinError {
  return new SkeinError('invalidRegex', `invalid regular expression: ${why}`);
}
