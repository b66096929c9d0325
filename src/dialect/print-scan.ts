import type { ScanColumn, ScanPlan } from '../plan/logical.ts';
import type { SqlType } from '../types/sql-type.ts';
import { printLiteral } from './literals.ts';

/** What a scan reads: a view with positional columns. Users' names are in comments, for those who read records of what ran. */
export interface ExposedView {
  readonly view: string;
  readonly columns: readonly { readonly name: string }[];
  /** The agent's own labels; an absent one is NULL. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Column `index` of an exposed table's view. */
export function exposedColumn(index: number): string {
  return `k${index}`;
}

/** A scan as the agent runs it, and as EXPLAIN shows it. */
export function printScan({ table, pieceOf, columns }: ScanPlan, exposed: ExposedView): string {
  const items = columns.map((column) => {
    const {
      id,
      type,
      source: { kind, name },
    } = column;
    const value =
      kind === 'label'
        ? printLabel(type, exposed.labels, name)
        : exposedColumn(exposed.columns.findIndex((column) => column.name === name));
    return `${value} AS c${id} ${comment(scannedName(column))}`;
  });
  const list = items.length === 0 ? 'true AS "none"' : items.join(', ');
  const named = pieceOf === undefined ? table : `${pieceOf} (${table})`;
  return `(SELECT ${list} FROM ${exposed.view} ${comment(named)})`;
}

/** What is read, by its own name; before that, the name that its users know. */
export function scannedName({ name, source }: ScanColumn): string {
  return name === source.name ? name : `${name} (${source.name})`;
}

function printLabel(type: SqlType, labels: ExposedView['labels'], name: string): string {
  const value = Object.hasOwn(labels, name) ? labels[name] : undefined;
  return printLiteral({ kind: 'const', type, value: value ?? null });
}

/** DuckDB nests comments; a name must neither end one nor begin another. */
export function comment(name: string): string {
  return `/* ${name.replaceAll('*', '∗')} */`;
}
