import { columnsOf, type ExpressionContext, predicateContext } from './expressions.ts';
import { small } from './literals.ts';
import { featured, list, type Node, op, optional } from './node.ts';
import { predicate } from './predicates.ts';
import { type Choice, NO_SCOPE, type ScopeColumn, type Type } from './scope.ts';
import type { Source } from './sources.ts';

const column = (alias: string, name: string, type: Type): ScopeColumn => ({
  node: op(type, `${alias}.${name}`),
  type,
  stored: true,
  label: false,
});

/** A function in FROM. */
export function functionSource(choice: Choice): Source {
  const alias = choice.name('f');
  const call = choice.weighted<readonly [Node, Type]>([
    [3, () => [op('part', 'generate_series(#, #)', small(choice, 0, 2), small(choice, 1, 6)), 'int4']],
    [1, () => [op('part', 'generate_series(#, 0, -2)', small(choice, 0, 7)), 'int4']],
    [1, () => [op('part', "generate_series(TIMESTAMP '2024-01-01', '2024-03-01', '10 days')"), 'timestamp']],
    [2, () => [op('part', `unnest(ARRAY[${choice.pick(["'a', 'b', NULL", "'web', 'EU'"])}])`), 'text']],
    [2, () => [op('part', 'unnest(ARRAY[#, #, NULL])', small(choice, 0, 5), small(choice, 0, 5)), 'int4']],
  ]);
  return namedFunction(choice, alias, call[0], call[1]);
}

/** Its rows are told apart by their number. */
function namedFunction(choice: Choice, alias: string, call: Node, type: Type): Source {
  const value = column(alias, 'x', type);
  const isNumbered = choice.chance(60);
  if (!isNumbered) {
    const node = featured('set-returning function', op('part', `# AS ${alias}(x)`, call));
    return { node, columns: [value], key: undefined, isSmall: true };
  }
  const number = column(alias, 'o', 'int8');
  const node = featured('with ordinality', op('part', `# WITH ORDINALITY AS ${alias}(x, o)`, call));
  return { node, columns: [value, number], key: [number.node], isSmall: true };
}

/** `left` and, for each of its rows, what the right side makes of it. */
export function lateral(choice: Choice, left: Source, tables: (choice: Choice) => Source): Source {
  const alias = choice.name('l');
  const right = rightSide(choice, left, alias, tables);
  if (right === undefined) return left;
  const outer = choice.chance(40);
  const condition = outer && choice.chance(30) ? ownCondition(choice, right.columns) : op('bool', 'true');
  const template = outer
    ? '# LEFT JOIN LATERAL # ON #'
    : choice.pick(['# CROSS JOIN LATERAL #', '# JOIN LATERAL # ON true']);
  const parts = outer ? [left.node, right.node, condition] : [left.node, right.node];
  const node = op('part', template, ...parts);
  const key = left.key === undefined || right.key === undefined ? undefined : [...left.key, ...right.key];
  return {
    node: featured('lateral', node),
    columns: [...left.columns, ...right.columns],
    key,
    isSmall: left.isSmall,
    where: left.where,
  };
}

function ownCondition(choice: Choice, columns: readonly ScopeColumn[]): Node {
  const context: ExpressionContext = { choice, scope: { ...NO_SCOPE, columns } };
  return predicate(predicateContext(context), 0);
}

function rightSide(
  choice: Choice,
  left: Source,
  alias: string,
  tables: (choice: Choice) => Source,
): Source | undefined {
  const rows = rowsOfValue(choice, left.columns);
  if (rows === undefined) return undefined;
  const ofFunction = () => namedFunction(choice, alias, ...rows);
  const numbers = columnsOf(left.columns, 'int4');
  if (numbers.length === 0) return ofFunction();
  const tie = choice.pick(numbers).node;
  return choice.weighted<() => Source>([
    [3, () => ofFunction],
    [1, () => () => sideBySide(choice, alias, rows)],
    [4, () => () => firstRows(choice, tie, alias, tables(choice))],
    [3, () => () => totals(choice, tie, alias, tables(choice))],
  ])();
}

/** Calls that make rows of one value, by its type. */
const ROWS_OF: Readonly<Partial<Record<Type, readonly (readonly [template: string, of: Type])[]>>> = {
  int4: [
    ['generate_series(1, # % 4)', 'int4'],
    ['generate_series(#, 3, 2)', 'int4'],
  ],
  timestamp: [["generate_series(#, # + INTERVAL '30 hours', '1 day')", 'timestamp']],
  text: [
    ["string_to_table(#, ' ')", 'text'],
    ["regexp_split_to_table(#, ' +')", 'text'],
  ],
  'text[]': [['unnest(#)', 'text']],
  'int4[]': [['unnest(#)', 'int4']],
  jsonb: [
    ["jsonb_array_elements_text(CASE WHEN jsonb_typeof(#) = 'array' THEN # END)", 'text'],
    ["jsonb_array_elements(CASE WHEN jsonb_typeof(#) = 'array' THEN # END)", 'jsonb'],
    ["jsonb_object_keys(CASE WHEN jsonb_typeof(#) = 'object' THEN # END)", 'text'],
  ],
};

/** One value of a row becomes several, or none; undefined: there is no value for it. */
export function rowsOfValue(
  choice: Choice,
  columns: readonly ScopeColumn[],
): readonly [call: Node, type: Type] | undefined {
  const types = [...new Set(columns.map(({ type }) => type))].filter((type) => ROWS_OF[type] !== undefined);
  if (types.length === 0) return undefined;
  const type = choice.pick(types);
  if (type === 'int4' && choice.chance(40)) return [columnsAsRows(choice, columnsOf(columns, type)), type];
  const [template, of] = choice.pick(ROWS_OF[type] ?? []);
  const { node } = choice.pick(columnsOf(columns, type));
  const values = template
    .split('#')
    .slice(1)
    .map(() => node);
  return [op('part', template, ...values), of];
}

function columnsAsRows(choice: Choice, numbers: readonly ScopeColumn[]): Node {
  const elements = choice.times(1, 3, () => choice.pick(numbers).node);
  return op('part', 'unnest(ARRAY[#])', list(elements, ', '));
}

/** Rows of two calls, the shorter filled up with NULL. */
function sideBySide(choice: Choice, alias: string, [call, type]: readonly [Node, Type]): Source {
  const isNumbered = choice.chance(60);
  const node = op(
    'part',
    `ROWS FROM (#, generate_series(#, 3))${isNumbered ? ' WITH ORDINALITY' : ''} AS ${alias}(x, y${isNumbered ? ', o' : ''})`,
    call,
    small(choice, 0, 4),
  );
  const number = isNumbered ? [column(alias, 'o', 'int8')] : [];
  return {
    node: featured('rows from', node),
    columns: [column(alias, 'x', type), column(alias, 'y', 'int4'), ...number],
    key: isNumbered ? number.map((o) => o.node) : undefined,
    isSmall: true,
  };
}

/** The rows of a table that belong to the row, or the first of them. */
function firstRows(choice: Choice, tie: Node, alias: string, from: Source): Source {
  const where = tied(choice, tie, from);
  const shown = choice.pick(from.columns);
  const limit = choice.chance(70) ? op('part', ' LIMIT #', small(choice, 0, 3)) : undefined;
  const [key] = from.key ?? [];
  const order = key === undefined ? op('part', '1') : op('part', '#, 1', key);
  const node = op(
    'part',
    `(SELECT # AS x FROM ## ORDER BY ##) AS ${alias}`,
    shown.node,
    from.node,
    where,
    order,
    optional('#', limit),
  );
  return { node, columns: [column(alias, 'x', shown.type)], key: undefined, isSmall: true };
}

function totals(choice: Choice, tie: Node, alias: string, from: Source): Source {
  const ints = columnsOf(from.columns, 'int4');
  const [int] = ints;
  const sum = int === undefined ? op('int8', 'count(*)') : op('int8', 'sum(#)', choice.pick(ints).node);
  const where = tied(choice, tie, from);
  const having = choice.chance(20) ? op('part', ' HAVING count(*) > #', small(choice, 0, 3)) : undefined;
  const node = op(
    'part',
    `(SELECT count(*) AS x, # AS y FROM ###) AS ${alias}`,
    sum,
    from.node,
    where,
    optional('#', having),
  );
  const columns = [column(alias, 'x', 'int8'), column(alias, 'y', 'int8')];
  return { node, columns, key: [], isSmall: true };
}

function tied(choice: Choice, tie: Node, from: Source): Node {
  const own = choice.pick(columnsOf(from.columns, 'int4')).node;
  const sign = choice.pick(['=', '=', '=', '<', '<>']);
  const more = choice.chance(30) ? ownCondition(choice, from.columns) : undefined;
  return op('part', ` WHERE # ${sign} ##`, own, tie, optional(' AND #', more));
}
