import { OID, type SqlType, sqlType } from '../types/sql-type.ts';
import type { ClaimedColumn, Entry } from './claims.ts';
import type { TableColumn } from './snapshot.ts';
import { joinTypes, typeName } from './type-join.ts';

/** Types that agents declared: against these, and not against sniffed ones, the others are measured. */
export function anchors(entries: readonly Entry[]): ReadonlyMap<string, Source> {
  const anchored = new Map<string, Source>();
  for (const { agent, table, reason } of entries) {
    if (reason !== undefined) continue;
    for (const { name, type, declared, allNull } of table.columns) {
      if (!declared || allNull) continue;
      const known = anchored.get(name);
      const joined = known === undefined ? type : joinTypes(known.type, type);
      if (!('reason' in joined)) anchored.set(name, { type: joined, agent: known?.agent ?? agent });
    }
  }
  return anchored;
}

interface Source {
  readonly type: SqlType;
  readonly agent: string;
}

/** The types of one table's columns as agent after agent is admitted. */
export class ColumnTypes {
  readonly #declared: ReadonlyMap<string, SqlType>;
  readonly #anchors: ReadonlyMap<string, Source>;
  /** undefined: so far only all-NULL columns. */
  readonly #types = new Map<string, Source | undefined>();

  constructor(declared: ReadonlyMap<string, SqlType>, anchored: ReadonlyMap<string, Source>) {
    this.#declared = declared;
    this.#anchors = anchored;
  }

  /** Takes all of the agent's columns, or none and says why. */
  admit({ agent, table }: Entry): string | undefined {
    const next = new Map<string, Source | undefined>();
    for (const column of table.columns) {
      const known = this.#types.get(column.name) ?? this.#anchors.get(column.name);
      if (this.#declared.has(column.name) || column.allNull) {
        next.set(column.name, this.#types.get(column.name));
        continue;
      }
      const joined = known === undefined ? column.type : joinTypes(known.type, column.type);
      if ('reason' in joined) return conflict(table.name, column, agent, known, joined.reason);
      next.set(column.name, { type: joined, agent: known?.agent ?? agent });
    }
    for (const [name, source] of next) this.#types.set(name, source);
    return undefined;
  }

  columns(remembered: readonly TableColumn[]): TableColumn[] {
    const before = new Map(remembered.map((column) => [column.name, column.type]));
    const columns = [...this.#types].map(([name, source]) => ({
      name,
      type: this.#declared.get(name) ?? source?.type ?? before.get(name) ?? sqlType(OID.text),
    }));
    return inOrder(columns, remembered);
  }
}

function conflict(
  table: string,
  column: ClaimedColumn,
  agent: string,
  known: Source | undefined,
  why: string,
): string {
  const elsewhere = known === undefined ? '' : `, but ${typeName(known.type)} on agent "${known.agent}"`;
  return `column "${column.name}" is ${typeName(column.type)} on agent "${agent}"${elsewhere}: ${why}; declare its type for table "${table}" in the config of the proxy or of the agents`;
}

/** Remembered columns first, in their order; the others after them. */
export function inOrder(columns: readonly TableColumn[], remembered: readonly TableColumn[]): TableColumn[] {
  const place = new Map(remembered.map((column, index) => [column.name, index]));
  const rank = (column: TableColumn): number => place.get(column.name) ?? remembered.length;
  return [...columns].sort((a, b) => rank(a) - rank(b));
}
