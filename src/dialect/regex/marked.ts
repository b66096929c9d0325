import { parseRegex } from './parse.ts';
import type { Regex } from './regex.ts';

/** No pattern that RE2 reads begins so. */
const MARKS = { exact: '(*posix)', ignoringCase: '(*posix-i)' } as const;

/** A pattern of PostgreSQL for Skein's own engine, told apart from RE2's. */
export function markedPosix(pattern: string, ignoreCase: boolean): string {
  return `${ignoreCase ? MARKS.ignoringCase : MARKS.exact}${pattern}`;
}

/** undefined where the pattern isn't marked. */
export function parseMarked(text: string): Regex | undefined {
  for (const mark of [MARKS.exact, MARKS.ignoringCase]) {
    if (text.startsWith(mark)) return parseRegex(text.slice(mark.length), mark === MARKS.ignoringCase);
  }
  return undefined;
}
