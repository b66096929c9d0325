import { assertNever, defined } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import { outputColumns } from '../plan/columns.ts';
import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { carrierOf } from '../types/carrier.ts';
import { elementType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { printLiteral } from './literals.ts';
import { once } from './once.ts';
import { columnName, type ResolveColumn } from './print-block.ts';
import { quoteString } from './quote.ts';
import { isCheapToRepeat, repeatsArguments } from './repetition.ts';
import { findScalar } from './table.ts';

/** Where an expression stands. */
export interface Scope {
  readonly column: ResolveColumn;
  /** The SELECT of a subquery whose enclosing scope is this one. */
  readonly subquery: (plan: Plan, outer: ResolveColumn) => string;
  /** A name that is used nowhere else in the statement. */
  readonly freshName: () => string;
}

/** DuckDB SQL of exactly the carrier's type of the expression; self-delimiting, so that it can be an operand anywhere. */
export function printExpr(expr: Expr, scope: Scope): string {
  const inner = (operand: Expr) => printExpr(operand, scope);
  switch (expr.kind) {
    case 'column':
      return scope.column(expr.id);
    case 'const':
      return printLiteral(expr);
    case 'param':
    case 'session':
      throw new Error(`a ${expr.kind} is replaced by its value before printing`);
    case 'call':
      return printCall(expr.fn, expr.args, expr.type, scope);
    case 'and':
    case 'or':
      return printJunction(expr.kind, expr.args.map(inner));
    case 'not':
      return `(NOT ${inner(expr.arg)})`;
    case 'is-null':
      return `(${inner(expr.arg)} IS ${expr.negated ? 'NOT ' : ''}NULL)`;
    case 'bool-test': {
      const test = expr.test === 'unknown' ? 'NULL' : expr.test.toUpperCase();
      return `(${inner(expr.arg)} IS ${expr.negated ? 'NOT ' : ''}${test})`;
    }
    case 'is-distinct':
      return printDistinct(expr, scope);
    case 'case':
      return printCase(expr, scope);
    case 'coalesce':
    case 'greatest':
    case 'least':
      return printChoice(
        expr.kind,
        expr.args.map((arg) => carried(arg, expr.type, scope)),
        expr.type,
      );
    case 'nullif':
      return printNullIf(expr, scope);
    case 'array': {
      const carrier = carrierOf(expr.type).duckdb;
      return `CAST([${expr.elements.map(inner).join(', ')}] AS ${carrier})`;
    }
    case 'constants':
      return `CAST([${printConstants(expr).join(', ')}] AS ${carrierOf(expr.type).duckdb})`;
    case 'array-compare':
      return printArrayCompare(expr, scope);
    case 'scalar-subquery':
      return `(${scope.subquery(expr.plan, scope.column)})`;
    case 'exists':
      return `EXISTS (${scope.subquery(expr.plan, scope.column)})`;
    case 'subquery-compare':
      return printSubqueryCompare(expr, scope);
    default:
      return assertNever(expr);
  }
}

type Of<K extends Expr['kind']> = Extract<Expr, { kind: K }>;

const BOOLEAN = sqlType(OID.bool);

function printJunction(kind: 'and' | 'or', args: readonly string[]): string {
  if (args.length === 0) return kind === 'and' ? 'true' : 'false';
  return args.length === 1
    ? defined(args[0], 'operand')
    : `(${args.join(kind === 'and' ? ' AND ' : ' OR ')})`;
}

/** The expression in the carrier of another type: DuckDB's own coercions stay out of play. */
function carried(expr: Expr, type: SqlType, scope: Scope): string {
  const sql = printExpr(expr, scope);
  const wanted = carrierOf(type).duckdb;
  return carrierOf(exprType(expr)).duckdb === wanted ? sql : `CAST(${sql} AS ${wanted})`;
}

function printCall(fn: string, args: readonly Expr[], type: SqlType, scope: Scope): string {
  const entry = findScalar(fn);
  if (entry === undefined) throw refuse(fn);
  if (!repeatsArguments(fn, args, type)) {
    return entry.print(
      args.map((arg) => printExpr(arg, scope)),
      args.map(exprType),
      type,
      args,
    );
  }
  return bindCostly(args, scope, (printed) => entry.print(printed, args.map(exprType), type, args));
}

/**
 * Says operands that are costly, volatile or subqueries once, as fields of a lambda's parameter, so that `body` may repeat them:
 * all outside the lambda, since DuckDB has no subqueries inside. Evaluation stays where the expression stands: a branch of CASE
 * that isn't taken doesn't evaluate them.
 */
function bindCostly(
  operands: readonly Expr[],
  scope: Scope,
  body: (printed: readonly string[]) => string,
): string {
  const printed = operands.map((operand) => printExpr(operand, scope));
  const costly = operands.flatMap((operand, index) => (isCheapToRepeat(operand) ? [] : [index]));
  const [only, ...others] = costly;
  if (only === undefined) return body(printed);
  const name = scope.freshName();
  const named = (field: (index: number) => string): string =>
    body(printed.map((sql, index) => (costly.includes(index) ? field(index) : sql)));
  if (others.length === 0) {
    return `list_extract(list_transform([${printed[only]}], lambda ${name}: ${named(() => name)}), 1)`;
  }
  const fields = costly.map((index) => `a${index} := ${printed[index]}`).join(', ');
  const bound = named((index) => `${name}.a${index}`);
  return `list_extract(list_transform([struct_pack(${fields})], lambda ${name}: ${bound}), 1)`;
}

/** The comparison of two printed operands. */
function comparison(op: string, left: SqlType, right: SqlType): (l: string, r: string) => string {
  const entry = findScalar(op);
  if (entry === undefined) throw refuse(op);
  return (l, r) =>
    entry.print([l, r], [left, right], BOOLEAN, [
      { kind: 'column', id: -1, type: left },
      { kind: 'column', id: -2, type: right },
    ]);
}

/** DuckDB's infix operator, if the comparison is said by nothing else: then DuckDB's IN, IS DISTINCT FROM and ANY mean the same. */
function infix(compare: (l: string, r: string) => string): string | undefined {
  return /^\(l (=|<>|<|<=|>|>=) r\)$/.exec(compare('l', 'r'))?.[1];
}

function printDistinct(expr: Of<'is-distinct'>, scope: Scope): string {
  const compare = comparison(expr.op, exprType(expr.left), exprType(expr.right));
  const not = expr.negated ? 'NOT ' : '';
  // Of lists, DuckDB hands it to the reader of Parquet files, which then loses its place in other columns.
  if (infix(compare) === '=' && elementType(exprType(expr.left)) === undefined) {
    return `(${printExpr(expr.left, scope)} IS ${not}DISTINCT FROM ${printExpr(expr.right, scope)})`;
  }
  const same = bindCostly(
    [expr.left, expr.right],
    scope,
    ([l = '', r = '']) =>
      `CASE WHEN ${l} IS NULL OR ${r} IS NULL THEN ${l} IS NULL AND ${r} IS NULL ELSE ${compare(l, r)} END`,
  );
  return expr.negated ? `(${same})` : `(NOT (${same}))`;
}

function printCase(expr: Of<'case'>, scope: Scope): string {
  const branches = expr.branches.map(
    ({ when, then }) => `WHEN ${printExpr(when, scope)} THEN ${carried(then, expr.type, scope)}`,
  );
  return `CASE ${branches.join(' ')} ELSE ${carried(expr.otherwise, expr.type, scope)} END`;
}

/** DuckDB's greatest and least compare intervals part by part, timetz by its bits and bpchars with their blanks. */
const OWN_ORDER: readonly number[] = [OID.interval, OID.timetz, OID.bpchar];

/** Of equal ones the first stands. */
function printChoice(
  kind: 'coalesce' | 'greatest' | 'least',
  args: readonly string[],
  { oid }: SqlType,
): string {
  if (kind === 'coalesce' || !OWN_ORDER.includes(oid)) return `${kind}(${args.join(', ')})`;
  const keeps = kind === 'greatest' ? '>=' : '<=';
  const key = (x: string | undefined): string => (oid === OID.bpchar ? `rtrim(${x}, ' ')` : `${x}`);
  return args.reduce((left, right) =>
    once(
      [left, right],
      ([a, b]) =>
        `CASE WHEN ${a} IS NULL THEN ${b} WHEN ${b} IS NULL OR ${key(a)} ${keeps} ${key(b)} THEN ${a} ELSE ${b} END`,
    ),
  );
}

function printNullIf(expr: Of<'nullif'>, scope: Scope): string {
  const left = exprType(expr.left);
  const compare = comparison(expr.op, left, exprType(expr.right));
  if (infix(compare) === '=' && carrierOf(left).duckdb === carrierOf(exprType(expr.right)).duckdb) {
    return `nullif(${printExpr(expr.left, scope)}, ${printExpr(expr.right, scope)})`;
  }
  return bindCostly(
    [expr.left, expr.right],
    scope,
    ([l = '', r = '']) =>
      `CASE WHEN ${compare(l, r)} THEN NULL::${carrierOf(expr.type).duckdb} ELSE ${l} END`,
  );
}

function printArrayCompare(expr: Of<'array-compare'>, scope: Scope): string {
  const { array, left, quantifier } = expr;
  const element = defined(elementType(exprType(array)), 'element type');
  const compare = comparison(expr.op, exprType(left), element);
  if (array.kind !== 'array' && array.kind !== 'constants') {
    return bindCostly([left, array], scope, ([l = '', items = '']) => {
      const name = scope.freshName();
      return `skein_${quantifier}(list_transform(${items}, lambda ${name}: ${compare(l, name)}))`;
    });
  }
  const operator = infix(compare);
  const isMembership = operator === (quantifier === 'any' ? '=' : '<>');
  if (array.kind === 'constants') {
    if (isMembership) return printMembership(quantifier, printExpr(left, scope), printItems(array));
    const items = printConstants(array);
    return bindCostly([left], scope, ([l = '']) =>
      printJunction(
        quantifier === 'any' ? 'or' : 'and',
        items.map((item) => compare(l, item)),
      ),
    );
  }
  if (array.elements.length === 0) return quantifier === 'any' ? 'false' : 'true';
  if (isMembership) {
    const items = array.elements.map((item) => printExpr(item, scope));
    return printMembership(quantifier, printExpr(left, scope), items);
  }
  return bindCostly([left, ...array.elements], scope, ([l = '', ...items]) =>
    printJunction(
      quantifier === 'any' ? 'or' : 'and',
      items.map((item) => compare(l, item)),
    ),
  );
}

function printMembership(quantifier: 'any' | 'all', left: string, items: readonly string[]): string {
  return `(${left} ${quantifier === 'any' ? 'IN' : 'NOT IN'} (${items.join(', ')}))`;
}

function printConstants({ values, type }: Of<'constants'>): readonly string[] {
  const element = defined(elementType(type), 'element type');
  return values.map((value) => printLiteral({ kind: 'const', type: element, value }));
}

const INTEGERS: ReadonlySet<number> = new Set([OID.int2, OID.int4, OID.int8]);
const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar]);

/** Of IN, whose other operand has the type: without types of their own they cost DuckDB less than half. */
function printItems(array: Of<'constants'>): readonly string[] {
  const oid = elementType(array.type)?.oid ?? 0;
  if (INTEGERS.has(oid)) return array.values.map((value) => value ?? 'NULL');
  if (TEXTS.has(oid)) return array.values.map((value) => (value === null ? 'NULL' : quoteString(value)));
  return printConstants(array);
}

function printSubqueryCompare(expr: Of<'subquery-compare'>, scope: Scope): string {
  const column = defined(outputColumns(expr.plan)[0], 'column of the subquery');
  const compare = comparison(expr.op, exprType(expr.left), column.type);
  const query = scope.subquery(expr.plan, scope.column);
  const operator = infix(compare);
  if (operator === '=' && expr.quantifier === 'any') return `(${printExpr(expr.left, scope)} IN (${query}))`;
  if (operator !== undefined) {
    return `(${printExpr(expr.left, scope)} ${operator} ${expr.quantifier.toUpperCase()} (${query}))`;
  }
  if (!isCheapToRepeat(expr.left)) throw refuse(`${expr.op} ${expr.quantifier.toUpperCase()} (SELECT …)`);
  const holds = compare(printExpr(expr.left, scope), columnName(column.id));
  const [decisive, value] = expr.quantifier === 'any' ? [holds, 'true'] : [`NOT ${holds}`, 'false'];
  const rows = `(${query}) AS ${scope.freshName()}`;
  return (
    `CASE WHEN EXISTS (SELECT 1 FROM ${rows} WHERE ${decisive}) THEN ${value} ` +
    `WHEN EXISTS (SELECT 1 FROM ${rows} WHERE ${holds} IS NULL) THEN NULL ELSE NOT ${value} END`
  );
}
