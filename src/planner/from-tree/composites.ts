import { NodeReader, type TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { constant } from '../types.ts';
import { type Conversion, type Field, outerScope, type Scope } from './conversion.ts';
import { call } from './dialect-call.ts';

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

/** @throws 0A000 where an outer join may have put NULL in the row's place. */
function presentFields(conversion: Conversion, node: TreeNode, scope: Scope): readonly Field[] {
  if (node.tag === 'VAR') {
    const { name, nullable } = wholeRow(new NodeReader(node), scope);
    if (nullable) throw refuse(`the whole-row reference "${name}" to the nullable side of an outer join`);
  }
  return fieldsOf(conversion, node, scope);
}

function wholeRow(node: NodeReader, scope: Scope) {
  node.ignore('varnosyn', 'varattnosyn', 'varattno', 'vartype', 'vartypmod', 'varcollid', 'location');
  node.absent('varreturningtype', 'RETURNING OLD or NEW');
  const nullable = node.ints('varnullingrels').length > 0;
  const target = outerScope(scope, node.int('varlevelsup'));
  const range = defined(target.ranges[node.int('varno') - 1], 'range table entry');
  if (range.fields === undefined) throw refuse(`the whole-row reference "${range.name}"`);
  return { name: range.name, nullable, fields: range.fields(target) };
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
  const fields = presentFields(conversion, node, scope);
  const type = sqlType(oid);
  if (fields.length === 0) return constant(type, '()');
  const args = fields.map(({ expr }) => expr);
  return call('the text of a row', 'skein.row_text(any)', args, type);
}

/** What to_json and to_jsonb make of the row. @param lines row_to_json's: each field begins a line. */
export function rowJson(
  conversion: Conversion,
  node: TreeNode,
  scope: Scope,
  form: RowForm,
  lines = false,
): Expr {
  const fields = presentFields(conversion, node, scope);
  const pairs = fields.flatMap(({ name, expr }) => [constant(TEXT, name), expr]);
  const type = sqlType(form === 'json' ? OID.json : OID.jsonb);
  if (fields.length === 0) return constant(type, '{}');
  const what = `${form} of a row`;
  if (form === 'jsonb') return call(what, 'jsonb_build_object(any)', pairs, type);
  return call(what, 'skein.row_to_json(any)', [constant(sqlType(OID.bool), String(lines)), ...pairs], type);
}

/** Whether there is a row: only an outer join makes that a question. */
export function rowPresence(conversion: Conversion, node: TreeNode, scope: Scope): Expr {
  presentFields(conversion, node, scope);
  return constant(sqlType(OID.bool), 'true');
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
  if (functionName === 'count') return rowPresence(conversion, node, scope);
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
