import { innerStatement } from './inner-statement.ts';
import { characters, tokens } from './lexical.ts';
import { positionOf, type Statement } from './parse.ts';
import { type RawFields, rawFields, rawList, rawNumber, rawString, rawText } from './raw-tree.ts';

export interface CopyStatement {
  readonly direction: 'to' | 'from';
  readonly source: CopySource;
  /** Undefined: STDOUT or STDIN. */
  readonly file: string | undefined;
  readonly program: boolean;
  readonly options: readonly CopyOption[];
  /** Of COPY FROM … WHERE; undefined: all rows are taken. */
  readonly condition: CopyCondition | undefined;
}

export interface CopyCondition {
  readonly text: string;
  /** Of the text, in characters of the statement's. */
  readonly offset: number;
  readonly hasSubquery: boolean;
}

/** `columns` undefined: all. */
export type CopySource =
  | { readonly kind: 'query'; readonly inner: Statement }
  | {
      readonly kind: 'table';
      readonly schema: string | undefined;
      readonly name: string;
      readonly columns: readonly string[] | undefined;
    };

export interface CopyOption {
  readonly name: string;
  readonly value: CopyOptionValue;
  /** 1-based, in characters of the statement's text. */
  readonly position: number;
}

/** `none`: the option's name stood alone. */
export type CopyOptionValue =
  | { readonly kind: 'none' | 'star' }
  | { readonly kind: 'text' | 'integer'; readonly text: string }
  | { readonly kind: 'names'; readonly names: readonly string[] };

/** COPY as written: what its options mean is judged when it runs, as in PostgreSQL. */
export function copyStatement(statement: Statement): CopyStatement {
  const { fields } = statement.tree;
  return {
    direction: fields['is_from'] === true ? 'from' : 'to',
    source: copySource(statement),
    file: 'filename' in fields ? rawText(fields['filename']) : undefined,
    program: fields['is_program'] === true,
    condition: 'whereClause' in fields ? copyCondition(statement.text, fields['whereClause']) : undefined,
    options: rawList(fields['options']).map((option) => {
      const element = rawFields(rawFields(option)['DefElem']);
      return {
        name: rawText(element['defname']),
        value: optionValue(element),
        position: positionOf(statement, rawNumber(element['location'])),
      };
    }),
  };
}

/** The word itself stands nowhere else in a COPY unless it is quoted. */
function copyCondition(sql: string, clause: unknown): CopyCondition {
  for (const { kind, text, end } of tokens(sql)) {
    if (kind !== 'word' || text.toLowerCase() !== 'where') continue;
    const hasSubquery = JSON.stringify(clause).includes('"SubLink"');
    return { text: sql.slice(end), offset: characters(sql.slice(0, end)), hasSubquery };
  }
  throw new Error('a COPY with a condition has the word WHERE');
}

function copySource(statement: Statement): CopySource {
  const { fields } = statement.tree;
  if ('query' in fields) return { kind: 'query', inner: innerStatement(statement, fields['query'], 'copy') };
  const relation = rawFields(fields['relation']);
  return {
    kind: 'table',
    schema: 'schemaname' in relation ? rawText(relation['schemaname']) : undefined,
    name: rawText(relation['relname']),
    columns: 'attlist' in fields ? rawList(fields['attlist']).map(rawString) : undefined,
  };
}

function optionValue(element: RawFields): CopyOptionValue {
  if (!('arg' in element)) return { kind: 'none' };
  const arg = rawFields(element['arg']);
  if ('A_Star' in arg) return { kind: 'star' };
  if ('List' in arg) {
    return { kind: 'names', names: rawList(rawFields(arg['List'])['items']).map(rawString) };
  }
  if ('Integer' in arg)
    return { kind: 'integer', text: String(rawNumber(rawFields(arg['Integer'])['ival'])) };
  if ('Float' in arg) return { kind: 'text', text: rawText(rawFields(arg['Float'])['fval']) };
  if ('Boolean' in arg) {
    return { kind: 'text', text: String(rawFields(arg['Boolean'])['boolval'] === true) };
  }
  return { kind: 'text', text: rawString(arg) };
}
