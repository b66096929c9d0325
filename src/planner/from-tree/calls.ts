import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import type { FunctionSignature } from '../../analysis/tree-context.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { displayName } from '../../catalog/type-join.ts';
import { defaultArgument } from '../../dialect/default-arguments.ts';
import { isSequenceFunction } from '../../dialect/sequences.ts';
import type { ConstantsExpr, Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { elementOid, elementType, OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { cannotFail } from '../cannot-fail.ts';
import { constant } from '../types.ts';
import { requireCaseOfDefault, requireCollation } from './collation.ts';
import { convertArgument, convertRowToJson, isComposite, rowText } from './composites.ts';
import {
  type Conversion,
  type FromTreeContext,
  openNode,
  type Scope,
  treeType,
  typeName,
} from './conversion.ts';
import { call, cast, castLength } from './dialect-call.ts';
import { sequenceCall } from './sequences.ts';
import { ageFromToday, sessionFunction } from './session-values.ts';

/** CoercionForm of primnodes.h. `syntax` is a function behind SQL syntax, such as EXTRACT. */
const FORM = { call: 0, explicitCast: 1, implicitCast: 2, syntax: 3 } as const;

/** Functions to which letters are characters like others: the collations "C" and C.UTF-8 are the same to them. */
const CASE_BLIND: ReadonlySet<string> = new Set(
  `ascii bit_length btrim char_length character_length concat concat_ws convert_from convert_to left length lpad ltrim md5
  octet_length overlay position repeat replace reverse right rpad rtrim split_part starts_with strpos substr translate`.split(
    /\s+/,
  ),
);

export function convertFunction(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  const signature = findFunction(conversion.context, node.int('funcid'));
  const what = `function ${signature.signature}`;
  node.absent('funcretset', `the set-returning ${what} here`);
  requireCollation(node.int('funccollid'), what);
  const inputCollation = node.int('inputcollid');
  const type = sqlType(node.int('funcresulttype'));
  const nodes = node.nodes('args');
  if (signature.name === 'row_to_json') return rowToJson(conversion, node, nodes, scope);
  if (isSequenceFunction(signature.signature)) {
    node.ignore('funcformat', 'funcvariadic');
    return sequenceCall(conversion, signature, nodes, scope);
  }
  const args = allArguments(conversion, signature, nodes, scope);
  const form = node.int('funcformat');
  if (node.bool('funcvariadic')) requireCollectedVariadic(signature, args);
  if (form === FORM.explicitCast || form === FORM.implicitCast) {
    requireCollation(inputCollation, what);
    return convertCast(conversion.context, args, type);
  }
  if (CASE_BLIND.has(signature.name)) requireCollation(inputCollation, what);
  else requireCaseOfDefault(inputCollation, what);
  if (signature.name === 'pg_typeof') return typeOf(args);
  return (
    sessionFunction(signature) ??
    ageFromToday(conversion.context, signature, args) ??
    call(what, signature.signature, args, type)
  );
}

/** Known from the analysis; the argument still has to be evaluated where that may fail. */
function typeOf([arg]: readonly Expr[]): Expr {
  const value = defined(arg, 'argument of pg_typeof');
  const type = sqlType(OID.regtype);
  const text = displayName(exprType(value).oid);
  if (text === undefined) throw refuse('pg_typeof of a value of this type');
  const name = { kind: 'const', type, value: text } as const;
  if (cannotFail(value)) return name;
  const when: Expr = { kind: 'is-null', arg: value, negated: false };
  return { kind: 'case', branches: [{ when, then: name }], otherwise: name, type };
}

function rowToJson(conversion: Conversion, node: NodeReader, args: readonly TreeNode[], scope: Scope): Expr {
  node.ignore('funcformat', 'funcvariadic');
  return convertRowToJson(conversion, args, scope);
}

export function findFunction(context: FromTreeContext, oid: number): FunctionSignature {
  const signature = context.system.functions.get(oid);
  if (signature === undefined) throw refuse(`the function with OID ${oid}`);
  if (signature.schema !== 'pg_catalog') {
    throw refuse(`function ${signature.schema}.${signature.signature}`);
  }
  return signature;
}

/** By position: arguments that are passed by name come to theirs, and defaults fill what a call omits. */
function allArguments(
  conversion: Conversion,
  { signature, name }: FunctionSignature,
  nodes: readonly TreeNode[],
  scope: Scope,
): readonly Expr[] {
  const given = new Map<number, Expr>();
  for (const [index, node] of nodes.entries()) {
    if (node.tag !== 'NAMEDARGEXPR') {
      given.set(index, convertArgument(conversion, node, scope, name));
      continue;
    }
    const reader = openNode(node, 'NAMEDARGEXPR').ignore('name', 'location');
    given.set(reader.int('argnumber'), conversion.expr(reader.node('arg'), scope));
    reader.done();
  }
  const count = Math.max(nodes.length, parameterCount(signature, name));
  return Array.from({ length: count }, (_, index) => {
    const arg = given.get(index) ?? defaultArgument(signature, index);
    if (arg === undefined) throw refuse(`a call of ${signature} that omits arguments`);
    return arg;
  });
}

/** Of a parameter of "any" there may be no argument. */
function parameterCount(signature: string, name: string): number {
  const declared = signature.slice(name.length + 1, -1);
  return declared === '' ? 0 : declared.split(',').filter((type) => type !== 'any').length;
}

/** The dialect table says count(*) as PostgreSQL's documentation does; in pg_proc it is count(). */
export function findAggregateFunction(
  context: FromTreeContext,
  oid: number,
  star: boolean,
): FunctionSignature {
  const found = findFunction(context, oid);
  return star ? { ...found, signature: `${found.name}(*)` } : found;
}

/** A VARIADIC parameter with a type gets its arguments as one array; one of "any" can't be told from an array argument. */
function requireCollectedVariadic(signature: FunctionSignature, args: readonly Expr[]): void {
  const last = args.at(-1);
  const any = /"?any"?\)$/.test(signature.signature);
  if (any || last === undefined || elementOid(exprType(last).oid) === undefined) {
    throw refuse(`VARIADIC in a call of ${signature.signature}`);
  }
}

/** A cast function: of one argument; or of the value, the target's typmod and whether the cast is explicit. */
function convertCast(context: FromTreeContext, args: readonly Expr[], target: SqlType): Expr {
  const [value, typmod, explicit] = args;
  const source = defined(value, 'operand of a cast');
  if (typmod === undefined) return cast(context, source, target);
  const from = exprType(source).oid;
  if (from !== target.oid) {
    throw refuse(`cast from ${typeName(context, from)} to ${typeName(context, target.oid)} with a length`);
  }
  return castLength(context, source, typmod, explicit?.kind === 'const' && explicit.value === 'true');
}

/** Same bytes under another type, such as varchar as text; or only the typmod is dropped. */
export function convertRelabel(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('relabelformat', 'location');
  requireCollation(node.int('resultcollid'), 'a cast');
  const target = treeType(conversion.context, node.int('resulttype'), node.int('resulttypmod'));
  return cast(conversion.context, conversion.expr(node.node('arg'), scope), target);
}

/** Through the text of the value: PostgreSQL's cast to and from strings. */
export function convertIoCoercion(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('coerceformat', 'location');
  requireCollation(node.int('resultcollid'), 'a cast');
  const target = sqlType(node.int('resulttype'));
  const arg = node.node('arg');
  if (isComposite(arg)) return rowText(conversion, arg, scope, target.oid);
  return cast(conversion.context, conversion.expr(arg, scope), target);
}

/** Element by element where the elements are written out; else by the dialect's cast between the array types. */
export function convertArrayCoercion(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('coerceformat', 'location');
  requireCollation(node.int('resultcollid'), 'a cast');
  const target = sqlType(node.int('resulttype'), node.int('resulttypmod'));
  const array = conversion.expr(node.node('arg'), scope);
  const element = node.node('elemexpr');
  if (array.kind === 'constants') return castConstants(conversion, { array, element, target }, scope);
  if (array.kind === 'array') {
    const elements = array.elements.map((one) => conversion.expr(element, { ...scope, test: () => one }));
    return { kind: 'array', elements, type: target };
  }
  requirePlainCast(conversion, element, array, scope);
  return cast(conversion.context, array, target);
}

interface ConstantsCast {
  readonly array: ConstantsExpr;
  readonly element: TreeNode;
  readonly target: SqlType;
}

/** Text stays text; others are cast one by one. */
function castConstants(
  conversion: Conversion,
  { array, element, target }: ConstantsCast,
  scope: Scope,
): Expr {
  const from = defined(elementType(array.type), 'element');
  const cast = (value: string | null) =>
    conversion.expr(element, { ...scope, test: () => constant(from, value) });
  const [first = null] = array.values;
  const sample = cast(first);
  if (sample.kind === 'const' && sample.value === first && isText(from) && isText(sample.type)) {
    return { ...array, type: target };
  }
  return { kind: 'array', elements: array.values.map(cast), type: target };
}

const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar]);

/** Without a length. */
function isText({ oid, typmod }: SqlType): boolean {
  return TEXTS.has(oid) && typmod === -1;
}

/** What is done to each element must be the cast itself, without a length. */
function requirePlainCast(conversion: Conversion, element: TreeNode, array: Expr, scope: Scope): void {
  const test: Expr = { kind: 'column', id: 0, type: defined(elementType(exprType(array)), 'element') };
  const expr = conversion.expr(element, { ...scope, test: () => test });
  const plain =
    expr === test || (expr.kind === 'call' && expr.fn.startsWith('cast ') && expr.args[0] === test);
  if (!plain) throw refuse('a cast of an array to a type with a length');
}
