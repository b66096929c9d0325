import { type Token, tokens } from './lexical.ts';
import { type RawFields, type RawNode, rawFields, rawList, rawText } from './raw-tree.ts';
import { typeNameSql } from './type-name-sql.ts';

/** The columns of which a statement says ALTER COLUMN … TYPE. */
export interface AlteredTypes {
  readonly table: { readonly schema: string | undefined; readonly name: string };
  readonly columns: readonly AlteredType[];
}

export interface AlteredType {
  readonly column: string;
  /** As SQL. */
  readonly type: string;
  /** The expression of USING, as it was written. */
  readonly using: string | undefined;
}

/** @returns undefined: there are none. */
export function alteredTypes({ tag, fields }: RawNode, sql: string): AlteredTypes | undefined {
  if (tag !== 'AlterTableStmt' || rawText(fields['objtype']) !== 'OBJECT_TABLE') return undefined;
  const commands = rawList(fields['cmds']).map((command) => rawFields(rawFields(command)['AlterTableCmd']));
  const texts = commandTexts(sql, commands.length);
  const columns = commands.flatMap((command, index) =>
    rawText(command['subtype']) === 'AT_AlterColumnType'
      ? [alteredType(command, texts[index] ?? [], sql)]
      : [],
  );
  if (columns.length === 0) return undefined;
  const relation = rawFields(fields['relation']);
  const schema = rawText(relation['schemaname']);
  return {
    table: { schema: schema === '' ? undefined : schema, name: rawText(relation['relname']) },
    columns,
  };
}

function alteredType(command: RawFields, words: readonly Token[], sql: string): AlteredType {
  const definition = rawFields(rawFields(command['def'])['ColumnDef']);
  const using = outside(words).find(({ kind, text }) => kind === 'word' && text.toLowerCase() === 'using');
  const last = words.at(-1);
  return {
    column: rawText(command['name']),
    type: typeNameSql({ TypeName: definition['typeName'] }),
    using:
      'raw_default' in definition && using !== undefined && last !== undefined
        ? sql.slice(using.end, last.end)
        : undefined,
  };
}

/** The tokens of each of the statement's commands: commas outside of all brackets part them. */
function commandTexts(sql: string, count: number): readonly (readonly Token[])[] {
  const all = [...tokens(sql)].filter(({ text }) => text !== ';');
  const commas = outside(all).filter(({ text }) => text === ',');
  const parts: Token[][] = [[]];
  for (const token of all) {
    if (commas.includes(token)) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.length === count ? parts : [];
}

function outside(all: readonly Token[]): readonly Token[] {
  let depth = 0;
  return all.filter(({ text }) => {
    if (text === '(' || text === '[') depth += 1;
    if (text === ')' || text === ']') depth -= 1;
    return depth === 0;
  });
}
