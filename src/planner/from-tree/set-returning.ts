import type { NodeReader, TreeNode } from '../../analysis/tree.ts';
import { assert, defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { findScalar } from '../../dialect/table.ts';
import type { ColumnExpr, Expr } from '../../plan/expr.ts';
import type { Column, Plan, UnnestItem } from '../../plan/logical.ts';
import { exprType } from '../../plan/type-of.ts';
import { columnsUsed } from '../../plan/walk.ts';
import { arrayOid, elementOid, elementType, OID, type SqlType, sqlType } from '../../types/sql-type.ts';
import { isVolatile, reference } from '../exprs.ts';
import { constant } from '../types.ts';
import { findFunction } from './calls.ts';
import { requireCollation } from './collation.ts';
import { type Conversion, newColumn, openNode, type Scope, type SetCall } from './conversion.ts';
import { call } from './dialect-call.ts';
import { type DefinedColumn, isJsonRecords, jsonRecords } from './json-records.ts';

const INT4 = sqlType(OID.int4);

/** A FUNCEXPR that returns a set. @throws 0A000 for one whose rows the dialect can't give as an array. */
function convertSetCall(conversion: Conversion, tree: TreeNode, scope: Scope): SetCall {
  const node = openNode(tree, 'FUNCEXPR');
  // How it was written.
  node.ignore('funcformat', 'location');
  const signature = findFunction(conversion.context, node.int('funcid'));
  const what = `the set-returning function ${signature.signature}`;
  if (!node.bool('funcretset')) throw refuse(`function ${signature.signature} in FROM`);
  node.absent('funcvariadic', `VARIADIC in ${what}`);
  requireCollation(node.int('funccollid'), what);
  requireCollation(node.int('inputcollid'), what);
  const result = sqlType(node.int('funcresulttype'));
  const inner: Scope = { ...scope, sets: undefined };
  const args = node.nodes('args').map((arg) => conversion.expr(arg, inner));
  node.done();
  if (signature.name === 'regexp_matches') return matchesOf(what, signature, args);
  return { name: signature.name, array: arrayOf(what, signature.signature, args, result) };
}

/** Each match's array comes as its text. */
function matchesOf(
  what: string,
  { name, signature }: { readonly name: string; readonly signature: string },
  args: readonly Expr[],
): SetCall {
  const texts = sqlType(OID.textArray);
  const value = (element: ColumnExpr) => call(what, 'skein.texts(text)', [element], texts);
  return { name, array: call(what, `skein.${signature}`, args, texts), value };
}

/** Functions of several columns, by an array for each: name, scalar of the dialect, array type. */
const SEVERAL: Readonly<Record<string, readonly (readonly [string, string, number])[]>> = Object.fromEntries(
  (['json', 'jsonb'] as const).flatMap((type) =>
    (['', '_text'] as const).map((form) => [
      `${type}_each${form}(${type})`,
      [
        ['key', `skein.${type}_each${form}_key(${type})`, OID.textArray],
        [
          'value',
          `skein.${type}_each${form}_value(${type})`,
          form === '' ? (type === 'json' ? OID.jsonArray : OID.jsonbArray) : OID.textArray,
        ],
      ] as const,
    ]),
  ),
);

/** As {@link convertSetCall}, for a function of any number of columns. */
export function convertSetCalls(
  conversion: Conversion,
  tree: TreeNode,
  scope: Scope,
  { count, defined: definitions }: { readonly count: number; readonly defined: readonly DefinedColumn[] },
): readonly SetCall[] {
  const signature =
    tree.tag === 'FUNCEXPR'
      ? findFunction(conversion.context, openNode(tree, 'FUNCEXPR').int('funcid')).signature
      : '';
  if (isJsonRecords(signature)) {
    const json = defined(argumentsOf(conversion, tree, scope, signature)[0], 'argument of a function');
    return jsonRecords(conversion.context, signature, json, definitions);
  }
  if (count === 1) return [convertSetCall(conversion, tree, scope)];
  const arrays = SEVERAL[signature];
  if (arrays === undefined) throw refuse(`the function ${signature} with several columns in FROM`);
  return arrays.map(([name, fn, oid]) => {
    const args = argumentsOf(conversion, tree, scope, signature);
    return { name, array: call(`the set-returning function ${signature}`, fn, args, sqlType(oid)) };
  });
}

/** Of a function that is evaluated once for each of its columns. */
function argumentsOf(
  conversion: Conversion,
  tree: TreeNode,
  scope: Scope,
  signature: string,
): readonly Expr[] {
  const node = openNode(tree, 'FUNCEXPR');
  node.ignore(
    'funcid',
    'funcretset',
    'funcresulttype',
    'funcvariadic',
    'funcformat',
    'funccollid',
    'location',
  );
  requireCollation(node.int('inputcollid'), signature);
  const args = node.nodes('args').map((arg) => conversion.expr(arg, { ...scope, sets: undefined }));
  if (args.some(isVolatile)) throw refuse(`a volatile argument of ${signature}`);
  node.done();
  return args;
}

function arrayOf(what: string, signature: string, args: readonly Expr[], element: SqlType): Expr {
  if (signature === 'unnest(anyarray)') return unnested(defined(args[0], 'argument of unnest'));
  const series = /^generate_series\((int4|int8|numeric|timestamp|timestamptz),/.exec(signature)?.[1];
  const oid = arrayOid(element.oid);
  if (oid === undefined) throw refuse(what);
  if (series !== undefined) return seriesOf(what, series, args, oid);
  if (signature.startsWith('generate_subscripts(anyarray,int4')) {
    if (args.length > 2) throw refuse(what);
    return call(what, 'skein.subscripts(anyarray,int4)', args, sqlType(oid));
  }
  const asArray = AS_ARRAY[signature] ?? `skein.${signature}`;
  if (findScalar(asArray) !== undefined) return call(what, asArray, args, sqlType(oid));
  throw refuse(what);
}

/** Functions of PostgreSQL's that give the same as an array. */
const AS_ARRAY: Readonly<Record<string, string>> = {
  'string_to_table(text,text)': 'string_to_array(text,text)',
  'string_to_table(text,text,text)': 'string_to_array(text,text,text)',
  'regexp_split_to_table(text,text)': 'regexp_split_to_array(text,text)',
  'regexp_split_to_table(text,text,text)': 'regexp_split_to_array(text,text,text)',
};

function unnested(array: Expr): Expr {
  if (elementOid(exprType(array).oid) === undefined) throw refuse('unnest of this type');
  return array;
}

function seriesOf(what: string, type: string, args: readonly Expr[], oid: number): Expr {
  const [start, stop, step, zone] = args;
  const from = defined(start, 'start of a series');
  const bounds = [from, defined(stop, 'end of a series')];
  const by = step ?? constant(exprType(from).oid === OID.int4 ? INT4 : sqlType(exprType(from).oid), '1');
  if (type === 'timestamptz') {
    const inZone = zone === undefined ? [] : [zone];
    return call(
      what,
      'skein.series(timestamptz,timestamptz,interval,text)',
      [...bounds, by, ...inZone],
      sqlType(oid),
    );
  }
  const of = type === 'timestamp' ? 'timestamp,timestamp,interval' : `${type},${type},${type}`;
  return call(what, `skein.series(${of})`, [...bounds, by], sqlType(oid));
}

/** Functions in FROM, in step with one another; the shorter end in NULLs. */
export function unnestOf(
  conversion: Conversion,
  calls: readonly SetCall[],
  withOrdinality: boolean,
): { readonly plan: Plan; readonly columns: readonly Column[] } {
  const items = calls.map((one) => unnestItem(conversion, one));
  const ordinality = withOrdinality ? newColumn(conversion, 'ordinality', sqlType(OID.int8)) : undefined;
  const plan: Plan = { kind: 'unnest', items, ...(ordinality && { ordinality }) };
  const columns = [...items.map((item) => item.column), ...(ordinality === undefined ? [] : [ordinality])];
  if (calls.every(({ value }) => value === undefined)) return { plan, columns };
  const values = columns.map((column, index) => {
    const expr = rowValue(calls[index], column);
    return { column: newColumn(conversion, column.name, exprType(expr)), expr };
  });
  return {
    plan: { kind: 'project', input: plan, items: values },
    columns: values.map(({ column }) => column),
  };
}

function unnestItem(conversion: Conversion, { name, array }: SetCall): UnnestItem {
  const element = defined(elementType(exprType(array)), 'element of an array');
  return { column: newColumn(conversion, name, element), array };
}

function rowValue(one: SetCall | undefined, column: Column): Expr {
  const element = reference(column);
  return one?.value === undefined ? element : one.value(element);
}

/** Collects the set-returning functions of a select list: they are unnested together, below it. */
export class SelectedSets {
  readonly #conversion: Conversion;
  readonly #items: UnnestItem[] = [];

  constructor(conversion: Conversion) {
    this.#conversion = conversion;
  }

  add(tree: TreeNode, scope: Scope): Expr {
    const one = convertSetCall(this.#conversion, tree, scope);
    const item = unnestItem(this.#conversion, one);
    this.#items.push(item);
    return rowValue(one, item.column);
  }

  /** @throws 0A000 where what is evaluated below refers to them. */
  refuseIn(expr: Expr, what: string): void {
    const used = columnsUsed(expr);
    if (this.#items.some((item) => used.has(item.column.id)))
      throw refuse(`a set-returning function in ${what}`);
  }

  /** PostgreSQL makes the rows of a set after it has sorted the others: they stay in their order, unless it is sorted by them. */
  keepOrder(sortedBy: readonly Expr[]): Column | undefined {
    const own = new Set(this.#items.map((item) => item.column.id));
    if (own.size === 0 || sortedBy.length === 0) return undefined;
    if (sortedBy.some((expr) => [...columnsUsed(expr)].some((id) => own.has(id)))) return undefined;
    return newColumn(this.#conversion, 'ordinality', sqlType(OID.int8));
  }

  /** Each row as often as its longest set has elements. */
  over(input: Plan, ordinality?: Column): Plan {
    if (this.#items.length === 0) return input;
    const right: Plan = { kind: 'unnest', items: this.#items, ...(ordinality && { ordinality }) };
    const condition: Expr = { kind: 'const', type: sqlType(OID.bool), value: 'true' };
    return { kind: 'join', type: 'inner', left: input, right, condition, lateral: true };
  }
}

/** The column of a function's rows, if the function returns a set. @throws 0A000 where nothing collects them. */
export function collectSet(node: TreeNode, scope: Scope): Expr | undefined {
  const flag = node.tag === 'FUNCEXPR' ? node.fields.get('funcretset') : undefined;
  if (flag?.kind !== 'token' || flag.text !== 'true') return undefined;
  if (scope.sets === undefined) throw refuse('a set-returning function here');
  return scope.sets(node, scope);
}

/** `a[i]`, `a[i:j]`: arrays start at 1. */
export function convertSubscript(conversion: Conversion, node: NodeReader, scope: Scope): Expr {
  node.ignore('refelemtype', 'reftypmod');
  requireCollation(node.int('refcollid'), 'subscripting');
  node.absent('refassgnexpr', 'an assignment to an element');
  if (elementOid(node.int('refcontainertype')) === undefined)
    throw refuse('subscripting of what is no array');
  const type = sqlType(node.int('refrestype'));
  const array = conversion.expr(node.node('refexpr'), scope);
  const [upper, ...deeper] = node.list('refupperindexpr');
  const [lower, ...others] = node.list('reflowerindexpr');
  if (deeper.length > 0 || others.length > 0) throw refuse('several subscripts');
  const bound = (value: typeof upper, otherwise: string): Expr =>
    value?.kind === 'node' ? conversion.expr(value.node, scope) : constant(INT4, otherwise);
  if (lower === undefined) {
    assert(upper?.kind === 'node', 'a subscript');
    return call('subscripting', 'skein.element(anyarray,int4)', [array, bound(upper, '')], type);
  }
  const bounds = [bound(lower, '1'), bound(upper, '2147483647')];
  return call('a slice of an array', 'skein.slice(anyarray,int4,int4)', [array, ...bounds], type);
}
