import { mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ClaimedColumn } from '../catalog/claims.ts';
import { sqlTypeSchema } from '../protocol/plan-schema.ts';
import type { SourceFacts } from './source.ts';

const FILE = 'inventory.json';
/** Bumped when what is remembered of a file is found differently: older memories are then looked up anew. */
const VERSION = 1;

/** What an agent remembers over restarts: columns of each table as last served, and what its files hold. */
export interface AgentMemory {
  readonly tables: ReadonlyMap<string, readonly ClaimedColumn[]>;
  readonly facts: ReadonlyMap<string, SourceFacts>;
  /** Content hashes of replicated tables, by fingerprint of the files. */
  readonly hashes: ReadonlyMap<string, string>;
}

const columns = z.array(
  z.strictObject({ name: z.string(), type: sqlTypeSchema, declared: z.boolean(), allNull: z.boolean() }),
);

const reader = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('csv'),
    dialect: z.strictObject({
      delimiter: z.string(),
      quote: z.string(),
      escape: z.string(),
      header: z.boolean(),
      nulls: z.array(z.string()),
      quotedNulls: z.boolean(),
    }),
  }),
  z.strictObject({ kind: z.literal('json'), lines: z.boolean() }),
  z.strictObject({ kind: z.literal('parquet') }),
]);

const facts: z.ZodType<SourceFacts> = z.strictObject({
  reader,
  columns: z.array(
    z.strictObject({
      name: z.string(),
      type: sqlTypeSchema,
      native: z.string(),
      fixed: z.boolean(),
      allNull: z.boolean(),
    }),
  ),
  rows: z
    .number()
    .optional()
    .transform((rows) => rows),
});

const memorySchema = z.strictObject({
  version: z.literal(VERSION),
  tables: z.array(z.tuple([z.string(), columns])),
  facts: z.array(z.tuple([z.string(), facts])),
  hashes: z.array(z.tuple([z.string(), z.string()])),
});

const EMPTY: AgentMemory = { tables: new Map(), facts: new Map(), hashes: new Map() };

/** An unreadable memory is as good as none: everything in it is looked up again. */
export function loadMemory(directory: string): AgentMemory {
  mkdirSync(directory, { recursive: true });
  const stored = memorySchema.safeParse(readJson(join(directory, FILE)));
  if (!stored.success) return EMPTY;
  return {
    tables: new Map(stored.data.tables),
    facts: new Map(stored.data.facts),
    hashes: new Map(stored.data.hashes),
  };
}

/** Written beside and renamed, so that a crash leaves the old memory or the new. */
export async function saveMemory(directory: string, memory: AgentMemory): Promise<void> {
  const temporary = join(directory, `${FILE}.new`);
  const stored = {
    version: VERSION,
    tables: [...memory.tables],
    facts: [...memory.facts],
    hashes: [...memory.hashes],
  };
  await writeFile(temporary, JSON.stringify(stored));
  await rename(temporary, join(directory, FILE));
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
