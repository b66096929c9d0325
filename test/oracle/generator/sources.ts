import { TEST_LABELS } from '../../support/dataset.ts';
import { columnsOf, type ExpressionContext, predicateContext } from './expressions.ts';
import { small } from './literals.ts';
import { featured, list, type Node, op, optional } from './node.ts';
import { predicate } from './predicates.ts';
import {
  type Choice,
  NO_SCOPE,
  type OutputColumn,
  RARE_TYPES,
  readColumns,
  type ScopeColumn,
  type Type,
} from './scope.ts';
import { functionSource, lateral } from './set-returning.ts';
import { view } from './views.ts';

/** What stands in FROM. */
export interface Source {
  readonly node: Node;
  readonly columns: readonly ScopeColumn[];
  /** Expressions that together tell all rows apart; undefined: none are known. */
  readonly key: readonly Node[] | undefined;
  /** Is a row of it one of a few? Products of two larger ones grow too large. */
  readonly isSmall: boolean;
  /** A condition that WHERE must hold: a join that is written with a comma. */
  readonly where?: Node | undefined;
  /** Joined by a comma. */
  readonly isList?: boolean;
  /** Of one table. */
  readonly alias?: string;
  /** Columns that USING may name: of one table, not of a join. */
  readonly names?: readonly string[];
  /** A column that USING or NATURAL made of both sides', by its name alone. */
  readonly merged?: string | undefined;
}

export interface SourceContext {
  readonly choice: Choice;
  /** Queries in WITH that may be read here. */
  readonly ctes: readonly { readonly name: string; readonly columns: readonly OutputColumn[] }[];
  /** A subquery in FROM; undefined: not here. */
  readonly derived: (() => { readonly node: Node; readonly columns: readonly OutputColumn[] }) | undefined;
}

interface TableShape {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: Type])[];
  readonly key: string;
  readonly replicated: boolean;
}

const SALES: TableShape = {
  name: 'sales',
  key: 'id',
  replicated: false,
  columns: [
    ['id', 'int8'],
    ['product', 'int4'],
    ['qty', 'int4'],
    ['price', 'numeric'],
    ['discount', 'float8'],
    ['note', 'text'],
    ['sold_at', 'timestamp'],
    ['due', 'date'],
    ['paid', 'bool'],
    ['code', 'text'],
  ],
};
const VISITS: TableShape = {
  name: 'visits',
  key: 'visit',
  replicated: false,
  columns: [
    ['visit', 'int8'],
    ['sale', 'int8'],
    ['kind', 'text'],
    ['at', 'timestamp'],
  ],
};
const PRODUCTS: TableShape = {
  name: 'products',
  key: 'name',
  replicated: true,
  columns: [
    ['product', 'int4'],
    ['name', 'text'],
    ['category', 'text'],
    ['cost', 'numeric'],
  ],
};

const THINGS: TableShape = {
  name: 'things',
  key: 'thing',
  replicated: false,
  columns: [
    ['thing', 'int8'],
    ['seen', 'timestamptz'],
    ['daytime', 'time'],
    ['span', 'interval'],
    ['uid', 'uuid'],
    ['small', 'int4'],
    ['approx', 'float8'],
    ['big', 'numeric'],
    ['raw', 'bytea'],
    ['tags', 'text[]'],
    ['counts', 'int4[]'],
    ['clock', 'timetz'],
    ['doc', 'jsonb'],
  ],
};

const TABLES = { sales: SALES, visits: VISITS, products: PRODUCTS, things: THINGS } as const;

export function table(choice: Choice, of: keyof typeof TABLES): Source {
  const shape = TABLES[of];
  const alias = choice.name(of.slice(0, 1));
  const own = shape.columns.map(([name, type]) => column(alias, name, type, false));
  const labels = shape.replicated
    ? []
    : TEST_LABELS.map(({ name, type }) => column(alias, name, type === 'integer' ? 'int4' : 'text', true));
  return {
    node: featured(
      shape.replicated ? 'replicated table' : 'federated table',
      op('part', `${shape.name}${choice.chance(50) ? ' AS' : ''} ${alias}`),
    ),
    columns: [...own, ...labels],
    key: [op('part', `${alias}.${shape.key}`)],
    isSmall: shape.replicated,
    alias,
    names: shape.columns.some(([name]) => name === 'product') ? ['product'] : [],
  };
}

function column(alias: string, name: string, type: Type, label: boolean): ScopeColumn {
  // No sum of these is exact: float4 has few digits, and products with a numeric(30,10) have many.
  const stored = name !== 'approx' && name !== 'big';
  const read = op(type, `${alias}.${name}`);
  const node = type === 'jsonb' ? op(type, '#::jsonb', { ...read, tag: 'part' }) : read;
  const isRare = RARE_TYPES.some((rare) => rare === type);
  return { node: isRare ? featured(`type ${type}`, node) : node, type, stored, label };
}

function base(choice: Choice): Source {
  return table(choice, choice.pick(['sales', 'sales', 'sales', 'sales', 'visits', 'products', 'things']));
}

function derivedTable({ choice, derived }: SourceContext): Source {
  if (derived === undefined) return base(choice);
  const { node, columns } = derived();
  const alias = choice.name('d');
  return {
    node: featured('subquery in FROM', op('part', `(#) AS ${alias}`, node)),
    columns: readColumns(alias, columns),
    key: undefined,
    isSmall: false,
  };
}

/** The first few rows of each group of a table. */
function topOfGroups(choice: Choice): Source {
  const { node, columns, key } = base(choice);
  const alias = choice.name('d');
  const fn = choice.pick(['row_number', 'row_number', 'rank', 'dense_rank']);
  const shown = choice.times(1, 3, () => choice.pick(columns));
  const order = [
    op('part', `#${choice.pick(['', ' DESC', ' NULLS FIRST'])}`, choice.pick(columns).node),
    ...(key ?? []),
  ];
  const inside = op(
    'part',
    `(SELECT #, ${fn}() OVER (PARTITION BY # ORDER BY #) AS place FROM #) AS ${alias}`,
    list(
      shown.map((item, i) => op('part', `# AS c${i}`, item.node)),
      ', ',
      shown.length,
    ),
    choice.pick(columns).node,
    list(order, ', ', order.length),
    node,
  );
  const place = column(alias, 'place', 'int8', false);
  const sign = choice.pick(['<=', '<=', '<', '=']);
  return {
    node: featured('top of groups', inside),
    columns: [
      place,
      ...shown.map((item, i) => ({ ...column(alias, `c${i}`, item.type, item.label), stored: item.stored })),
    ],
    key: undefined,
    isSmall: false,
    where: op('bool', `# ${sign} #`, place.node, small(choice, 1, 3)),
  };
}

function commonTable({ choice, ctes }: SourceContext): Source {
  if (ctes.length === 0) return base(choice);
  const { name, columns } = choice.pick(ctes);
  const alias = choice.name('w');
  return {
    node: featured('cte', op('part', `${name} AS ${alias}`)),
    columns: readColumns(alias, columns),
    key: undefined,
    isSmall: false,
  };
}

function values({ choice }: SourceContext): Source {
  const alias = choice.name('v');
  const row = (i: number) => op('part', `(${choice.int(0, 5)}, '${choice.pick(['a', 'b', 'web'])}', ${i})`);
  const rows = list(choice.times(1, 3, row), ', ');
  const columns: readonly ScopeColumn[] = [
    column(alias, 'n', 'int4', false),
    column(alias, 'w', 'text', false),
    column(alias, 'i', 'int4', false),
  ];
  return {
    node: featured('values', op('part', `(VALUES #) AS ${alias}(n, w, i)`, rows)),
    columns,
    key: [op('part', `${alias}.i`)],
    isSmall: true,
  };
}

/** One relation, or a few joined. */
export function source(context: SourceContext): Source {
  const { choice } = context;
  const first = choice.weighted<Source>([
    [10, () => base(choice)],
    [3, () => derivedTable(context)],
    [1, () => functionSource(choice)],
    [1, () => view(choice)],
    [1, () => topOfGroups(choice)],
    [context.ctes.length > 0 ? 12 : 1, () => commonTable(context)],
  ]);
  if (choice.chance(9)) return lateral(choice, first, lateralTable);
  if (!choice.chance(30)) return first;
  const joined = join(context, first);
  // After a comma, ON doesn't see what is before it.
  const whole = joined.isList !== true && choice.chance(20) ? join(context, joined) : joined;
  if (whole.merged === undefined) return whole;
  const merged = { node: op('int4', whole.merged), type: 'int4', stored: true, label: false } as const;
  return { ...whole, columns: [...whole.columns, merged, merged] };
}

/** What a LATERAL side reads. */
function lateralTable(choice: Choice): Source {
  return table(choice, choice.pick(['products', 'sales', 'sales', 'visits']));
}

function join(context: SourceContext, left: Source): Source {
  const { choice } = context;
  const alone = choice.weighted<Source>([
    [8, () => table(choice, 'products')],
    [3, () => values(context)],
    [2, () => functionSource(choice)],
    [left.isSmall ? 8 : 4, () => table(choice, choice.pick(['sales', 'sales', 'visits', 'things']))],
    [2, () => derivedTable(context)],
    [1, () => view(choice)],
    [context.ctes.length > 0 ? 8 : 1, () => commonTable(context)],
  ]);
  const right = choice.chance(7) ? inParentheses(join(context, alone), alone) : alone;
  const on = condition(choice, left, right);
  const both = {
    columns: [...left.columns, ...right.columns],
    key: left.key === undefined || right.key === undefined ? undefined : [...left.key, ...right.key],
    isSmall: left.isSmall && right.isSmall,
    where: left.where,
  };
  const feature = right.isSmall ? 'join copies' : 'join federated';
  if (on === undefined) return crossJoin(context, left, right, both);
  if (choice.chance(15)) return commaJoin(left, right, on, both);
  const using = choice.chance(20) ? sharedColumn(left, right) : undefined;
  // PostgreSQL refuses a full join on anything but equalities that it can merge or hash.
  const full = on.feature === BY_INEQUALITY ? 'LEFT JOIN' : 'FULL JOIN';
  const word = choice.pick(['JOIN', 'JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', full]);
  const more = word !== 'FULL JOIN' && choice.chance(30) ? extraCondition(choice, both.columns) : undefined;
  const node =
    using === undefined
      ? op('part', `# ${word} # ON ##`, left.node, right.node, on, optional(' AND #', more))
      : op('part', usingJoin(choice, word, using, right), left.node, right.node);
  return { ...both, merged: using, node: featured(word === 'JOIN' ? feature : `${feature}, outer`, node) };
}

/** A join that stands on one side of another. */
function inParentheses({ isList, where, merged: _, ...joined }: Source, alone: Source): Source {
  if (isList === true || where !== undefined || joined.node === alone.node) return alone;
  return { ...joined, node: featured('join in parentheses', op('part', '(#)', joined.node)) };
}

/** Copies have no labels, so that the product is all that they share with sales. */
function usingJoin(choice: Choice, word: string, using: string, right: Source): string {
  return right.isSmall && choice.chance(40) ? `# NATURAL ${word} #` : `# ${word} # USING (${using})`;
}

/** The condition stands in WHERE. */
function commaJoin(left: Source, right: Source, on: Node, both: Omit<Source, 'node'>): Source {
  const where = left.where === undefined ? on : op('bool', '# AND #', left.where, on);
  return {
    ...both,
    isList: true,
    where,
    node: featured('comma join', op('part', '#, #', left.node, right.node)),
  };
}

/** For USING: the tables of a first join have it once each. */
function sharedColumn(left: Source, right: Source): string | undefined {
  return left.names?.find((name) => right.names?.includes(name) === true);
}

function crossJoin(context: SourceContext, left: Source, right: Source, both: Omit<Source, 'node'>): Source {
  if (!left.isSmall && !right.isSmall) return left;
  const isList = context.choice.chance(50);
  const node = op('part', isList ? '#, #' : '# CROSS JOIN #', left.node, right.node);
  return { ...both, isList, node: featured('cross join', node) };
}

const BY_INEQUALITY = 'join by inequality';

/** A few rows may also meet others by an inequality. */
function condition(choice: Choice, left: Source, right: Source): Node | undefined {
  const on = equality(choice, left, right);
  if (on === undefined || !right.isSmall || !choice.chance(6)) return on;
  const [a, b] = [columnsOf(left.columns, 'int4'), columnsOf(right.columns, 'int4')];
  if (a.length === 0 || b.length === 0) return on;
  const sign = choice.pick(['<', '<>', '>=']);
  return featured(BY_INEQUALITY, op('bool', `# ${sign} #`, choice.pick(a).node, choice.pick(b).node));
}

/** `a = b` between the sides: large sides meet on a column that tells the rows of one apart. */
function equality(choice: Choice, left: Source, right: Source): Node | undefined {
  const bothLarge = !left.isSmall && !right.isSmall;
  const types: readonly Type[] = bothLarge ? ['int8'] : ['int4', 'text', 'int8'];
  const pairs = types.flatMap((type) => {
    const a = columnsOf(left.columns, type);
    const b = columnsOf(right.columns, type);
    return a.length === 0 || b.length === 0 ? [] : [[choice.pick(a).node, choice.pick(b).node] as const];
  });
  if (pairs.length === 0) return undefined;
  const [a, b] = choice.pick(pairs);
  const first = op('bool', '# = #', a, b);
  const labels = (side: Source) => side.columns.filter(({ label, type }) => label && type === 'int4');
  const [l] = labels(left);
  const [r] = labels(right);
  if (l === undefined || r === undefined || !choice.chance(40)) return first;
  return featured('join on labels', op('bool', '# = # AND #', l.node, r.node, first));
}

function extraCondition(choice: Choice, columns: readonly ScopeColumn[]): Node {
  const context: ExpressionContext = { choice, scope: { ...NO_SCOPE, columns } };
  return predicate(
    {
      ...predicateContext(context),
      operand: (type) => {
        const own = columnsOf(columns, type);
        return own.length > 0 ? choice.pick(own).node : op(type, `NULL::${type}`);
      },
    },
    0,
  );
}
