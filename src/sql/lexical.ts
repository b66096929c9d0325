/** Just enough of PostgreSQL's lexer (src/backend/parser/scan.l) to find words in a text whose grammar is already known. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'symbol';
  readonly text: string;
  /** In UTF-16 units. */
  readonly start: number;
  readonly end: number;
}

const TOKEN =
  /(?<comment>--[^\n\r]*|\/\*)|(?<dollar>\$(?:[A-Za-z_\x80-\uffff][\w\x80-\uffff]*)?\$)|(?<escaped>[eE]'[^'\\]*(?:(?:''|\\[\s\S])[^'\\]*)*'?)|(?<quoted>(?:[bBxXnN]|[uU]&)?'[^']*(?:''[^']*)*'?|(?:[uU]&)?"[^"]*(?:""[^"]*)*"?)|(?<word>[A-Za-z_\x80-\uffff][\w$\x80-\uffff]*)|(?<number>\$?\d[\w.]*)|(?<symbol>\S)/gu;

/** The tokens from `from` on; comments and white space are left out. */
export function* tokens(sql: string, from = 0): Generator<Token> {
  let at = from;
  while (at < sql.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(sql);
    if (match === null) return;
    const start = match.index;
    const groups = match.groups ?? {};
    if (groups['comment'] !== undefined) {
      at = groups['comment'] === '/*' ? commentEnd(sql, start) : TOKEN.lastIndex;
      continue;
    }
    at = groups['dollar'] === undefined ? TOKEN.lastIndex : dollarEnd(sql, TOKEN.lastIndex, groups['dollar']);
    const kind = groups['word'] !== undefined ? 'word' : isQuoted(groups) ? 'quoted' : 'symbol';
    yield { kind, text: sql.slice(start, at), start, end: at };
  }
}

function isQuoted(groups: Readonly<Record<string, string | undefined>>): boolean {
  return groups['quoted'] !== undefined || groups['escaped'] !== undefined || groups['dollar'] !== undefined;
}

/** Comments nest. */
function commentEnd(sql: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start + 2;
  for (let depth = 1; depth > 0; ) {
    const match = mark.exec(sql);
    if (match === null) return sql.length;
    depth += match[0] === '/*' ? 1 : -1;
  }
  return mark.lastIndex;
}

function dollarEnd(sql: string, from: number, tag: string): number {
  const end = sql.indexOf(tag, from);
  return end === -1 ? sql.length : end + tag.length;
}

/** Characters, as PostgreSQL counts positions: code points, not UTF-16 units. */
export function characters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}
