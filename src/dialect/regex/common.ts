import { SkeinError, SQLSTATE } from '../../base/errors.ts';
import { parseRegex } from './parse.ts';
import { printRegex } from './print.ts';
import type { Regex } from './regex.ts';

/** A pattern that PostgreSQL's engine and RE2 surely read alike, with RE2's text of it; undefined where they may not. */
export function commonRegex(
  pattern: string,
  ignoreCase: boolean,
): { readonly regex: Regex; readonly re2: string } | undefined {
  try {
    const regex = parseRegex(pattern, ignoreCase);
    return { regex, re2: printRegex(regex) };
  } catch (error) {
    if (error instanceof SkeinError && error.code === SQLSTATE.notSupported) return undefined;
    throw error;
  }
}
