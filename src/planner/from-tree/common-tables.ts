import type { TreeNode } from '../../analysis/tree.ts';
import { refuse } from '../../base/errors.ts';
import type { Plan } from '../../plan/logical.ts';
import { outerColumns } from '../../plan/walk.ts';
import { sqlType } from '../../types/sql-type.ts';
import { isVolatilePlan } from '../exprs.ts';
import {
  type CommonTable,
  type Conversion,
  type ConvertedQuery,
  newColumn,
  openNode,
  type Scope,
} from './conversion.ts';

/** CTEMaterialize of parsenodes.h. */
const MATERIALIZE = { byDefault: 0, always: 1, never: 2 } as const;

interface Item {
  readonly name: string;
  readonly query: TreeNode;
  readonly recursive: boolean;
  readonly types: readonly number[];
  readonly materialize: number;
  readonly references: number;
}

/** The WITH items of a query, and what puts those that are computed once around its plan. */
export interface CommonTables {
  readonly tables: ReadonlyMap<string, CommonTable>;
  readonly wrap: (body: Plan) => Plan;
}

/**
 * As PostgreSQL does: an item that is used once, or says NOT MATERIALIZED, and isn't volatile is inlined; one that nothing uses
 * isn't run; any other is computed once.
 * @param scope of the query that has the WITH, in which an item sees the items before it.
 */
export function convertCommonTables(
  conversion: Conversion,
  nodes: readonly TreeNode[],
  scope: (tables: ReadonlyMap<string, CommonTable>) => Scope,
): CommonTables {
  const tables = new Map<string, CommonTable>();
  const definitions: { readonly name: string; readonly definition: Plan }[] = [];
  for (const item of nodes.map(readItem)) {
    if (item.references === 0) continue;
    const convert = () =>
      item.recursive
        ? convertRecursive(conversion, item, tables, scope)
        : conversion.query(item.query, scope(tables));
    const converted = convert();
    if (isInlined(item, converted)) {
      tables.set(item.name, { reference: firstThen(converted, convert) });
    } else {
      const name = `w${conversion.newId()}`;
      definitions.push({ name, definition: converted.plan });
      tables.set(item.name, { reference: () => refer(conversion, name, converted) });
    }
  }
  return {
    tables,
    wrap: (body) =>
      definitions.reduceRight<Plan>(
        (inner, definition) => ({ kind: 'with', ...definition, body: inner }),
        body,
      ),
  };
}

/** PostgreSQL takes only a UNION of two queries, of which the second may read the rows, once. */
function convertRecursive(
  conversion: Conversion,
  item: Item,
  tables: ReadonlyMap<string, CommonTable>,
  scope: (tables: ReadonlyMap<string, CommonTable>) => Scope,
): ConvertedQuery {
  const name = `w${conversion.newId()}`;
  const columns = item.types.map((oid, index) => newColumn(conversion, `column${index + 1}`, sqlType(oid)));
  const itself: CommonTable = {
    reference: () =>
      refer(conversion, name, { plan: { kind: 'values', columns, rows: [] }, outputs: columns }),
  };
  const { plan } = conversion.query(item.query, scope(new Map([...tables, [item.name, itself]])));
  const union = plan.kind === 'project' ? plan.input : plan;
  if (union.kind !== 'set-operation' || union.op !== 'union')
    throw refuse('a recursive WITH query of this form');
  const [base, step] = union.inputs;
  const recursive: Plan = { kind: 'recursive', name, all: union.all, base, step, columns };
  if (outerColumns(recursive).size > 0) throw refuse('a recursive WITH query that refers to an outer query');
  return { plan: recursive, outputs: columns };
}

function readItem(entry: TreeNode): Item {
  const node = openNode(entry, 'COMMONTABLEEXPR');
  // Names and types follow from the query.
  node.ignore('aliascolnames', 'ctecoltypmods', 'ctecolcollations', 'ctecolnames', 'location');
  node.absent('search_clause', 'SEARCH').absent('cycle_clause', 'CYCLE');
  const item = {
    name: node.token('ctename'),
    query: node.node('ctequery'),
    recursive: node.bool('cterecursive'),
    types: node.ints('ctecoltypes'),
    materialize: node.int('ctematerialized'),
    references: node.int('cterefcount'),
  };
  node.done();
  return item;
}

function isInlined(item: Item, converted: ConvertedQuery): boolean {
  if (item.materialize === MATERIALIZE.always || isVolatilePlan(converted.plan)) return false;
  return item.references === 1 || item.materialize === MATERIALIZE.never;
}

/** Each reference gets a conversion of its own, with column ids of its own. */
function firstThen(first: ConvertedQuery, again: () => ConvertedQuery): () => ConvertedQuery {
  let unused: ConvertedQuery | undefined = first;
  return () => {
    const query = unused ?? again();
    unused = undefined;
    return query;
  };
}

function refer(conversion: Conversion, name: string, { outputs }: ConvertedQuery): ConvertedQuery {
  const columns = outputs.map((column) => newColumn(conversion, column.name, column.type));
  return {
    plan: { kind: 'cte-ref', name, columns, of: outputs.map((column) => column.id) },
    outputs: columns,
  };
}
