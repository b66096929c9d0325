import { NodeReader, type TreeNode, type TreeValue } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { outputColumns } from '../../plan/columns.ts';
import type { Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { reference, TRUE } from '../exprs.ts';
import { constant } from '../types.ts';
import {
  type Conversion,
  type Field,
  newColumn,
  outerScope,
  type Range,
  type Scope,
  typeName,
} from './conversion.ts';
import { call } from './dialect-call.ts';
import { orderKey } from './keys.ts';

/** What a row is made into: composite values themselves have no carrier. */
export type RowForm = 'json' | 'jsonb';

/** A whole-row reference or a row constructor. */
export function isComposite(node: TreeNode): boolean {
  if (node.tag === 'ROWEXPR') return true;
  const attribute = node.tag === 'VAR' ? node.fields.get('varattno') : undefined;
  return attribute?.kind === 'token' && attribute.text === '0';
}

/** The row's columns. The row itself is taken to be there, if only with NULLs. */
export function fieldsOf(conversion: Conversion, node: TreeNode, scope: Scope): readonly Field[] {
  const reader = new NodeReader(node);
  const fields = node.tag === 'VAR' ? wholeRow(reader, scope).fields : constructed(conversion, reader, scope);
  reader.done();
  return fields;
}

/** Whether there is a row: NULL where an outer join has put NULL in its place. */
function rowPresence(node: TreeNode, scope: Scope): Expr {
  if (node.tag !== 'VAR') return TRUE;
  const { name, nullable, presence } = wholeRow(new NodeReader(node), scope);
  if (!nullable) return TRUE;
  if (presence !== undefined) return presence;
  throw refuse(`the whole-row reference "${name}" to the nullable side of an outer join`);
}

/** With one more column, which is not NULL. */
export function markRows(conversion: Conversion, range: Range): Range {
  const { plan, fields } = range;
  if (plan === undefined || fields === undefined) return range;
  const present = newColumn(conversion, 'present', sqlType(OID.bool));
  return {
    ...range,
    presence: reference(present),
    plan: () => {
      const input = plan();
      const items = outputColumns(input).map((column) => ({ column, expr: reference(column) }));
      return { kind: 'project', input, items: [...items, { column: present, expr: TRUE }] };
    },
  };
}

/** NULL where there is no row. */
function ofPresent(node: TreeNode, scope: Scope, made: Expr): Expr {
  const arg = rowPresence(node, scope);
  if (arg === TRUE) return made;
  const type = exprType(made);
  const when: Expr = { kind: 'is-null', arg, negated: false };
  return { kind: 'case', branches: [{ when, then: constant(type, null) }], otherwise: made, type };
}

/** Whether the tree asks for whole rows that an outer join may have left out. */
export function asksForOuterRows(tree: TreeNode): boolean {
  const nulling = tree.fields.get('varnullingrels');
  if (isComposite(tree) && nulling?.kind === 'ints' && nulling.values.length > 0) return true;
  return [...tree.fields.values()].some(valueAsks);
}

function valueAsks(value: TreeValue): boolean {
  if (value.kind === 'node') return asksForOuterRows(value.node);
  return value.kind === 'list' && value.items.some(valueAsks);
}

function wholeRow(node: NodeReader, scope: Scope) {
  node.ignore('varnosyn', 'varattnosyn', 'varattno', 'vartype', 'vartypmod', 'varcollid', 'location');
  node.absent('varreturningtype', 'RETURNING OLD or NEW');
  const nullable = node.ints('varnullingrels').length > 0;
  const target = outerScope(scope, node.int('varlevelsup'));
  const range = defined(target.ranges[node.int('varno') - 1], 'range table entry');
  if (range.fields === undefined) throw refuse(`the whole-row reference "${range.name}"`);
  return { name: range.name, nullable, presence: range.presence, fields: range.fields(target) };
}

function constructed(conversion: Conversion, node: NodeReader, scope: Scope): readonly Field[] {
  // What the row's type is called, and how it was written.
  node.ignore('row_typeid', 'row_format', 'location');
  const names = node.strings('colnames');
  return node.nodes('args').map((arg, index) => {
    if (isComposite(arg)) throw refuse('a row within a row');
    return { name: names[index] ?? `f${index + 1}`, expr: conversion.expr(arg, scope) };
  });
}

const TEXT = sqlType(OID.text);

/** The text that PostgreSQL's output function gives the row. */
export function rowText(conversion: Conversion, node: TreeNode, scope: Scope, oid: number = OID.text): Expr {
  const fields = fieldsOf(conversion, node, scope);
  const type = sqlType(oid);
  if (fields.length === 0) return ofPresent(node, scope, constant(type, '()'));
  const args = fields.map(({ expr }) => expr);
  return ofPresent(node, scope, call('the text of a row', 'skein.row_text(any)', args, type));
}

/** A text that rows have in common if and only if they are equal. @throws 0A000 where equal values have several texts. */
export function rowKey(conversion: Conversion, node: TreeNode, scope: Scope): Expr {
  const keys = fieldsOf(conversion, node, scope).map(({ expr }) => fieldKey(conversion, expr));
  if (keys.length === 0) return ofPresent(node, scope, constant(TEXT, '()'));
  return ofPresent(node, scope, call('DISTINCT rows', 'skein.row_text(any)', keys, TEXT));
}

/** Of each value there is one text. */
const ONE_TEXT: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.oid, OID.numeric],
  ...[OID.text, OID.varchar, OID.name, OID.bytea, OID.uuid],
  ...[OID.date, OID.time, OID.timestamp, OID.timestamptz],
]);

function fieldKey(conversion: Conversion, expr: Expr): Expr {
  const type = exprType(expr);
  const name = typeName(conversion.context, type.oid);
  if (ONE_TEXT.has(type.oid)) return expr;
  // Minus zero is zero.
  if (type.oid === OID.float4 || type.oid === OID.float8) {
    return call('DISTINCT rows', `${name} + ${name}`, [expr, constant(type, '0')], type);
  }
  const key = orderKey(conversion.context, expr);
  if (key === expr) throw refuse(`DISTINCT of rows with a value of the type ${name}`);
  return key;
}

/** What to_json and to_jsonb make of the row. @param lines row_to_json's: each field begins a line. */
function rowJson(conversion: Conversion, node: TreeNode, scope: Scope, form: RowForm, lines = false): Expr {
  const fields = fieldsOf(conversion, node, scope);
  const pairs = fields.flatMap(({ name, expr }) => [constant(TEXT, name), expr]);
  const type = sqlType(form === 'json' ? OID.json : OID.jsonb);
  if (fields.length === 0) return ofPresent(node, scope, constant(type, '{}'));
  const what = `${form} of a row`;
  const lined = constant(sqlType(OID.bool), String(lines));
  const made =
    form === 'jsonb'
      ? call(what, 'jsonb_build_object(any)', pairs, type)
      : call(what, 'skein.row_to_json(any)', [lined, ...pairs], type);
  return ofPresent(node, scope, made);
}

/** Functions and aggregates that take values of any type as JSON. */
const TAKES_JSON = /^(?:row_to_json|to_json|json_build_(?:array|object)|json_(?:object_)?agg\w*)$/;
const TAKES_JSONB = /^(?:to_jsonb|jsonb_build_(?:array|object)|jsonb_(?:object_)?agg\w*)$/;

export function rowFormFor(functionName: string): RowForm | undefined {
  if (TAKES_JSON.test(functionName)) return 'json';
  return TAKES_JSONB.test(functionName) ? 'jsonb' : undefined;
}

/** An argument of a function or aggregate: a row as what the function would make of it. */
export function convertArgument(
  conversion: Conversion,
  node: TreeNode,
  scope: Scope,
  functionName: string,
): Expr {
  if (!isComposite(node)) return conversion.expr(node, scope);
  if (functionName === 'count') return rowPresence(node, scope);
  const form = rowFormFor(functionName);
  return form === undefined ? conversion.expr(node, scope) : rowJson(conversion, node, scope, form);
}

/** `row_to_json(row [, lines])`. */
export function convertRowToJson(conversion: Conversion, args: readonly TreeNode[], scope: Scope): Expr {
  const [row, pretty] = args;
  assert(row !== undefined, 'an argument of row_to_json');
  if (!isComposite(row)) throw refuse('row_to_json of another than a whole row');
  const lines = pretty === undefined ? undefined : conversion.expr(pretty, scope);
  if (lines !== undefined && (lines.kind !== 'const' || lines.value === null)) {
    throw refuse('row_to_json with a computed second argument');
  }
  return rowJson(conversion, row, scope, 'json', lines?.value === 'true');
}
