import { assert, defined } from '../base/assert.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import { type OwnedPiece, type OwnedTable, ROW_NUMBER } from '../catalog/owned.ts';
import { findTable, type Snapshot } from '../catalog/snapshot.ts';
import type { Broadcast, DistributedPlan, Fragment, KeptRows } from '../plan/distributed.ts';
import type { Expr } from '../plan/expr.ts';
import type { Column, Plan, ProjectItem, ScanColumn } from '../plan/logical.ts';
import { visitPlan } from '../plan/walk.ts';
import type { StagedColumns } from '../plan/write.ts';
import { OID, type SqlType, sameType, sqlType } from '../types/sql-type.ts';
import { equalityOf, FALSE, FreshIds, reference, TRUE } from './exprs.ts';
import { firstNumbered } from './from-tree/distinct-on.ts';
import { tableName } from './from-tree/owned-ranges.ts';
import { countedPlan, type InPlace, labelOf, shardFragment } from './in-place.ts';
import { commonNumeric } from './types.ts';

/** A statement that changes the rows of a table that was made in place. */
export interface PieceChange {
  readonly command: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly table: OwnedTable;
  readonly piece: OwnedPiece;
  readonly staged: Pick<StagedColumns, 'rowid' | 'fresh'>;
}

/** Changes that some shards have: for an INSERT new rows, otherwise the rows that are found, by their numbers. */
interface ShardChanges {
  readonly fragment: Pick<Fragment, 'plan' | 'inputs' | 'reason' | 'relies'>;
  readonly shards: readonly string[];
}

/**
 * Has each shard make its rows anew, from those that it keeps and the changes that it computes; gives their number.
 * @param plan of the changes. @param name of the new piece.
 * @returns undefined where no shard has changes. @throws 0A000 with the reason where a shard can't compute its own.
 */
export function rewriteInPlace(
  change: PieceChange,
  plan: DistributedPlan,
  snapshot: Snapshot,
  name: string,
): InPlace | undefined {
  const fragment = shardFragment(plan, refusedChange);
  checkLabels(change, fragment);
  const { shards } = fragment.target;
  if (shards.length === 0) return undefined;
  const others = plan.fragments.filter((other) => other !== fragment);
  return rewrite(change, [{ fragment, shards }], { ...plan, fragments: others }, snapshot, name);
}

/** As {@link rewriteInPlace}, of new rows that the proxy has. @param rows shard -> the session's relation with its rows. */
export function insertInPlace(
  change: PieceChange,
  rows: ReadonlyMap<string, string>,
  plan: DistributedPlan,
  snapshot: Snapshot,
  name: string,
): InPlace {
  const columns = change.staged.fresh.filter((column) => column !== undefined);
  const broadcasts = [...rows].map(([shard, relation], index): Broadcast & { readonly shard: string } => ({
    id: index + 1,
    plan: { kind: 'relation', name: relation, columns },
    columns,
    reads: [],
    estimate: { rows: 1, bytes: 1 },
    shard,
  }));
  const changes = broadcasts.map(({ id, shard }): ShardChanges => {
    const relation: Plan = { kind: 'relation', name: `b${id}`, columns };
    return { fragment: { plan: relation, inputs: [id], reason: 'its new rows' }, shards: [shard] };
  });
  return rewrite(change, changes, { ...plan, fragments: [], broadcasts }, snapshot, name);
}

function refusedChange(detail: string): SkeinError {
  return refuse('this change of a table that was made in place', {
    detail: `Each shard would have to compute its own rows, but ${detail}.`,
    hint: "Match rows by label columns, or keep the table in the warehouse: SET skein.materialize = 'warehouse'.",
  });
}

/** A row stays where it lies: what it is given for a label is that label. */
function checkLabels({ command, table, piece, staged }: PieceChange, fragment: Fragment): void {
  if (command === 'DELETE') return;
  for (const [attribute, label] of piece.labels) {
    const fresh = staged.fresh[attribute - 1];
    if (fresh !== undefined && labelOf(fragment.plan, fresh.id) === label) continue;
    const column = table.columns[attribute - 1]?.name;
    throw refusedChange(`the column "${column}" would be given another value than the label "${label}"`);
  }
}

function rewrite(
  change: PieceChange,
  changes: readonly ShardChanges[],
  plan: DistributedPlan,
  snapshot: Snapshot,
  name: string,
): InPlace {
  const { table, piece, command } = change;
  const old = findTable(snapshot, piece.name);
  if (old === undefined)
    throw new SkeinError('serializationFailure', `the rows of "${table.name}" were made anew meanwhile`);
  const owners = new Set(old.pieces.map(({ shard }) => shard));
  const types = table.columns.map((column, index) => {
    const kept = old.columns.find((own) => own.name === `@${index + 1}`)?.type;
    return newType(defined(kept, `column ${index + 1} of a piece`), change.staged.fresh[index], column.name);
  });
  const columns = types.map((type, index) => ({ name: `@${index + 1}`, type }));
  const counts: KeptRows['counts'] =
    command === 'DELETE' ? { kind: 'fewer', than: piece.name } : { kind: 'marked' };
  const builder = new PieceBuilder(change, types);
  const fragments: Fragment[] = [];
  const add = (own: ShardChanges['fragment'], shards: readonly string[], from: Plan, keep: KeptRows) => {
    if (shards.length === 0) return;
    const id = 1 + Math.max(0, ...[...plan.fragments, ...fragments].map((fragment) => fragment.id));
    fragments.push({
      ...own,
      id,
      plan: from,
      columns: [],
      keep,
      target: { kind: 'each', shards },
      estimate: { rows: 1, bytes: 8 },
    });
  };
  const touched = new Set(changes.flatMap(({ shards }) => shards));
  for (const { fragment, shards } of changes) {
    const both = shards.filter((shard) => owners.has(shard));
    const added = shards.filter((shard) => !owners.has(shard));
    add(fragment, both, builder.changed(fragment.plan, both), { name, columns, counts });
    add(fragment, added, builder.added(fragment.plan), { name, columns, counts });
  }
  const rest = [...owners].filter((shard) => !touched.has(shard));
  const same = { inputs: [], reason: 'its rows stay', plan: builder.unchanged(rest) };
  add(same, rest, same.plan, { name, columns, counts });
  return {
    plan: countedPlan(plan, fragments),
    columns,
    labels: new Map([...piece.labels].map(([attribute, label]) => [attribute - 1, label])),
    shards: [...new Set([...owners, ...touched])],
  };
}

/** PostgreSQL brought both to one type; a numeric without length has the digits that both need. */
function newType(kept: SqlType, fresh: Column | undefined, column: string): SqlType {
  if (fresh === undefined || sameType(kept, fresh.type)) return kept;
  assert(kept.oid === fresh.type.oid, `the type of a value for column ${column}`);
  return kept.oid === OID.numeric ? commonNumeric([kept, fresh.type]) : kept;
}

/** Plans of a new piece: its columns, and for INSERT and UPDATE the mark of those that count. */
class PieceBuilder {
  readonly #change: PieceChange;
  readonly #types: readonly SqlType[];

  constructor(change: PieceChange, types: readonly SqlType[]) {
    this.#change = change;
    this.#types = types;
  }

  unchanged(shards: readonly string[]): Plan {
    const ids = new FreshIds({ kind: 'values', columns: [], rows: [] });
    const scan = this.#scan(ids, shards);
    return this.#result(scan.plan, scan.columns.map(reference), FALSE, ids);
  }

  /** @param found the changes of these shards. */
  changed(found: Plan, shards: readonly string[]): Plan {
    const ids = new FreshIds(found);
    const scan = this.#scan(ids, shards);
    const { command, staged } = this.#change;
    switch (command) {
      case 'INSERT': {
        const kept = this.#result(scan.plan, scan.columns.map(reference), FALSE, ids);
        const inputs = [kept, this.added(found, ids)] as const;
        const columns = [...this.#types, sqlType(OID.bool)].map((type) => ({
          id: ids.next(),
          name: '',
          type,
        }));
        return { kind: 'set-operation', op: 'union', all: true, inputs, columns };
      }
      case 'UPDATE': {
        const rowid = defined(staged.rowid, 'number of an updated row');
        const joined = this.#join('left', scan, changedOnce(found, rowid, ids));
        const isSame: Expr = { kind: 'is-null', arg: reference(rowid), negated: false };
        const values = scan.columns.map((column, index): Expr => {
          const fresh = staged.fresh[index];
          if (fresh === undefined) return reference(column);
          const branches = [{ when: isSame, then: reference(column) }];
          return {
            kind: 'case',
            branches,
            otherwise: reference(fresh),
            type: this.#types[index] ?? column.type,
          };
        });
        return this.#result(joined, values, { kind: 'not', arg: isSame }, ids);
      }
      case 'DELETE':
        return this.#result(this.#join('anti', scan, found), scan.columns.map(reference), FALSE, ids);
    }
  }

  /** New rows of shards that have none yet. */
  added(found: Plan, ids: FreshIds = new FreshIds(found)): Plan {
    const { fresh } = this.#change.staged;
    const values = fresh.map((column) => reference(defined(column, 'column of a new row')));
    return this.#result(found, values, TRUE, ids);
  }

  #join(type: 'left' | 'anti', scan: OldRows, found: Plan): Plan {
    const { rowid } = this.#change.staged;
    const args = [reference(scan.rowid), reference(defined(rowid, 'number of a row'))];
    const condition: Expr = { kind: 'call', fn: equalityOf(scan.rowid.type), args, type: sqlType(OID.bool) };
    return { kind: 'join', type, left: scan.plan, right: found, condition, lateral: false };
  }

  #scan(ids: FreshIds, shards: readonly string[]): OldRows {
    const column = (name: string, kept: string, type: SqlType): ScanColumn => ({
      id: ids.next(),
      name,
      type,
      source: { kind: 'physical', name: kept },
    });
    const { table } = this.#change;
    const columns = table.columns.map(({ name, type }, index) => column(name, `@${index + 1}`, type));
    const rowid = column('rowid', ROW_NUMBER, sqlType(OID.int8));
    const plan: Plan = {
      kind: 'scan',
      table: this.#change.piece.name,
      pieceOf: tableName(table),
      tableKind: 'federated',
      columns: [...columns, rowid],
      shards,
    };
    return { plan, columns, rowid };
  }

  #result(input: Plan, values: readonly Expr[], marked: Expr, ids: FreshIds): Plan {
    const items = values.map((expr, index): ProjectItem => {
      const type = this.#types[index];
      return {
        column: {
          id: ids.next(),
          name: `@${index + 1}`,
          type: exprColumnType(expr) ?? defined(type, 'type of a column'),
        },
        expr,
      };
    });
    if (this.#change.command === 'DELETE') return { kind: 'project', input, items };
    const mark = { column: { id: ids.next(), name: 'marked', type: sqlType(OID.bool) }, expr: marked };
    return { kind: 'project', input, items: [...items, mark] };
  }
}

/** A row that is found several times is changed once. */
function changedOnce(found: Plan, rowid: Column, ids: FreshIds): Plan {
  let mayRepeat = false;
  visitPlan(found, ({ kind }) => {
    mayRepeat ||= kind === 'join';
  });
  if (!mayRepeat) return found;
  const number = { id: ids.next(), name: 'row_number', type: sqlType(OID.int8) };
  return firstNumbered(number, found, [reference(rowid)], []);
}

function exprColumnType(expr: Expr): SqlType | undefined {
  return expr.kind === 'column' || expr.kind === 'case' ? expr.type : undefined;
}

interface OldRows {
  readonly plan: Plan;
  readonly columns: readonly ScanColumn[];
  readonly rowid: ScanColumn;
}
