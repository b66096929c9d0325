import { assert } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import { findAggregate, findScalar } from '../dialect/table.ts';
import { outputColumns } from '../plan/columns.ts';
import type {
  AggregateCall,
  ArrayExpr,
  ColumnId,
  ConstantsExpr,
  ConstExpr,
  Expr,
  ParamExpr,
  SessionExpr,
} from '../plan/expr.ts';
import type {
  Column,
  Plan,
  ProjectItem,
  RecursivePlan,
  SetOperationPlan,
  UnnestItem,
} from '../plan/logical.ts';
import { exprType } from '../plan/type-of.ts';
import { mapExpressions, mapInputs, mapOperands } from '../plan/walk.ts';
import {
  decimalShape,
  elementType,
  MAX_DECIMAL_PRECISION,
  numericType,
  OID,
  type SqlType,
  sqlType,
} from '../types/sql-type.ts';
import { flattened, requireFlat, requireFlatOperands, withDimensions } from './nested-arrays.ts';
import { comparesNumerics, decideUncarried, refuseUncarried, writtenShape } from './uncarried-numerics.ts';

/**
 * A constant from its canonical text ({@link ConstExpr}); a numeric gets the digits that it is written with. What has none is refused when
 * types are derived, unless it is only compared with.
 */
export function constant(type: SqlType, value: string | null): ConstExpr {
  if (!isNumeric(type.oid)) return { kind: 'const', type, value };
  if (value === null) return { kind: 'const', type: { ...numericType(1, 0), oid: type.oid }, value };
  assert(type.oid === OID.numeric, 'an array constant is an array expression');
  return { kind: 'const', type: writtenShape(value) ?? UNKNOWN_NUMERIC, value };
}

/** From here on, an array of constants is one node. */
const MANY_CONSTANTS = 1_000;

/** Constants, and arrays of them, as deep as the array has dimensions. */
export type NestedTexts = readonly (string | null | NestedTexts)[];

/** Longest array of several dimensions: each of its constants is a node. */
const MAX_NESTED = 10_000;

/** An array of constants from their canonical texts, of any dimensions. */
export function nestedArray(type: SqlType, element: SqlType, values: NestedTexts): ArrayExpr | ConstantsExpr {
  const flat = values.filter((value) => value === null || typeof value === 'string');
  if (flat.length === values.length) return constantArray(type, element, flat);
  if (values.flat(6).length > MAX_NESTED) {
    throw refuse(`an array of more than one dimension and ${MAX_NESTED} elements`);
  }
  const elements = values.map((value) =>
    value === null || typeof value === 'string'
      ? constant(element, value)
      : nestedArray(type, element, value),
  );
  return { kind: 'array', elements, type };
}

/** An array of constants from their canonical texts. */
export function constantArray(
  type: SqlType,
  element: SqlType,
  values: readonly (string | null)[],
): ArrayExpr | ConstantsExpr {
  if (values.length >= MANY_CONSTANTS && !isNumeric(element.oid)) return { kind: 'constants', values, type };
  return { kind: 'array', elements: values.map((value) => constant(element, value)), type };
}

/** A parameter's scale is known when it is bound; until then what is computed from it is unknown too. */
const UNKNOWN_NUMERIC = sqlType(OID.numeric);

/**
 * The DECIMAL that holds each of the given numerics; digits before the point that 38 have no room for overflow when they occur.
 * Where scales differ, PostgreSQL shows each value with its own: the common carrier no longer knows it, as after a quotient.
 */
export function commonNumeric(types: readonly SqlType[]): SqlType {
  let integer = 0;
  let scale = 0;
  for (const type of types) {
    const shape = decimalShape(type);
    if (shape === undefined) return UNKNOWN_NUMERIC;
    integer = Math.max(integer, shape.precision - shape.scale);
    scale = Math.max(scale, shape.scale);
  }
  const quotients = types.flatMap((type) => (type.quotient === undefined ? [] : [type.quotient]));
  const scalesDiffer = types.some((type) => decimalShape(type)?.scale !== scale);
  if (quotients.length === 0 && scalesDiffer) quotients.push('derived');
  const shape = numericType(Math.min(MAX_DECIMAL_PRECISION, Math.max(1, integer + scale)), scale);
  if (quotients.length === 0) return shape;
  return { ...shape, quotient: quotients.includes('derived') ? 'derived' : 'direct' };
}

const isNumeric = (oid: number) => oid === OID.numeric || oid === OID.numericArray;

/** The common type of values that PostgreSQL already brought to one OID: only a numeric's digits may still differ. */
function commonType(declared: SqlType, operands: readonly Expr[]): SqlType {
  if (!isNumeric(declared.oid)) return declared;
  const sized = operands.filter((operand) => operand.kind !== 'const' || operand.value !== null);
  const types = (sized.length === 0 ? operands : sized).map(exprType);
  const common = commonNumeric(types.map((type) => ({ ...type, oid: OID.numeric })));
  return { ...common, oid: declared.oid };
}

/** Types bottom-up. `columns` gathers the type of every column seen; ids are unique, so one map serves all scopes. */
class TypeDerivation {
  readonly #columns = new Map<ColumnId, SqlType>();
  readonly #leaf: LeafChange;

  constructor(leaf: LeafChange) {
    this.#leaf = leaf;
  }

  plan(plan: Plan): Plan {
    if (plan.kind === 'recursive') return this.#recursive(plan);
    const typed = this.#operator(mapInputs(plan, (input) => this.plan(input)));
    for (const column of outputColumns(typed)) this.#columns.set(column.id, column.type);
    return typed;
  }

  /** A numeric keeps the scale of the rows that it begins with, and may have all the digits there are before the point. */
  #recursive(plan: RecursivePlan): Plan {
    const base = this.plan(plan.base);
    requireFlat(
      outputColumns(base).map(({ type }) => type),
      'a recursive WITH query',
    );
    const columns = plan.columns.map((column, index) => {
      const shape = decimalShape(outputColumns(base)[index]?.type ?? column.type);
      return shape === undefined
        ? column
        : { ...column, type: numericType(MAX_DECIMAL_PRECISION, shape.scale) };
    });
    for (const column of columns) this.#columns.set(column.id, column.type);
    const step = this.plan(plan.step);
    for (const [index, column] of columns.entries()) {
      const shape = decimalShape(outputColumns(step)[index]?.type ?? column.type);
      if (shape?.scale !== decimalShape(column.type)?.scale)
        throw refuse('a recursive WITH query whose numerics change their scale');
    }
    return { ...plan, base, step, columns };
  }

  #operator(plan: Plan): Plan {
    const typed = mapExpressions(plan, (expr) => this.#expr(expr));
    switch (typed.kind) {
      case 'project':
        return { ...typed, items: typed.items.map(typedItem) };
      case 'aggregate':
        return {
          ...typed,
          groups: typed.groups.map(typedItem),
          aggregates: typed.aggregates.map(typedCall),
        };
      case 'window':
        return { ...typed, items: typed.items.map(typedCall) };
      case 'unnest':
        return { ...typed, items: typed.items.map(typedElement) };
      case 'values':
        return { ...typed, columns: valuesColumns(typed) };
      case 'set-operation':
        return { ...typed, columns: setOperationColumns(typed) };
      case 'cte-ref':
        return { ...typed, columns: this.#cteColumns(typed) };
      default:
        return typed;
    }
  }

  #cteColumns(plan: Extract<Plan, { kind: 'cte-ref' }>): readonly Column[] {
    return plan.columns.map((column, index) => {
      const of = plan.of[index];
      return { ...column, type: (of !== undefined && this.#columns.get(of)) || column.type };
    });
  }

  #expr(expr: Expr): Expr {
    if (expr.kind === 'param' || expr.kind === 'session') {
      const value = this.#leaf(expr);
      return value.kind === 'param' || value.kind === 'session' ? value : this.#expr(value);
    }
    refuseUncarried(expr);
    const decided = comparesNumerics(expr) ? decideUncarried(this.#withValues(expr)) : expr;
    const typed = mapOperands(
      decided,
      (operand) => this.#expr(operand),
      (plan) => this.plan(plan),
    );
    if (typed.kind !== 'column') {
      const whole = typedExpr(typed);
      requireFlatOperands(whole);
      return whole;
    }
    return { ...typed, type: this.#columns.get(typed.id) ?? typed.type };
  }

  /** With the values of the parameters that it compares. */
  #withValues(expr: Expr): Expr {
    return mapOperands(
      expr,
      (operand) => (operand.kind === 'param' ? this.#leaf(operand) : operand),
      (plan) => plan,
    );
  }
}

function typedExpr(expr: Expr): Expr {
  switch (expr.kind) {
    case 'call':
      return { ...expr, type: callType(expr.type, expr.fn, expr.args, findScalar(expr.fn)?.numericResult) };
    case 'case':
      return { ...expr, type: commonType(expr.type, [...expr.branches.map((b) => b.then), expr.otherwise]) };
    case 'coalesce':
    case 'greatest':
    case 'least':
      return { ...expr, type: commonType(expr.type, expr.args) };
    case 'nullif':
      return { ...expr, type: isNumeric(expr.type.oid) ? exprType(expr.left) : expr.type };
    case 'array':
      return withDimensions({ ...expr, type: arrayType(expr.type, expr.elements) });
    case 'array-compare':
      return { ...expr, array: flattened(expr.array) };
    case 'scalar-subquery':
      return { ...expr, type: outputColumns(expr.plan)[0]?.type ?? expr.type };
    default:
      return expr;
  }
}

function typedItem(item: ProjectItem): ProjectItem {
  return { ...item, column: { ...item.column, type: exprType(item.expr) } };
}

function typedCall<Item extends { readonly column: Column; readonly call: AggregateCall }>(item: Item): Item {
  const { call } = item;
  requireFlat(call.args.map(exprType), call.fn);
  const entry = findAggregate(call.fn);
  const flat = callType(call.type, call.fn, call.args, entry?.numericResult);
  const type = entry?.nests === true ? { ...flat, dimensions: 2 } : flat;
  return { ...item, column: { ...item.column, type }, call: { ...call, type } };
}

function typedElement(item: UnnestItem): UnnestItem {
  const array = flattened(item.array);
  requireFlat([exprType(array)], 'unnest');
  const type = elementType(exprType(array)) ?? item.column.type;
  return { ...item, array, column: { ...item.column, type } };
}

type NumericResult = (types: readonly SqlType[], args: readonly Expr[]) => SqlType;

function callType(
  declared: SqlType,
  fn: string,
  args: readonly Expr[],
  numericResult: NumericResult | undefined,
): SqlType {
  if (!isNumeric(declared.oid)) return declared;
  const types = args.map(exprType);
  const unknown = types.some((type) => isNumeric(type.oid) && type.typmod < 0);
  if (unknown) return sqlType(declared.oid);
  if (numericResult !== undefined) return { ...numericResult(types, args), oid: declared.oid };
  if (!fn.includes('any')) throw refuse(`the numeric result of ${fn}`);
  return commonType(
    declared,
    args.filter((arg) => isNumeric(exprType(arg).oid)),
  );
}

function arrayType(declared: SqlType, elements: readonly Expr[]): SqlType {
  if (declared.oid !== OID.numericArray) return declared;
  if (elements.length === 0) return { ...numericType(1, 0), oid: declared.oid };
  return commonType(declared, elements);
}

function valuesColumns(plan: Extract<Plan, { kind: 'values' }>): readonly Column[] {
  return plan.columns.map((column, index) => {
    const cells = plan.rows.flatMap((row) => row[index] ?? []);
    requireFlat(cells.map(exprType), 'VALUES');
    return { ...column, type: commonType(column.type, cells) };
  });
}

function setOperationColumns(plan: SetOperationPlan): readonly Column[] {
  const [left, right] = plan.inputs.map(outputColumns);
  requireFlat(
    [...(left ?? []), ...(right ?? [])].map(({ type }) => type),
    plan.op.toUpperCase(),
  );
  return plan.columns.map((column, index) => {
    if (!isNumeric(column.type.oid)) return column;
    const types = [left?.[index]?.type, right?.[index]?.type].filter((type) => type !== undefined);
    return { ...column, type: { ...commonNumeric(types), oid: column.type.oid } };
  });
}

type LeafChange = (leaf: ParamExpr | SessionExpr) => Expr;

/**
 * Recomputes, bottom-up, the type of every expression and column whose digits follow from its operands. With `leaf`, replaces
 * parameters and session values on the way. Until its parameters are bound, a numeric that depends on one has typmod -1.
 * @throws 0A000 where no DECIMAL holds a result exactly.
 */
export function deriveTypes(plan: Plan, leaf: LeafChange = (unchanged) => unchanged): Plan {
  return new TypeDerivation(leaf).plan(plan);
}
