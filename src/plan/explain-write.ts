import type { WriteCommand } from './write.ts';

/** The node above the plan of a statement that writes. */
export interface ExplainWrite {
  readonly command: WriteCommand | 'CREATE TABLE AS';
  readonly schema: string;
  readonly table: string;
  readonly target: WriteTarget;
}

/** `routed`: each new row goes to that one of these agents which has the labels of the row. */
export type WriteTarget =
  | { readonly kind: 'warehouse' }
  | { readonly kind: 'in place' | 'routed'; readonly agents: readonly string[] };

/** @param cost of the whole, and what came of it. @param source the lines of the plan of what is written. */
export function writeText(write: ExplainWrite, cost: string, source: readonly string[]): readonly string[] {
  const [first, ...rest] = source;
  return [
    `${operationOf(write)} on ${write.schema}.${write.table}${cost}`,
    `  Target: ${targetText(write.target)}`,
    `  ->  ${first}`,
    ...rest.map((line) => `      ${line}`),
  ];
}

/** PostgreSQL's node, and where it writes. */
export function writeJson(
  { target, ...write }: ExplainWrite,
  costs: Readonly<Record<string, unknown>>,
  source: unknown,
): unknown {
  return {
    'Node Type': 'ModifyTable',
    Operation: operationOf({ target, ...write }),
    'Relation Name': write.table,
    Schema: write.schema,
    ...costs,
    Target: target.kind === 'warehouse' ? 'warehouse' : 'in place',
    ...(target.kind === 'warehouse' ? {} : { Agents: target.agents }),
    Plans: [source],
  };
}

function operationOf({ command }: ExplainWrite): string {
  switch (command) {
    case 'INSERT':
      return 'Insert';
    case 'UPDATE':
      return 'Update';
    case 'DELETE':
      return 'Delete';
    case 'MERGE':
      return 'Merge';
    case 'CREATE TABLE AS':
      return 'Create Table';
  }
}

function targetText(target: WriteTarget): string {
  switch (target.kind) {
    case 'warehouse':
      return 'the warehouse';
    case 'routed':
      return `in place, each row at the agent of its labels, of ${target.agents.join(', ') || 'no agent'}`;
    case 'in place':
      return `in place, pieces made by ${target.agents.join(', ') || 'no agent'}`;
  }
}
