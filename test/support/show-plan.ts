import { assertNever } from '../../src/base/assert.ts';
import type { AggregateCall, Expr, SortKey } from '../../src/plan/expr.ts';
import type { Column, FrameBound, Plan, ProjectItem, WindowItem } from '../../src/plan/logical.ts';
import { inputsOf } from '../../src/plan/walk.ts';
import { decimalShape, type SqlType } from '../../src/types/sql-type.ts';

/** A logical plan, an operator a line, inputs indented: for tests to compare. */
export function showPlan(plan: Plan): string {
  return lines(plan, '').join('\n');
}

function lines(plan: Plan, indent: string): readonly string[] {
  return [`${indent}${operator(plan)}`, ...inputsOf(plan).flatMap((input) => lines(input, `${indent}  `))];
}

function operator(plan: Plan): string {
  switch (plan.kind) {
    case 'scan':
      return `scan ${plan.table} ${columns(plan.columns)}`;
    case 'relation':
      return `relation ${plan.name} ${columns(plan.columns)}`;
    case 'values':
      return `values ${columns(plan.columns)} ${plan.rows.map((row) => `(${list(row)})`).join(' ')}`;
    case 'cte-ref':
      return `cte-ref ${plan.name} ${columns(plan.columns)} of ${plan.of.map((id) => `c${id}`).join(', ')}`;
    case 'stored':
      return `stored t${plan.oid} ${columns(plan.columns)}`;
    case 'filter':
      return `filter ${expr(plan.predicate)}`;
    case 'project':
      return `project ${plan.items.map(item).join(', ')}`;
    case 'aggregate':
      return `aggregate [${plan.groups.map(item).join(', ')}] ${plan.aggregates
        .map(({ column, call }) => `c${column.id}${type(column.type)} = ${aggregate(call)}`)
        .join(', ')}`;
    case 'join':
      return `${plan.type} join${plan.lateral ? ' lateral' : ''} on ${expr(plan.condition)}`;
    case 'sort':
      return `sort ${keys(plan.keys)}`;
    case 'limit':
      return `limit ${optional(plan.limit)} offset ${optional(plan.offset)}${plan.withTies ? ' with ties' : ''}`;
    case 'distinct':
      return 'distinct';
    case 'set-operation':
      return `${plan.op}${plan.all ? ' all' : ''} ${columns(plan.columns)}`;
    case 'unnest':
      return `unnest ${plan.items.map(({ column, array }) => `c${column.id}${type(column.type)} = ${expr(array)}`).join(', ')}${plan.ordinality === undefined ? '' : ` ordinality c${plan.ordinality.id}`}`;
    case 'recursive':
      return `recursive ${plan.name}${plan.all ? ' all' : ''} ${columns(plan.columns)}`;
    case 'with':
      return `with ${plan.name}`;
    case 'window':
      return `window partition [${list(plan.partitionBy)}] order [${keys(plan.orderBy)}] ${plan.items.map(windowItem).join(', ')}`;
    case 'gather':
    case 'broadcast':
      return `${plan.kind} ${plan.id}`;
    default:
      return assertNever(plan);
  }
}

function type(sqlType: SqlType): string {
  const shape = decimalShape(sqlType);
  return shape === undefined
    ? ''
    : `:${shape.precision},${shape.scale}${sqlType.quotient === undefined ? '' : ` ${sqlType.quotient}`}`;
}

const columns = (all: readonly Column[]) =>
  `[${all.map((c) => `c${c.id} ${c.name}${type(c.type)}`).join(', ')}]`;
const item = ({ column, expr: value }: ProjectItem) => `c${column.id}${type(column.type)} = ${expr(value)}`;
const list = (all: readonly Expr[]): string => all.map(expr).join(', ');
const optional = (value: Expr | undefined): string => (value === undefined ? 'none' : expr(value));
const keys = (all: readonly SortKey[]): string =>
  all
    .map((k) => `${expr(k.expr)}${k.descending ? ' desc' : ''}${k.nullsFirst ? ' nulls first' : ''}`)
    .join(', ');

function aggregate(call: AggregateCall): string {
  const order = call.orderBy.length === 0 ? '' : ` order by ${keys(call.orderBy)}`;
  const filter = call.filter === undefined ? '' : ` filter ${expr(call.filter)}`;
  return `${call.fn}<${call.distinct ? 'distinct ' : ''}${list(call.args)}${order}>${filter}`;
}

function windowItem({ column, call, frame }: WindowItem): string {
  const exclude = frame.exclude === 'none' ? '' : ` exclude ${frame.exclude}`;
  return `c${column.id} = ${aggregate(call)} ${frame.mode} ${bound(frame.start)} to ${bound(frame.end)}${exclude}`;
}

function bound(frame: FrameBound): string {
  return 'offset' in frame ? `${expr(frame.offset)} ${frame.kind}` : frame.kind;
}

function expr(value: Expr): string {
  switch (value.kind) {
    case 'column':
      return `c${value.id}`;
    case 'const':
      return `${value.value === null ? 'null' : `'${value.value}'`}${type(value.type)}`;
    case 'param':
      return `$${value.index}`;
    case 'session':
      return `@${value.name}`;
    case 'call':
      return `{${value.fn}}(${list(value.args)})${type(value.type)}`;
    case 'and':
    case 'or':
      return `(${value.args.map(expr).join(` ${value.kind} `)})`;
    case 'not':
      return `not ${expr(value.arg)}`;
    case 'is-null':
      return `${expr(value.arg)} is ${value.negated ? 'not ' : ''}null`;
    case 'bool-test':
      return `${expr(value.arg)} is ${value.negated ? 'not ' : ''}${value.test}`;
    case 'is-distinct':
      return `${expr(value.left)} is ${value.negated ? 'not ' : ''}distinct {${value.op}} ${expr(value.right)}`;
    case 'case': {
      const branches = value.branches.map(({ when, then }) => `when ${expr(when)} then ${expr(then)}`);
      return `case ${branches.join(' ')} else ${expr(value.otherwise)} end${type(value.type)}`;
    }
    case 'coalesce':
    case 'greatest':
    case 'least':
      return `${value.kind}(${list(value.args)})${type(value.type)}`;
    case 'nullif':
      return `nullif(${expr(value.left)} {${value.op}} ${expr(value.right)})`;
    case 'array':
      return `array[${list(value.elements)}]${value.elements.length === 0 ? '' : type(value.type)}`;
    case 'constants':
      return `constants[${value.values.length}]${type(value.type)}`;
    case 'array-compare':
      return `${expr(value.left)} {${value.op}} ${value.quantifier} ${expr(value.array)}`;
    case 'scalar-subquery':
    case 'exists':
      return `${value.kind} <${nested(value.plan)}>`;
    case 'subquery-compare':
      return `${expr(value.left)} {${value.op}} ${value.quantifier} <${nested(value.plan)}>`;
    default:
      return assertNever(value);
  }
}

const nested = (plan: Plan): string =>
  lines(plan, '')
    .map((line) => line.trim())
    .join(' | ');
