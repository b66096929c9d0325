import { refuse } from '../base/errors.ts';
import { type Token, tokens } from '../sql/lexical.ts';

/** A piece of a statement's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Replacement extends Span {
  readonly text: string;
}

/** What follows the name: a call's arguments; nothing, as after a relation; perhaps a precision, as after CURRENT_TIME. */
export type NameUse = 'call' | 'relation' | 'keyword';

/**
 * Where the names stand in the text. A tree tells positions in the whole of a message, of which the statement may be a part:
 * so the names are looked for in order, and both must agree.
 * @throws 0A000 where they don't.
 */
export function spansOf(sql: string, names: readonly string[], use: NameUse): readonly Span[] {
  if (names.length === 0) return [];
  const wanted = new Set(names);
  const all = [...tokens(sql)];
  const spans = all.flatMap((token, index) => {
    const name = nameOf(token, use);
    if (name === undefined || !wanted.has(name)) return [];
    const span = spanAt(all, index, use);
    return span === undefined ? [] : [{ name, ...span }];
  });
  const agree = spans.length === names.length && spans.every((span, index) => span.name === names[index]);
  if (!agree) throw refuse(`this use of the name ${names[0]}`);
  return spans;
}

function nameOf(token: Token, use: NameUse): string | undefined {
  if (token.kind === 'word') return token.text.toLowerCase();
  return use === 'keyword' ? undefined : token.text.replace(/^"(.*)"$/, '$1');
}

function spanAt(all: readonly Token[], index: number, use: NameUse): Span | undefined {
  const token = all[index];
  const next = all[index + 1]?.text;
  if (token === undefined) return undefined;
  const qualified = all[index - 1]?.text === '.';
  const start = (qualified ? all[index - 2]?.start : undefined) ?? token.start;
  switch (use) {
    case 'call':
      return next === '(' ? { start, end: closingBracket(all, index + 1) } : undefined;
    case 'relation':
      return next === '.' ? undefined : { start, end: token.end };
    case 'keyword':
      if (qualified) return undefined;
      return { start, end: next === '(' ? closingBracket(all, index + 1) : token.end };
  }
}

function closingBracket(all: readonly Token[], open: number): number {
  let depth = 0;
  for (const token of all.slice(open)) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth === 0) return token.end;
  }
  return all.at(-1)?.end ?? 0;
}

export function replaceSpans(sql: string, replacements: readonly Replacement[]): string {
  let result = sql;
  let from = sql.length;
  for (const { start, end, text } of [...replacements].sort((a, b) => b.start - a.start)) {
    if (end > from) throw refuse('a function of the server as an argument of another');
    from = start;
    result = result.slice(0, start) + text + result.slice(end);
  }
  return result;
}

/** A string literal, whatever standard_conforming_strings says. */
export function literal(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}
