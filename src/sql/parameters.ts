import { type Token, tokens } from './lexical.ts';

const PARAMETER = /^\$(\d+)$/;

const isParameter = ({ kind, text }: Token): boolean => kind === 'symbol' && PARAMETER.test(text);

/** Whether `$1` or its like occurs. */
export function hasParameters(sql: string): boolean {
  return [...tokens(sql)].some(isParameter);
}

/** With NULLs of the parameters' types in their places. @param types as SQL. */
export function withoutParameters(sql: string, types: readonly string[]): string {
  let text = '';
  let done = 0;
  for (const token of tokens(sql)) {
    if (!isParameter(token)) continue;
    const type = types[Number(PARAMETER.exec(token.text)?.[1]) - 1];
    text += `${sql.slice(done, token.start)}(NULL::${type})`;
    done = token.end;
  }
  return text + sql.slice(done);
}
