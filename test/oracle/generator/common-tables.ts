import { small } from './literals.ts';
import { featured, list, type Node, op } from './node.ts';
import { recursiveTable } from './recursion.ts';
import { type Choice, type OutputColumn, TYPES } from './scope.ts';
import { type Query, type QueryContext, select } from './select.ts';
import { rowsOf, union } from './set-operations.ts';

/** What WITH defines, besides what could be read already. */
interface CommonTables {
  readonly ctes: QueryContext['ctes'];
  readonly definitions: readonly Node[];
  readonly isRecursive: boolean;
}

type Defined = Query & { readonly name: string };

/** WITH of a statement: often nothing. */
export function commonTables(context: QueryContext): CommonTables {
  const { choice } = context;
  const isRecursive = choice.chance(5);
  const start: CommonTables = { ctes: context.ctes, definitions: [], isRecursive };
  const first = isRecursive ? defined(start, recursiveTable(choice)) : start;
  const shadowed = !isRecursive && choice.chance(3) ? { ...first, definitions: [shadow(choice)] } : first;
  return choice.chance(18) ? several(context, shadowed) : shadowed;
}

/** WITH of a query in another: its names may be those of outer ones. */
export function ownTables(context: QueryContext): CommonTables {
  const isRecursive = context.choice.chance(6);
  const start: CommonTables = { ctes: context.ctes, definitions: [], isRecursive };
  return several(context, isRecursive ? defined(start, recursiveTable(context.choice)) : start);
}

function several(context: QueryContext, start: CommonTables): CommonTables {
  const { choice } = context;
  let tables = start;
  for (let i = choice.int(1, 2); i > 0; i -= 1) {
    // Under RECURSIVE a query that reads its own name would read itself.
    const outer = start.isRecursive ? [] : context.ctes.filter((known) => tables.ctes.includes(known));
    const name = outer.length > 0 && choice.chance(40) ? choice.pick(outer).name : choice.name('cte');
    tables = defined(tables, commonTable({ ...context, ctes: tables.ctes }, name));
  }
  return tables;
}

function defined(tables: CommonTables, { name, columns, node }: Defined): CommonTables {
  const others = tables.ctes.filter((known) => known.name !== name);
  return { ...tables, ctes: [...others, { name, columns }], definitions: [...tables.definitions, node] };
}

/** A table's own rows, or some of them, by the name of the table. */
function shadow(choice: Choice): Node {
  const [name, column] = choice.pick([
    ['sales', 'qty'],
    ['products', 'product'],
    ['visits', 'visit'],
  ] as const);
  const node = op('part', `${name} AS (SELECT * FROM ${name} WHERE ${column} > #)`, small(choice, 0, 2));
  return featured("cte of a table's name", node);
}

function commonTable(context: QueryContext, name: string): Defined {
  const { choice } = context;
  if (choice.chance(6)) return constantTable(choice, name);
  const inside = { ...context, depth: Math.max(0, context.depth - 1), isTop: false };
  const { node, columns } = choice.chance(15) ? union(inside) : select(inside);
  const how = choice.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED ']);
  return { name, columns, node: featured('cte', op('part', `${name} AS ${how}(#)`, node)) };
}

function constantTable(choice: Choice, name: string): Defined {
  const columns = choice
    .times(1, 3, () => choice.pick(TYPES))
    .map((type, i): OutputColumn => ({ name: `k${i}`, type, stored: false }));
  const rows = rowsOf(
    choice,
    columns.map(({ type }) => type),
  );
  const names = columns.map((column) => column.name).join(', ');
  return { name, columns, node: featured('values', op('part', `${name}(${names}) AS (#)`, rows)) };
}

/** A query after the WITH that defines what it reads. */
export function withTables({ definitions, isRecursive }: CommonTables, query: Node): Node {
  if (definitions.length === 0) return query;
  return {
    tag: 'query',
    children: [list(definitions, ', ', 0), query],
    render: ([withs, sql]) =>
      withs === '' ? (sql ?? '') : `WITH ${isRecursive ? 'RECURSIVE ' : ''}${withs} ${sql}`,
  };
}
