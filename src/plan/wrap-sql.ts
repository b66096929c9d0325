const WIDTH = 110;
const CLAUSES =
  /^(FROM|WHERE|GROUP BY|HAVING|ORDER BY|LIMIT|OFFSET|UNION ALL|UNION|INTERSECT|EXCEPT|(?:INNER|LEFT|RIGHT|FULL|CROSS|SEMI|ANTI) JOIN|JOIN|QUALIFY|WINDOW)\b/;

/** `LEFT JOIN` begins at LEFT. */
const JOIN_TYPE = /\b(INNER|LEFT|RIGHT|FULL|CROSS|SEMI|ANTI)$/;

/** SQL in lines that people can read: clauses and long lists begin lines of their own. The text between blanks is untouched. */
export function wrapSql(sql: string): string {
  return wrapped(sql, 0).join('\n');
}

function wrapped(sql: string, depth: number): readonly string[] {
  const indent = '  '.repeat(depth);
  if (indent.length + sql.length <= WIDTH) return [indent + sql];
  return splitClauses(sql).flatMap((clause) => {
    if (indent.length + clause.length <= WIDTH) return [indent + clause];
    const open = subqueryAt(clause);
    if (open === undefined) return wrapList(clause, depth);
    const close = closingOf(clause, open);
    const before = clause.slice(0, open + 1);
    const after = clause.slice(close);
    return [
      ...(before.length + indent.length > WIDTH ? wrapList(before, depth) : [indent + before]),
      ...wrapped(clause.slice(open + 1, close), depth + 1),
      ...wrapped(after, depth),
    ];
  });
}

/** At blanks outside of parentheses, before the words that begin a clause. */
function splitClauses(sql: string): readonly string[] {
  const begins = (index: number) =>
    sql[index] === ' ' &&
    CLAUSES.test(sql.slice(index + 1, index + 20)) &&
    !JOIN_TYPE.test(sql.slice(Math.max(0, index - 10), index));
  const cuts = topLevel(sql, begins);
  return pieces(sql, cuts, 1);
}

/** Filled lines of what commas and AND separate. */
function wrapList(clause: string, depth: number): readonly string[] {
  const isCut = (index: number) =>
    clause.startsWith(', ', index - 1) ||
    clause.startsWith(' AND ', index) ||
    clause.startsWith(' OR ', index);
  const parts = pieces(clause, topLevel(clause, isCut), 1);
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const room = WIDTH - 2 * depth - 2;
    if (last !== undefined && last.length + 1 + part.length <= room)
      lines[lines.length - 1] = `${last} ${part}`;
    else lines.push(part);
  }
  return lines.map((line, index) => '  '.repeat(depth + (index === 0 ? 0 : 1)) + line);
}

function pieces(sql: string, cuts: readonly number[], skip: number): readonly string[] {
  return [...cuts, sql.length].map((cut, index) => {
    const from = index === 0 ? 0 : (cuts[index - 1] ?? 0) + skip;
    return sql.slice(from, cut);
  });
}

/** The first parenthesis, outside of others, that holds a query. */
function subqueryAt(clause: string): number | undefined {
  return topLevel(
    clause,
    (index) => clause.startsWith('(SELECT', index) || clause.startsWith('((SELECT', index),
  )[0];
}

function closingOf(sql: string, open: number): number {
  let close = sql.length;
  scan(sql, open, (index, depth) => {
    if (depth === 0 && sql[index] === ')' && close === sql.length) close = index;
  });
  return close;
}

function topLevel(sql: string, matches: (index: number) => boolean): readonly number[] {
  const found: number[] = [];
  scan(sql, 0, (index, depth) => {
    const before = sql[index] === '(' ? depth - 1 : depth;
    if (before === 0 && matches(index)) found.push(index);
  });
  return found;
}

/** Visits what is no part of a string, a quoted name or a comment; `depth` is that behind the character. */
function scan(sql: string, from: number, visit: (index: number, depth: number) => void): void {
  let depth = 0;
  for (let index = from; index < sql.length; index++) {
    const char = sql[index];
    if (char === "'" || char === '"') {
      index = sql.indexOf(char, index + 1);
      if (index < 0) return;
      continue;
    }
    if (sql.startsWith('/*', index)) {
      index = sql.indexOf('*/', index) + 1;
      if (index <= 0) return;
      continue;
    }
    if (char === '(') depth++;
    if (char === ')') depth--;
    visit(index, depth);
  }
}
