import { SkeinError } from '../../base/errors.ts';
import { type Options, optionsOf } from './options.ts';

/** A pattern as a function was given it. */
export interface Asked {
  readonly pattern: string;
  readonly flags: string;
  /** The function that wants it, where it doesn't take the flag `g`. */
  readonly by: string;
}

/** All of it as one text: what stands before the pattern. */
export const markOf = (flags: string, by: string): string => `${by}:${[...flags].length}:${flags}`;

export function askedOf(marked: string): Asked {
  const [whole = '', by = '', length = '0'] = /^([^:]*):(\d+):/.exec(marked) ?? [];
  const rest = [...marked.slice(whole.length)];
  const flags = rest.slice(0, Number(length)).join('');
  return { by, flags, pattern: rest.slice(Number(length)).join('') };
}

const HINTS: Readonly<Record<string, string>> = {
  regexp_match: 'Use the regexp_matches function instead.',
};

/** @throws 22023 for flags that the function doesn't take, as PostgreSQL does. */
export function optionsAsked({ flags, by }: Asked): Options {
  const options = optionsOf(flags);
  if (!options.global || by === '') return options;
  throw new SkeinError('invalidParameterValue', `${by}() does not support the "global" option`, {
    hint: HINTS[by],
  });
}
