/** What PostgreSQL says of an error or notice; `pg` has it so. */
export interface PgMessage {
  readonly severity?: string | undefined;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly where?: string | undefined;
  readonly position?: string | undefined;
}

const EXCERPT = 60;
const RIGHT_OF_MARK = 10;

/**
 * An error or notice as psql shows it, with its SQLSTATE.
 * @param offset characters that were put in front of what the user wrote.
 */
export function formatMessage(message: PgMessage, sql: string, offset = 0): string {
  const { severity = 'ERROR', code, detail, hint, where, position } = message;
  const lines = [`${severity}:  ${code === undefined ? '' : `${code}: `}${message.message ?? ''}`];
  if (position !== undefined) lines.push(...pointAt(sql, Number(position) - offset));
  if (detail !== undefined) lines.push(`DETAIL:  ${detail}`);
  if (hint !== undefined) lines.push(`HINT:  ${hint}`);
  if (where !== undefined) lines.push(`CONTEXT:  ${where}`);
  return lines.join('\n');
}

/** The line of the statement that has the position (1-based, in characters), and a caret under it. */
function pointAt(sql: string, position: number): readonly string[] {
  const characters = [...sql];
  const at = position - 1;
  if (at < 0 || at > characters.length) return [];
  const before = characters.slice(0, at);
  const start = before.lastIndexOf('\n') + 1;
  const end = characters.indexOf('\n', at);
  const line = characters.slice(start, end === -1 ? undefined : end);
  const label = `LINE ${before.filter((character) => character === '\n').length + 1}: `;
  const { text, mark } = excerpt(line, at - start);
  return [`${label}${text}`, `${' '.repeat(label.length + mark)}^`];
}

/** Of a long line, what is around the mark. */
function excerpt(line: readonly string[], mark: number): { readonly text: string; readonly mark: number } {
  const from = Math.max(0, Math.min(mark + RIGHT_OF_MARK - EXCERPT, line.length - EXCERPT));
  const shown = line.slice(from, from + EXCERPT).map((character) => (character < ' ' ? ' ' : character));
  const left = from > 0 ? '...' : '';
  const right = from + EXCERPT < line.length ? '...' : '';
  return { text: `${left}${shown.join('')}${right}`, mark: left.length + mark - from };
}
