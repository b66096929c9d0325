import { functionCalls } from './functions.ts';
import { constant, nothing, small } from './literals.ts';
import { nestedValues } from './nested-values.ts';
import { featured, type Node, op } from './node.ts';
import { type Predicate, predicate } from './predicates.ts';
import { type Choice, type Scope, type ScopeColumn, TYPES, type Type } from './scope.ts';

/** What an expression may hold besides columns and functions. */
export interface ExpressionContext {
  readonly choice: Choice;
  readonly scope: Scope;
  /** Makes a scalar subquery of the type; undefined: none here. */
  readonly subquery?: ((type: Type, scope: Scope) => Node) | undefined;
  /** Makes a condition with a subquery. */
  readonly condition?: ((scope: Scope) => Node) | undefined;
}

type Maker = readonly [weight: number, make: () => Node];

/** An expression of the type that no row makes fail, and whose value SQL determines. */
export function expression(context: ExpressionContext, type: Type, depth: number): Node {
  const { choice } = context;
  const own = columnsOf(context.scope.columns, type);
  const leaves: Maker[] = [
    [own.length > 0 ? 1 : 4, () => constant(choice, type)],
    ...(own.length > 0 ? [[12, () => choice.pick(own).node] as const] : []),
    ...(choice.chance(6) ? [[2, () => nothing(type)] as const] : []),
  ];
  if (depth <= 0) return choice.weighted(leaves);
  const sub = (of: Type) => expression(context, of, depth - 1);
  const makers: Maker[] = [
    ...leaves,
    ...common(context, type, depth),
    ...makersOf(context, type, depth),
    ...nestedValues(choice, type, sub),
    ...functionCalls(choice, type, sub),
  ];
  return choice.weighted(makers);
}

export function columnsOf(columns: readonly ScopeColumn[], type: Type): readonly ScopeColumn[] {
  return columns.filter((column) => column.type === type);
}

export function randomType(choice: Choice, scope: Scope): Type {
  return scope.columns.length > 0 && choice.chance(80) ? choice.pick(scope.columns).type : choice.pick(TYPES);
}

function common(context: ExpressionContext, type: Type, depth: number): readonly Maker[] {
  const { choice, subquery } = context;
  const sub = (of: Type) => expression(context, of, depth - 1);
  const condition = () => predicate(predicateContext(context), depth - 1);
  const makers: Maker[] = [
    [2, () => featured('case', op(type, 'CASE WHEN # THEN # ELSE # END', condition(), sub(type), sub(type)))],
    [1, () => featured('case', op(type, 'CASE WHEN # THEN # END', condition(), sub(type)))],
    [1, () => featured('case', simpleCase(context, type, depth))],
    [2, () => featured('expressions', op(type, 'coalesce(#, #)', sub(type), sub(type)))],
    [1, () => featured('expressions', op(type, 'nullif(#, #)', sub(type), sub(type)))],
  ];
  if (type !== 'bool') {
    const which = choice.pick(['greatest', 'least']);
    makers.push([1, () => featured('expressions', op(type, `${which}(#, #)`, sub(type), sub(type)))]);
  }
  if (subquery !== undefined) makers.push([2, () => subquery(type, context.scope)]);
  return makers;
}

function simpleCase(context: ExpressionContext, type: Type, depth: number): Node {
  const { choice } = context;
  const of = choice.pick(['int4', 'text'] as const);
  return op(
    type,
    'CASE # WHEN # THEN # ELSE # END',
    expression(context, of, depth - 1),
    constant(choice, of),
    expression(context, type, depth - 1),
    expression(context, type, depth - 1),
  );
}

export function predicateContext(context: ExpressionContext): Predicate {
  return {
    choice: context.choice,
    scope: context.scope,
    operand: (type, depth) => expression(context, type, depth),
    subquery: context.condition === undefined ? undefined : () => context.condition?.(context.scope),
  };
}

function makersOf(context: ExpressionContext, type: Type, depth: number): readonly Maker[] {
  const sub = (of: Type) => expression(context, of, depth - 1);
  const make = (feature: string, template: string, ...children: readonly Node[]) =>
    featured(feature, op(type, template, ...children));
  switch (type) {
    case 'int4':
      return integers(context, sub, make);
    case 'int8':
      return bigints(context, sub, make);
    case 'numeric':
      return numerics(context, sub, make);
    case 'float8':
      return floats(context, sub, make);
    case 'text':
      return texts(context, sub, make);
    case 'bool':
      return [[12, () => predicate(predicateContext(context), depth)]];
    case 'date':
      return dates(context, sub, make);
    case 'timestamp':
      return timestamps(context, sub, make);
    case 'timestamptz':
      return instants(context, sub, make);
    case 'time':
      return [
        [3, () => make('casts', '#::time', sub('timestamp'))],
        [2, () => make('date functions', "(# + INTERVAL '90 minutes')", sub('time'))],
      ];
    case 'interval':
      return [
        [2, () => make('date functions', '(# - #)', sub('timestamp'), sub('timestamp'))],
        [1, () => make('date functions', '(# - #)', sub('timestamptz'), sub('timestamptz'))],
        [1, () => make('date functions', '(# - #)', sub('time'), sub('time'))],
        [1, () => make('date functions', '(- #)', sub('interval'))],
      ];
    case 'uuid':
    case 'bytea':
    case 'timetz':
    case 'jsonb':
    case 'int4[]':
    case 'text[]':
      return [];
    case 'char(4)':
      return [[3, () => make('casts', '#::char(4)', sub('text'))]];
  }
}

function instants({ choice }: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  const unit = choice.pick(['month', 'week', 'day', 'hour', 'year']);
  const span = choice.pick(['1 day', '1 month', '2 hours']);
  return [
    [3, () => make('date functions', `date_trunc('${unit}', #)`, sub('timestamptz'))],
    [
      2,
      () => make('date functions', `(# ${choice.pick(['+', '-'])} INTERVAL '${span}')`, sub('timestamptz')),
    ],
    [2, () => make('casts', '#::timestamptz', sub('timestamp'))],
    [1, () => make('casts', '#::timestamptz', sub('date'))],
  ];
}

type Sub = (type: Type) => Node;
type Make = (feature: string, template: string, ...children: readonly Node[]) => Node;

function integers({ choice }: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  const field = choice.pick([
    'year',
    'month',
    'day',
    'dow',
    'doy',
    'quarter',
    'hour',
    'minute',
    'isodow',
    'week',
  ]);
  const sign = choice.pick(['+', '-', '*']);
  const divide = choice.pick(['/', '%']);
  return [
    [4, () => make('numbers', `(# ${sign} #)`, sub('int4'), small(choice, 1, 4))],
    [2, () => make('numbers', `(# ${divide} #)`, sub('int4'), small(choice, 2, 5))],
    [1, () => make('numbers', '(# / nullif(#, 0))', sub('int4'), sub('int4'))],
    [1, () => make('numbers', 'mod(#, #)', sub('int4'), small(choice, 2, 4))],
    [1, () => make('numbers', '(- #)', sub('int4'))],
    [1, () => make('numbers', 'abs(#)', sub('int4'))],
    [1, () => make('text functions', 'length(#)', sub('text'))],
    [1, () => make('text functions', 'strpos(#, #)', sub('text'), constant(choice, 'text'))],
    [1, () => make('date functions', `extract(${field} FROM #)::int4`, sub('timestamp'))],
    [1, () => make('date functions', '(# - #)', sub('date'), sub('date'))],
    [1, () => make('casts', '#::int4', sub('bool'))],
    [1, () => make('casts', '(# % 1000)::smallint::int4', sub('int4'))],
    [1, () => make('text functions', "position('a' IN #)", sub('text'))],
    [1, () => make('text functions', 'octet_length(#)', sub('text'))],
    [1, () => make('date functions', `date_part('${field}', #)::int4`, sub('timestamp'))],
    [
      1,
      () =>
        make('numbers', `(# ${choice.pick(['&', '|', '#', '<<'])} 3)`.replace('# # 3', '# & 3'), sub('int4')),
    ],
  ];
}

function bigints({ choice }: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  const sign = choice.pick(['+', '-', '*']);
  return [
    [3, () => make('numbers', `(# ${sign} #)`, sub('int8'), small(choice, 1, 4))],
    [2, () => make('numbers', `(# ${choice.pick(['+', '-'])} #)`, sub('int8'), sub('int4'))],
    [1, () => make('numbers', '(# % #)', sub('int8'), small(choice, 2, 5))],
    [1, () => make('numbers', 'abs(#)', sub('int8'))],
    [2, () => make('casts', '#::int8', sub('int4'))],
  ];
}

/** Products only of stored values and small factors: a DECIMAL has 38 digits. */
function numerics(context: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  const { choice, scope } = context;
  const stored = columnsOf(scope.columns, 'numeric').filter((column) => column.stored);
  const counts = columnsOf(scope.columns, 'int4').filter((column) => column.stored);
  const digits = String(choice.int(0, 3));
  const cut = choice.pick(['ceil', 'floor', 'trunc', 'round', 'abs', 'sign', '-']);
  const field = choice.pick(['epoch', 'second', 'year', 'month', 'hour']);
  return [
    [
      2,
      () => make('numbers', `(# ${choice.pick(['+', '-'])} #)`, sub('numeric'), constant(choice, 'numeric')),
    ],
    ...(stored.length > 0 && counts.length > 0
      ? [[4, () => make('numbers', '(# * #)', choice.pick(stored).node, choice.pick(counts).node)] as const]
      : []),
    ...(stored.length > 0
      ? [[1, () => make('numbers', '(# / #)', choice.pick(stored).node, small(choice, 2, 7))] as const]
      : []),
    [1, () => make('numbers', '(# / nullif(#, 0))', sub('int4'), constant(choice, 'numeric'))],
    [1, () => make('numbers', '(# * 0.5)', sub('int4'))],
    [2, () => make('number functions', `${choice.pick(['round', 'trunc'])}(#, ${digits})`, sub('numeric'))],
    [2, () => make('number functions', `${cut}(#)`, sub('numeric'))],
    [2, () => make('casts', '#::numeric', sub(choice.pick(['int4', 'int8'])))],
    [1, () => make('casts', '#::numeric(20,4)', sub('numeric'))],
    [
      1,
      () =>
        make('date functions', `extract(${field} FROM #)`, sub(choice.pick(['timestamp', 'timestamptz']))),
    ],
    [1, () => make('date functions', 'extract(epoch FROM #)', sub(choice.pick(['interval', 'time'])))],
  ];
}

function floats({ choice }: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  return [
    [
      2,
      () =>
        make('numbers', `(# ${choice.pick(['+', '-', '*'])} #)`, sub('float8'), constant(choice, 'float8')),
    ],
    [1, () => make('numbers', '(# / #)', sub('float8'), small(choice, 2, 7))],
    [1, () => make('numbers', '(- #)', sub('float8'))],
    [2, () => make('number functions', `${choice.pick(['abs', 'floor', 'ceil', 'sign'])}(#)`, sub('float8'))],
    [1, () => make('number functions', 'sqrt(abs(#))', sub('float8'))],
    [3, () => make('casts', '#::float8', sub(choice.pick(['int4', 'int8', 'numeric'])))],
  ];
}

function texts(context: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  const { choice, scope } = context;
  const one = choice.pick(['lower', 'upper', 'initcap', 'trim', 'ltrim', 'rtrim', 'reverse', 'md5']);
  const cut = choice.pick(['left', 'right', 'substr']);
  const pad = choice.pick(['lpad', 'rpad']);
  const format = choice.pick(['YYYY-MM-DD', 'YYYY-MM', 'HH24:MI:SS', 'YYYYMMDD']);
  const shown = scope.columns.filter(
    ({ stored, type }) => type !== 'bytea' && (stored || !INEXACT_TEXT.includes(type)),
  );
  const lit = () => constant(choice, 'text');
  return [
    [4, () => make('text functions', `${one}(#)`, sub('text'))],
    [2, () => make('text functions', `${cut}(#, #)`, sub('text'), small(choice, 1, 3))],
    [
      1,
      () =>
        make(
          'text functions',
          'substring(# FROM # FOR #)',
          sub('text'),
          small(choice, 1, 2),
          small(choice, 0, 3),
        ),
    ],
    [1, () => make('text functions', `${pad}(#, #, #)`, sub('text'), small(choice, 2, 5), lit())],
    [1, () => make('text functions', 'replace(#, #, #)', sub('text'), lit(), lit())],
    [1, () => make('text functions', "split_part(#, ' ', #)", sub('text'), small(choice, 1, 2))],
    [1, () => make('text functions', 'repeat(#, #)', sub('text'), small(choice, 0, 2))],
    [1, () => make('text functions', "translate(#, 'abé', 'xy')", sub('text'))],
    [1, () => make('text functions', 'overlay(# PLACING # FROM #)', sub('text'), lit(), small(choice, 1, 2))],
    [1, () => make('regular expressions', "regexp_replace(#, '[aeiou]+', '_', 'g')", sub('text'))],
    [1, () => make('casts', '#::varchar::text', sub('text'))],
    [3, () => make('text functions', '(# || #)', sub('text'), sub('text'))],
    [
      1,
      () =>
        make('text functions', "concat(#, '-', #)", sub('text'), sub(choice.pick(['text', 'int4', 'int8']))),
    ],
    [1, () => make('text functions', "concat_ws('/', #, #)", sub('text'), sub('text'))],
    [1, () => make('date functions', `to_char(#, '${format}')`, sub('timestamp'))],
    ...(shown.length > 0 ? [[3, () => make('casts', '#::text', choice.pick(shown).node)] as const] : []),
  ];
}

/** Equal values of these types may differ as text: 0 and -0, 1.5 and 1.50, a day and 24 hours. */
const INEXACT_TEXT: readonly Type[] = ['numeric', 'float8', 'interval'];

function dates({ choice }: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  return [
    [3, () => make('date functions', `(# ${choice.pick(['+', '-'])} #)`, sub('date'), small(choice, 1, 30))],
    [3, () => make('casts', '#::date', sub('timestamp'))],
    [1, () => make('casts', '#::date', sub('timestamptz'))],
    [1, () => make('date functions', 'make_date(2024, #, #)', small(choice, 1, 12), small(choice, 1, 28))],
  ];
}

function timestamps({ choice }: ExpressionContext, sub: Sub, make: Make): readonly Maker[] {
  const unit = choice.pick(['month', 'week', 'day', 'quarter', 'year', 'hour']);
  const span = choice.pick(['1 day', '1 month', '2 hours', '1 year 2 days', '90 minutes']);
  return [
    [4, () => make('date functions', `date_trunc('${unit}', #)`, sub('timestamp'))],
    [2, () => make('date functions', `(# ${choice.pick(['+', '-'])} INTERVAL '${span}')`, sub('timestamp'))],
    [1, () => make('date functions', `(# + INTERVAL '${span}')`, sub('date'))],
    [2, () => make('casts', '#::timestamp', sub('date'))],
    [1, () => make('casts', '#::timestamp', sub('timestamptz'))],
    [1, () => make('date functions', "(# AT TIME ZONE 'Europe/Berlin')", sub('timestamptz'))],
    [1, () => make('date functions', '(# + (# - #))', sub('timestamp'), sub('timestamp'), sub('timestamp'))],
  ];
}
