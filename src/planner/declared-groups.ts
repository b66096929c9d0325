import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import type { DeclaredGroup } from '../plan/distributed.ts';
import type { Plan } from '../plan/logical.ts';
import { visitPlan } from '../plan/walk.ts';
import { estimate } from './estimate.ts';

/** The declared groups that the plan's tables are members of, and what verifying them moves: Contract 3 holds for that too. */
export function declaredGroups(plan: Plan, snapshot: Snapshot): readonly DeclaredGroup[] {
  const tables = new Set<string>();
  visitPlan(plan, (operator) => {
    if (operator.kind === 'scan') tables.add(operator.table);
  });
  const groups = (snapshot.colocations ?? []).filter(({ members }) =>
    members.some(({ table }) => tables.has(table)),
  );
  return groups.map(({ name, members, state, reason }) => {
    const moved = members.map((member) => estimate(keysOf(member, snapshot), snapshot));
    return {
      name,
      keys: members.map(({ table, column }) => `${table}.${column}`),
      unusable: state === 'verified' ? undefined : (reason ?? state),
      verification: {
        rows: moved.reduce((sum, { rows }) => sum + rows, 0),
        bytes: moved.reduce((sum, { bytes }) => sum + bytes, 0),
      },
    };
  });
}

function keysOf(
  { table, column }: { readonly table: string; readonly column: string },
  snapshot: Snapshot,
): Plan {
  const key = findTable(snapshot, table)?.columns.find(({ name }) => name === column);
  const source = { kind: 'physical', name: column } as const;
  const columns = key === undefined ? [] : [{ id: 1, type: key.type, name: column, source }];
  return { kind: 'scan', table, tableKind: 'federated', columns, shards: undefined };
}
