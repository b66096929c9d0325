import { tooComplex } from '../base/errors.ts';

/** Parsing takes some microseconds, and some hundred bytes, for each token, in which nobody else has a turn. */
export const MAX_TOKENS = 500_000;
/** Planning takes more. */
const MAX_QUERY_TOKENS = 100_000;
export const MAX_CHARACTERS = 16 * 1024 * 1024;

/** @throws 54001 for a text that would take too long to parse. */
export function assertParsable(sql: string): void {
  if (sql.length > MAX_CHARACTERS) {
    throw tooComplex(`it has ${sql.length} characters; ${MAX_CHARACTERS} are the most`);
  }
  assertFewTokens(sql, MAX_TOKENS);
}

/** @throws 54001 for a query that would take too long to plan. */
export function assertPlannable(sql: string): void {
  assertFewTokens(sql, MAX_QUERY_TOKENS);
}

function assertFewTokens(sql: string, most: number): void {
  if (sql.length > most && hasMoreTokens(sql, most)) {
    throw tooComplex(`it has more than ${most} words, values and signs`);
  }
}

const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const SPACE = 0x20;

/** Counts roughly: what stands in quotes is one. */
function hasMoreTokens(sql: string, limit: number): boolean {
  let count = 0;
  let inWord = false;
  for (let at = 0; at < sql.length; at++) {
    const code = sql.charCodeAt(at);
    if (code === QUOTE || code === DOUBLE_QUOTE) {
      const end = sql.indexOf(code === QUOTE ? "'" : '"', at + 1);
      at = end < 0 ? sql.length : end;
      inWord = false;
      count++;
    } else if (isOfWord(code)) {
      if (!inWord) count++;
      inWord = true;
    } else {
      if (code > SPACE) count++;
      inWord = false;
    }
    if (count > limit) return true;
  }
  return false;
}

function isOfWord(code: number): boolean {
  const isDigit = code >= 0x30 && code <= 0x39;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isDigit || isLetter || code === 0x5f || code >= 0x80;
}
