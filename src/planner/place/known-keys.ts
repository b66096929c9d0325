import { outputColumns } from '../../plan/columns.ts';
import type { ColumnExpr, ColumnId } from '../../plan/expr.ts';
import type { JoinPlan, Plan } from '../../plan/logical.ts';
import { expressionsOf } from '../../plan/walk.ts';
import { conjunctsOf, equatedColumns, hasSubquery, isVolatile } from '../exprs.ts';

/** A relation of the proxy's, and the column of it whose values are looked for. */
export interface KnownKeys {
  readonly relation: Plan;
  readonly column: ColumnExpr;
}

/**
 * Relations that are on the proxy anyway, because the plan's agents are sent them, and among whose values are all that the
 * column has in the plan's rows, but NULL: the plan joins its rows to them by that column, or by one that it equates with it.
 */
export function knownKeys(plan: Plan, column: ColumnExpr): readonly KnownKeys[] {
  if (plan.kind === 'broadcast') return isRepeatable(plan.input) ? [{ relation: plan.input, column }] : [];
  switch (plan.kind) {
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
      return definesColumn(plan.input, column.id) ? knownKeys(plan.input, column) : [];
    case 'project':
    case 'aggregate': {
      const items = plan.kind === 'project' ? plan.items : plan.groups;
      const expr = items.find((item) => item.column.id === column.id)?.expr;
      return expr?.kind === 'column' && definesColumn(plan.input, expr.id) ? knownKeys(plan.input, expr) : [];
    }
    case 'join':
      return ofJoin(plan, column);
    default:
      return [];
  }
}

/** A row of an outer join may have no partner: what it equates holds of the side only that is then NULL. */
function ofJoin(plan: JoinPlan, column: ColumnExpr): readonly KnownKeys[] {
  if (plan.lateral || plan.type === 'anti' || plan.type === 'full') {
    return plan.type === 'anti' && definesColumn(plan.left, column.id) ? knownKeys(plan.left, column) : [];
  }
  const at = definesColumn(plan.left, column.id) ? 'left' : 'right';
  const mayLackPartner = plan.type === at;
  const equated = mayLackPartner ? [] : equals(plan, column);
  const [own, other] = at === 'left' ? [plan.left, plan.right] : [plan.right, plan.left];
  return [
    ...knownKeys(own, column),
    ...equated.flatMap((partner) => (definesColumn(other, partner.id) ? knownKeys(other, partner) : [])),
  ];
}

/** What the condition says the column equals, of the same type, so that equality is transitive. */
function equals({ condition }: JoinPlan, { id, type }: ColumnExpr): readonly ColumnExpr[] {
  return conjunctsOf(condition).flatMap((conjunct) => {
    const equated = equatedColumns(conjunct);
    if (equated === undefined || equated.some((column) => column.type.oid !== type.oid)) return [];
    const [a, b] = equated;
    return a.id === id ? [b] : b.id === id ? [a] : [];
  });
}

function definesColumn(plan: Plan, id: ColumnId): boolean {
  return outputColumns(plan).some((column) => column.id === id);
}

/** Has it the same rows when it is computed twice from the same gathers? */
function isRepeatable(plan: Plan): boolean {
  switch (plan.kind) {
    case 'gather':
    case 'relation':
      return true;
    case 'filter':
    case 'project':
      return (
        !expressionsOf(plan).some((expr) => isVolatile(expr) || hasSubquery(expr)) && isRepeatable(plan.input)
      );
    case 'distinct':
      return isRepeatable(plan.input);
    default:
      return false;
  }
}
