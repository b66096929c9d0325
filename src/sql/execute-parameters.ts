import { SkeinError } from '../base/errors.ts';
import { characters, tokens } from './lexical.ts';
import { positionOf, type Statement } from './parse.ts';
import { rawConstant, rawFields, rawList, rawNode, rawNumber } from './raw-tree.ts';
import type { ExecuteParameter, ExecuteParameters } from './statement.ts';

/** What EXECUTE gives. @throws 0A000 for a subquery, as PostgreSQL does. */
export function executeParameters(statement: Statement): ExecuteParameters {
  const nodes = rawList(statement.tree.fields['params']);
  if (nodes.length === 0) return { text: '', offset: 0, items: [] };
  refuseSubqueries(statement, nodes);
  const { text } = statement;
  const all = [...tokens(text)];
  const start = all.find((token) => token.text === '(')?.end ?? 0;
  const end = all.findLast((token) => token.text === ')')?.start ?? text.length;
  return {
    text: text.slice(start, end),
    offset: characters(text.slice(0, start)),
    items: nodes.map((node) => executeParameter(statement, node)),
  };
}

function executeParameter(statement: Statement, value: unknown): ExecuteParameter {
  const position = positionOf(statement, firstLocation(value));
  const text = rawConstant(value);
  const constant = rawFields(rawNode(value)?.fields);
  if (text === null) return { kind: 'quoted', text, position };
  if (text !== undefined && 'sval' in constant) return { kind: 'quoted', text, position };
  if (text !== undefined && 'ival' in constant) return { kind: 'number', text, position };
  return { kind: 'expression', position };
}

/** Of all parts of an expression. */
function firstLocation(value: unknown): number {
  const parts = Array.isArray(value) ? value : Object.values(rawFields(value));
  const own = rawFields(value)['location'];
  const inner = parts.filter((part) => typeof part === 'object').map(firstLocation);
  return Math.min(typeof own === 'number' ? own : Number.POSITIVE_INFINITY, ...inner);
}

function refuseSubqueries(statement: Statement, value: unknown): void {
  if (Array.isArray(value)) {
    for (const item of value) refuseSubqueries(statement, item);
    return;
  }
  for (const [key, field] of Object.entries(rawFields(value))) {
    if (key === 'SubLink') {
      const position = positionOf(statement, rawNumber(rawFields(field)['location']));
      throw new SkeinError('notSupported', 'cannot use subquery in EXECUTE parameter', { position });
    }
    if (typeof field === 'object') refuseSubqueries(statement, field);
  }
}
