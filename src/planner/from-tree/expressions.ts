import { NodeReader, type TreeNode } from '../../analysis/tree.ts';
import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { isCarried } from '../../types/carrier.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { hasSubquery, isVolatile } from '../exprs.ts';
import { constant } from '../types.ts';
import { convertAggregate } from './aggregates.ts';
import { convertArrayCoercion, convertFunction, convertIoCoercion, convertRelabel } from './calls.ts';
import { requireCollation, requireComparable } from './collation.ts';
import { convertConst } from './constants.ts';
import {
  type Conversion,
  openNode,
  outerScope,
  type Range,
  type Scope,
  treeType,
  typeName,
} from './conversion.ts';
import { convertGroupingFunction } from './grouping.ts';
import { convertJsonConstructor, convertJsonValue } from './json-constructors.ts';
import { located } from './located.ts';
import { convertArrayComparison, convertDistinct, convertNullIf, convertOperator } from './operators.ts';
import { convertRowComparison, convertRowNullTest } from './rows.ts';
import { convertSqlValueFunction } from './session-values.ts';
import { collectSet, convertSubscript } from './set-returning.ts';
import { convertSublink } from './sublinks.ts';
import { convertWindowFunction } from './windows.ts';
import { convertMergeAction, convertReturned } from './write-returning.ts';

type Converter = (conversion: Conversion, node: NodeReader, scope: Scope) => Expr;

const CONVERTERS: Readonly<Record<string, Converter>> = {
  VAR: convertVar,
  CONST: convertConst,
  PARAM: convertParam,
  OPEXPR: convertOperator,
  DISTINCTEXPR: convertDistinct,
  NULLIFEXPR: convertNullIf,
  SCALARARRAYOPEXPR: convertArrayComparison,
  FUNCEXPR: convertFunction,
  RELABELTYPE: convertRelabel,
  COERCEVIAIO: convertIoCoercion,
  ARRAYCOERCEEXPR: convertArrayCoercion,
  BOOLEXPR: convertBool,
  CASEEXPR: convertCase,
  CASETESTEXPR: convertCaseTest,
  COALESCEEXPR: convertCoalesce,
  MINMAXEXPR: convertMinMax,
  ARRAYEXPR: convertArray,
  SUBSCRIPTINGREF: convertSubscript,
  NULLTEST: convertNullTest,
  ROWCOMPAREEXPR: convertRowComparison,
  BOOLEANTEST: convertBooleanTest,
  SQLVALUEFUNCTION: convertSqlValueFunction,
  COLLATEEXPR: convertCollate,
  SUBLINK: convertSublink,
  AGGREF: convertAggregate,
  GROUPINGFUNC: convertGroupingFunction,
  WINDOWFUNC: convertWindowFunction,
  JSONCONSTRUCTOREXPR: convertJsonConstructor,
  JSONVALUEEXPR: convertJsonValue,
  MERGESUPPORTFUNC: convertMergeAction,
  RETURNINGEXPR: convertReturned,
};

/** PostgreSQL's expressions that Skein knows of and refuses, in the user's words. */
const REFUSED: Readonly<Record<string, string>> = {
  ROWEXPR: 'a row constructor',
  FIELDSELECT: 'selecting a field of a composite value',
  FIELDSTORE: 'assigning a field of a composite value',
  CONVERTROWTYPEEXPR: 'a conversion between row types',
  COERCETODOMAIN: 'a cast to a domain',
  COERCETODOMAINVALUE: 'a cast to a domain',
  SETTODEFAULT: 'DEFAULT',
  CURRENTOFEXPR: 'WHERE CURRENT OF',
  NEXTVALUEEXPR: 'an identity column',
  XMLEXPR: 'XML',
  JSONEXPR: 'an SQL/JSON query function',
  JSONISPREDICATE: 'IS JSON',
};

/** @throws 0A000 naming the node, its function, operator or cast, or the field that isn't carried, and its place. */
export function convertExpr(conversion: Conversion, node: TreeNode, scope: Scope): Expr {
  try {
    return convertNode(conversion, node, scope);
  } catch (error) {
    throw located(error, node);
  }
}

function convertNode(conversion: Conversion, node: TreeNode, scope: Scope): Expr {
  const rows = collectSet(node, scope);
  if (rows !== undefined) return rows;
  const convert = CONVERTERS[node.tag];
  if (convert === undefined) throw refuse(REFUSED[node.tag] ?? `the expression node ${node.tag}`);
  const reader = new NodeReader(node);
  const expr = convert(conversion, reader, scope);
  reader.done();
  return expr;
}

function convertVar(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // Nulling by outer joins follows from where the column is read; the collation and the syntactic origin bear on nothing here.
  node.ignore('varnullingrels', 'varnosyn', 'varattnosyn', 'location');
  requireCollation(node.int('varcollid'), 'a column');
  const target = outerScope(scope, node.int('varlevelsup'));
  const attribute = node.int('varattno');
  const type = treeType(conversion.context, node.int('vartype'), node.int('vartypmod'));
  const named = defined(target.ranges[node.int('varno') - 1], 'range table entry');
  const range = returnedRange(named, node.int('varreturningtype'));
  if (attribute === 0) throw refuse(`the whole-row reference "${range.name}"`);
  return range.resolve(attribute, type, target);
}

/** VarReturningType of primnodes.h. */
function returnedRange(range: Range, which: number): Range {
  if (which === 0) return range;
  const returned = which === 1 ? range.old : range.fresh;
  if (returned === undefined) throw refuse('RETURNING OLD or NEW here');
  return returned;
}

function convertParam(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  requireCollation(node.int('paramcollid'), 'a parameter');
  const kind = node.int('paramkind');
  const index = node.int('paramid');
  const type = sqlType(node.int('paramtype'), node.int('paramtypmod'));
  if (kind === PARAM_EXTERN && !isCarried(type.oid))
    throw refuse(`a parameter of type ${typeName(conversion.context, type.oid)} in a query over tables`);
  if (kind === PARAM_EXTERN) return { kind: 'param', index, type };
  const column = scope.subqueryColumns[index - 1];
  if (kind === PARAM_SUBLINK && column !== undefined) return column;
  if (kind === PARAM_MULTIEXPR && scope.assigned !== undefined) return scope.assigned(index);
  throw refuse(`a parameter of kind ${kind}`);
}

const PARAM_EXTERN = 0;
const PARAM_SUBLINK = 2;
const PARAM_MULTIEXPR = 3;

function convertBool(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  const operator = node.token('boolop');
  const args = node.nodes('args').map((arg) => conversion.expr(arg, scope));
  if (operator === 'and' || operator === 'or') return { kind: operator, args };
  const [arg] = args;
  if (operator !== 'not' || arg === undefined) throw refuse(`the boolean operator ${operator}`);
  if (arg.kind === 'is-distinct') return { ...arg, negated: !arg.negated };
  return { kind: 'not', arg };
}

/** `CASE x WHEN a`: PostgreSQL wrote `x = a` with a placeholder for x, which is evaluated once. */
function convertCase(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  requireCollation(node.int('casecollid'), 'CASE');
  const type = treeType(conversion.context, node.int('casetype'));
  const tested = node.optionalNode('arg');
  const test = tested === undefined ? undefined : caseOperand(conversion, tested, scope);
  const branches = node.nodes('args').map((branch) => {
    const reader = openNode(branch, 'CASEWHEN').ignore('location');
    const when = conversion.expr(reader.node('expr'), test === undefined ? scope : { ...scope, test });
    const then = conversion.expr(reader.node('result'), scope);
    reader.done();
    return { when, then };
  });
  const otherwise = node.optionalNode('defresult');
  return {
    kind: 'case',
    branches,
    otherwise: otherwise === undefined ? constant(type, null) : conversion.expr(otherwise, scope),
    type,
  };
}

function convertCaseTest(_conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // The placeholder has the type of what it stands for.
  node.ignore('typeId', 'typeMod', 'collation');
  return defined(scope.test, 'operand of CASE')();
}

/** The operand for each comparison with it: a subquery's columns are defined anew in each. */
function caseOperand(conversion: Conversion, tested: TreeNode, scope: Scope): () => Expr {
  const operand = conversion.expr(tested, scope);
  if (isVolatile(operand)) throw refuse('a volatile function in the operand of CASE');
  let unused: Expr | undefined = operand;
  return () => {
    const given = unused ?? conversion.expr(tested, scope);
    if (hasSubquery(given)) unused = undefined;
    return given;
  };
}

function convertCoalesce(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  requireCollation(node.int('coalescecollid'), 'COALESCE');
  const args = node.nodes('args').map((arg) => conversion.expr(arg, scope));
  return { kind: 'coalesce', args, type: treeType(conversion.context, node.int('coalescetype')) };
}

function convertMinMax(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  const greatest = node.int('op') === IS_GREATEST;
  const what = greatest ? 'GREATEST' : 'LEAST';
  requireCollation(node.int('minmaxcollid'), what);
  requireCollation(node.int('inputcollid'), what);
  const type = treeType(conversion.context, node.int('minmaxtype'));
  if (type.oid !== OID.bpchar) requireComparable(conversion.context, type, what);
  const args = node.nodes('args').map((arg) => conversion.expr(arg, scope));
  return { kind: greatest ? 'greatest' : 'least', args, type };
}

const IS_GREATEST = 0;

function convertArray(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  // The element's type follows from the array's.
  node.ignore('element_typeid', 'list_end', 'location');
  // Its elements are arrays of its own type.
  node.ignore('multidims');
  requireCollation(node.int('array_collid'), 'ARRAY');
  const type = sqlType(node.int('array_typeid'));
  const elements = node.nodes('elements');
  const restored = conversion.lists.restore(node.int('list_start'), type);
  if (restored !== undefined) return restored;
  return { kind: 'array', elements: elements.map((element) => conversion.expr(element, scope)), type };
}

function convertNullTest(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  const negated = node.int('nulltesttype') === IS_NOT_NULL;
  const arg = node.node('arg');
  if (node.bool('argisrow')) return convertRowNullTest(conversion, arg, negated, scope);
  return { kind: 'is-null', arg: conversion.expr(arg, scope), negated };
}

const IS_NOT_NULL = 1;

function convertBooleanTest(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  const arg = conversion.expr(node.node('arg'), scope);
  const type = node.int('booltesttype');
  const test = BOOLEAN_TESTS[type >> 1];
  if (test === undefined) throw refuse(`the boolean test ${type}`);
  return { kind: 'bool-test', arg, test, negated: (type & 1) === 1 };
}

/** BoolTestType: IS TRUE, IS NOT TRUE, IS FALSE, … */
const BOOLEAN_TESTS = ['true', 'false', 'unknown'] as const;

function convertCollate(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('location');
  requireCollation(node.int('collOid'), 'COLLATE');
  return conversion.expr(node.node('arg'), scope);
}
