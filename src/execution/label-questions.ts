import { createHash } from 'node:crypto';
import { SkeinError } from '../base/errors.ts';
import { Lru } from '../base/lru.ts';
import type { Shard } from '../catalog/snapshot.ts';
import { printLiteral } from '../dialect/literals.ts';
import { printPlan } from '../dialect/print.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { ColumnId, Expr } from '../plan/expr.ts';
import type { Column, Plan } from '../plan/logical.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';

/** Which shards may satisfy a predicate over labels? */
export interface LabelQuestion {
  readonly id: string;
  readonly predicate: Expr;
  readonly columns: readonly { readonly id: ColumnId; readonly label: string; readonly type: SqlType }[];
  /** Asked of these instead of all shards. */
  readonly shards?: readonly AskedShard[];
}

export type AskedShard = Pick<Shard, 'id' | 'labels'>;

/** id of the question -> shards that may satisfy its predicate. */
export type LabelAnswers = ReadonlyMap<string, ReadonlySet<string>>;

const CACHE_SIZE = 2000;

/** Answers depend on nothing but the question and the labels, which are in the key. */
const caches = new WeakMap<Engine, Lru<ReadonlySet<string>>>();

/** Decides pruning by the engine's own semantics: over the labels of each shard, in the proxy's DuckDB. */
export async function evaluateLabelPredicates(
  engine: Engine,
  questions: readonly LabelQuestion[],
  shards: readonly Shard[],
  signal?: AbortSignal,
): Promise<LabelAnswers> {
  const cache = caches.get(engine) ?? new Lru<ReadonlySet<string>>(CACHE_SIZE);
  caches.set(engine, cache);
  const answers = new Map<string, ReadonlySet<string>>();
  for (const question of questions) {
    const asked = question.shards ?? shards;
    const key = keyOf(question, asked);
    const chosen = cache.get(key) ?? (await evaluate(engine, question, asked, signal));
    cache.set(key, chosen);
    answers.set(question.id, chosen);
  }
  return answers;
}

function keyOf(question: LabelQuestion, shards: readonly AskedShard[]): string {
  const ids = JSON.stringify(shards.map((shard) => shard.id));
  return createHash('sha1').update(printQuestion(question, shards)).update(ids).digest('base64');
}

/** True: chosen. False or NULL: pruned. A shard whose labels make the predicate fail is kept: its agent may never get to it. */
async function evaluate(
  engine: Engine,
  question: LabelQuestion,
  shards: readonly AskedShard[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  try {
    return await ask(engine, question, shards, signal);
  } catch (error) {
    if (!(error instanceof SkeinError) || signal?.aborted) throw error;
    const [only] = shards;
    if (shards.length <= 1) return new Set(only === undefined ? [] : [only.id]);
    const half = shards.length >> 1;
    const first = await evaluate(engine, question, shards.slice(0, half), signal);
    const second = await evaluate(engine, question, shards.slice(half), signal);
    return new Set([...first, ...second]);
  }
}

async function ask(
  engine: Engine,
  question: LabelQuestion,
  shards: readonly AskedShard[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  if (shards.length === 0) return new Set();
  const rows = await engine.texts(printQuestion(question, shards), 1, signal);
  return new Set(
    rows.flatMap(([index]) => {
      const shard = shards[Number(index)];
      return shard === undefined ? [] : [shard.id];
    }),
  );
}

function printQuestion({ predicate, columns }: LabelQuestion, shards: readonly AskedShard[]): string {
  const relation: Column[] = columns.map(({ id, type }) => ({ id, type, name: `c${id}` }));
  const place: Column = { id: 1 + Math.max(0, ...columns.map(({ id }) => id)), type: INDEX, name: 'shard' };
  const plan: Plan = {
    kind: 'project',
    input: {
      kind: 'filter',
      input: { kind: 'relation', name: 'labels', columns: [...relation, place] },
      predicate,
    },
    items: [{ column: place, expr: { kind: 'column', id: place.id, type: place.type } }],
  };
  return printPlan(plan, {
    scan: ({ table }) => {
      throw new Error(`a label predicate reads table ${table}`);
    },
    relation: () => printLabels(columns, place, shards),
  });
}

const INDEX = sqlType(OID.text);

function printLabels(
  columns: LabelQuestion['columns'],
  place: Column,
  shards: readonly AskedShard[],
): string {
  const literal = (type: SqlType, value: string | undefined): string =>
    printLiteral({ kind: 'const', type, value: value ?? null });
  const rows = shards.map((shard, index) => {
    const values = columns.map(({ label, type }) => literal(type, shard.labels[label]));
    return `(${[...values, literal(place.type, String(index))].join(', ')})`;
  });
  const names = [...columns.map(({ id }) => `c${id}`), `c${place.id}`];
  return `(VALUES ${rows.join(', ')}) labels(${names.join(', ')})`;
}
