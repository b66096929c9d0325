import { type Jsonb, jsonbText, quoteJson } from './jsonb.ts';

/** PostgreSQL's jsonb_pretty: four blanks a level, containers opened at once. */
export function prettyJsonb(value: Jsonb, level = 0): string {
  const indent = ' '.repeat(4 * (level + 1));
  const wrap = (open: string, lines: readonly string[], close: string): string =>
    `${open}\n${lines.map((line) => `${indent}${line}`).join(',\n')}${lines.length === 0 ? '' : '\n'}${' '.repeat(4 * level)}${close}`;
  switch (value.kind) {
    case 'array':
      return wrap(
        '[',
        value.items.map((item) => prettyJsonb(item, level + 1)),
        ']',
      );
    case 'object':
      return wrap(
        '{',
        value.members.map(({ key, value: of }) => `${quoteJson(key)}: ${prettyJsonb(of, level + 1)}`),
        '}',
      );
    default:
      return jsonbText(value);
  }
}
