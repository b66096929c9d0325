import { constant } from './literals.ts';
import { nestedTest } from './nested-values.ts';
import { featured, list, type Node, op } from './node.ts';
import { type Choice, RARE_TYPES, type Scope, TYPES, type Type } from './scope.ts';

export interface Predicate {
  readonly choice: Choice;
  readonly scope: Scope;
  readonly operand: (type: Type, depth: number) => Node;
  /** Makes a condition with a subquery. */
  readonly subquery: (() => Node | undefined) | undefined;
}

type Maker = readonly [weight: number, make: () => Node];

const COMPARABLE: readonly Type[] = [...TYPES, ...RARE_TYPES].filter((type) => type !== 'bool');
const PATTERNS = ['%a%', 'a%', '%', '_', '%\\%%', 'É%', '_b%', '%o_', 'B%', ''] as const;

/** A condition: one test, or several under AND, OR and NOT. */
export function predicate(context: Predicate, depth: number): Node {
  const { choice } = context;
  const makers: Maker[] = [
    [8, () => comparison(context, depth)],
    [3, () => membership(context, depth)],
    [3, () => nullTest(context, depth)],
    [2, () => between(context, depth)],
    [2, () => like(context, depth)],
    [1, () => rowComparison(context, depth)],
    [1, () => mixedComparison(context, depth)],
    [1, () => nestedTest(choice, (type) => context.operand(type, depth - 1))],
    ...(hasLabels(context.scope) ? [[8, () => labelTest(context)] as const] : []),
    ...(context.scope.columns.some(({ type }) => type === 'bool')
      ? [[2, () => booleanTest(context)] as const]
      : []),
  ];
  if (depth > 0) {
    const inner = () => predicate(context, depth - 1);
    makers.push(
      [3, () => featured('boolean', op('bool', '(# AND #)', inner(), inner()))],
      [3, () => featured('boolean', op('bool', '(# OR #)', inner(), inner()))],
      [2, () => featured('boolean', op('bool', '(NOT #)', inner()))],
    );
    const { subquery } = context;
    if (subquery !== undefined && choice.chance(80)) {
      makers.push([6, () => subquery() ?? comparison(context, depth)]);
    }
  }
  return choice.weighted(makers);
}

function comparison({ choice, operand, scope }: Predicate, depth: number): Node {
  const here = scope.columns.map(({ type }) => type).filter((type) => COMPARABLE.includes(type));
  const type = choice.pick(here.length > 0 && choice.chance(85) ? here : COMPARABLE);
  const sign = choice.pick([
    '=',
    '<>',
    '<',
    '<=',
    '>',
    '>=',
    '<',
    '>',
    'IS DISTINCT FROM',
    'IS NOT DISTINCT FROM',
  ]);
  const left = operand(type, depth - 1);
  const right = choice.chance(65) ? constant(choice, type, 'bare') : operand(type, depth - 1);
  return featured('filters', op('bool', `(# ${sign} #)`, left, right));
}

/** Types that are compared with each other without a cast. */
const MIXED: readonly (readonly [Type, Type])[] = [
  ['int4', 'int8'],
  ['int4', 'numeric'],
  ['int8', 'numeric'],
  ['int4', 'float8'],
  ['numeric', 'float8'],
  ['date', 'timestamp'],
  ['date', 'timestamptz'],
  ['timestamp', 'timestamptz'],
  ['char(4)', 'text'],
];

function mixedComparison({ choice, operand }: Predicate, depth: number): Node {
  const [a, b] = choice.pick(MIXED);
  const [left, right] = choice.chance(50) ? [a, b] : [b, a];
  const sign = choice.pick(['=', '<>', '<', '>=', 'IS DISTINCT FROM']);
  const test = op('bool', `(# ${sign} #)`, operand(left, depth - 1), operand(right, depth - 1));
  return featured('mixed comparison', test);
}

function membership({ choice, operand }: Predicate, depth: number): Node {
  const type = choice.pick(['int4', 'text', 'int8', 'date'] as const);
  const left = operand(type, depth - 1);
  const values = list(
    choice.times(1, 4, () => constant(choice, type)),
    ', ',
  );
  const sign = choice.pick(['# IN (#)', '# NOT IN (#)', '# = ANY (ARRAY[#])', '# <> ALL (ARRAY[#])']);
  return featured('filters', op('bool', `(${sign})`, left, values));
}

function nullTest({ choice, operand, scope }: Predicate, depth: number): Node {
  const type = choice.pick(scope.columns.length > 0 ? scope.columns.map((c) => c.type) : COMPARABLE);
  return featured('filters', op('bool', `(# IS ${choice.pick(['', 'NOT '])}NULL)`, operand(type, depth - 1)));
}

function between({ choice, operand }: Predicate, depth: number): Node {
  const type = choice.pick(['int4', 'numeric', 'date', 'timestamp', 'int8'] as const);
  const word = choice.pick(['BETWEEN', 'NOT BETWEEN', 'BETWEEN SYMMETRIC']);
  const bounds = [constant(choice, type, 'bare'), constant(choice, type, 'bare')];
  return featured('filters', op('bool', `(# ${word} # AND #)`, operand(type, depth - 1), ...bounds));
}

/** Rows are compared from left to right, and may be neither less, equal nor greater. */
function rowComparison({ choice, operand }: Predicate, depth: number): Node {
  const types = choice.times(2, 3, () => choice.pick(['int4', 'text', 'int8', 'date'] as const));
  const row = (make: (type: Type) => Node) => list(types.map(make), ', ', types.length);
  const left = row((type) => operand(type, depth - 1));
  const given = () => row((type) => constant(choice, type));
  const sign = choice.pick(['=', '<>', '<', '<=', '>', '>=', 'IN', 'NOT IN', 'distinct', 'null']);
  const made =
    sign === 'IN' || sign === 'NOT IN'
      ? op('bool', `((#) ${sign} ((#), (#)))`, left, given(), given())
      : sign === 'distinct'
        ? op('bool', '(ROW(#) IS DISTINCT FROM ROW(#))', left, given())
        : sign === 'null'
          ? op('bool', `(ROW(#) IS ${choice.pick(['', 'NOT '])}NULL)`, left)
          : op(
              'bool',
              `((#) ${sign} (#))`,
              left,
              choice.chance(50) ? given() : row((type) => operand(type, 0)),
            );
  return featured('row comparison', made);
}

const EXPRESSIONS = ['^[a-z]+$', 'b|É', '[0-9]', '^.{1,3}$', ' ', '(ab)+'] as const;

function like({ choice, operand }: Predicate, depth: number): Node {
  if (choice.chance(25)) {
    const sign = choice.pick(['~', '!~', '~*']);
    const test = op('bool', `(# ${sign} '${choice.pick(EXPRESSIONS)}')`, operand('text', depth - 1));
    return featured('regular expressions', test);
  }
  const word = choice.pick(['LIKE', 'NOT LIKE', 'ILIKE', 'LIKE']);
  const pattern = choice.pick(PATTERNS);
  return featured('like', op('bool', `(# ${word} '${pattern}')`, operand('text', depth - 1)));
}

function booleanTest({ choice, operand }: Predicate): Node {
  const word = choice.pick(['IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS UNKNOWN', 'IS NOT UNKNOWN']);
  return featured('boolean', op('bool', choice.chance(40) ? '#' : `(# ${word})`, operand('bool', 0)));
}

function hasLabels(scope: Scope): boolean {
  return scope.columns.some(({ label }) => label);
}

const TEXT_LABEL_VALUES = ['EU', 'NorthAmerica', 'FR', 'DE', 'US', 'Paris', 'New York', 'nowhere'] as const;

/** What prunes agents: the ways in which people say which stores they mean. */
function labelTest({ choice, scope }: Predicate): Node {
  const { node, type } = choice.pick(scope.columns.filter(({ label }) => label));
  const value = () => labelValue(choice, type);
  const values = () => list(choice.times(1, 3, value), ', ');
  const sign = choice.pick(['=', '=', '=', '<>', '<', '>=']);
  const test = choice.weighted<Node>([
    [6, () => op('bool', `(# ${sign} #)`, node, value())],
    [3, () => op('bool', `(# ${choice.pick(['IN', 'NOT IN'])} (#))`, node, values())],
    [1, () => op('bool', '(# = ANY (ARRAY[#]))', node, values())],
    [1, () => op('bool', `(# IS ${choice.pick(['', 'NOT '])}NULL)`, node)],
    [1, () => op('bool', '(# BETWEEN # AND #)', node, value(), value())],
    [1, () => op('bool', '(coalesce(#, #) = #)', node, value(), value())],
    [
      2,
      () =>
        type === 'text'
          ? op(
              'bool',
              `(${choice.pick(['lower', 'upper'])}(#) LIKE '${choice.pick(['e%', '%R%', 'N%', '%'])}')`,
              node,
            )
          : op('bool', '(# % 2 = #)', node, value()),
    ],
  ]);
  return featured('labels', test);
}

function labelValue(choice: Choice, type: Type): Node {
  if (type !== 'text') return constant(choice, 'int4');
  const value = choice.pick(TEXT_LABEL_VALUES);
  return {
    tag: 'text',
    children: [],
    render: () => `'${value}'`,
    literal: { type: 'text', value, parameter: 'cast' },
  };
}
