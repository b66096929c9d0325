import { assertNever } from '../base/assert.ts';
import type { Column, Plan } from './logical.ts';

/** The columns that an operator outputs, in order. */
export function outputColumns(plan: Plan): readonly Column[] {
  switch (plan.kind) {
    case 'scan':
    case 'stored':
      return plan.columns.map(({ id, type, name }) => ({ id, type, name }));
    case 'values':
    case 'cte-ref':
    case 'relation':
    case 'set-operation':
    case 'recursive':
      return plan.columns;
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'gather':
    case 'broadcast':
      return outputColumns(plan.input);
    case 'project':
      return plan.items.map((item) => item.column);
    case 'aggregate':
      return [
        ...[...plan.groups, ...plan.aggregates].map((item) => item.column),
        ...(plan.sets === undefined ? [] : [plan.sets.mask]),
      ];
    case 'unnest':
      return [
        ...plan.items.map((item) => item.column),
        ...(plan.ordinality === undefined ? [] : [plan.ordinality]),
      ];
    case 'window':
      return [...outputColumns(plan.input), ...plan.items.map((item) => item.column)];
    case 'join':
      return plan.type === 'semi' || plan.type === 'anti'
        ? outputColumns(plan.left)
        : [...outputColumns(plan.left), ...outputColumns(plan.right)];
    case 'with':
      return outputColumns(plan.body);
    default:
      return assertNever(plan);
  }
}

/** Without where a scan's column comes from: what an operator passes on has no source. */
export function plainColumn({ id, type, name }: Column): Column {
  return { id, type, name };
}
