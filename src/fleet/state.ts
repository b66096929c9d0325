import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import type { ClaimedTable } from '../catalog/claims.ts';
import type { ColocationDeclarations } from '../catalog/colocation.ts';
import type { RememberedTable } from '../catalog/unite.ts';
import { sqlTypeSchema } from '../protocol/plan-schema.ts';
import type { SqlType } from '../types/sql-type.ts';
import { RESTORE_HINT } from './store.ts';
import { TOKENS, type TokenRecord } from './tokens.ts';

/** A table of the last accepted inventory, or one that went missing from it. */
export interface KnownTable extends ClaimedTable {
  readonly missing: boolean;
}

/** A registered agent: what the proxy knows of it while it is away. */
export interface AgentRecord {
  readonly id: string;
  readonly shard: string;
  /** Place in the order of first acceptance. */
  readonly order: number;
  readonly duckdb: string;
  readonly lastSeen: string;
  readonly tables: readonly KnownTable[];
}

export interface ShardRecord {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface CatalogRecord {
  readonly format: 1;
  readonly proxyId: string;
  readonly version: number;
  readonly shards: readonly ShardRecord[];
  readonly remembered: readonly RememberedTable[];
  readonly declarations: Declarations;
}

/** Types that the proxy's config declares, kept for operators who work while no proxy runs. */
export interface Declarations {
  /** Label -> type; other labels are text. */
  readonly labels: ReadonlyMap<string, SqlType>;
  /** Table -> column -> type. */
  readonly columns: ReadonlyMap<string, ReadonlyMap<string, SqlType>>;
  readonly colocation?: ColocationDeclarations;
}

export interface RegistryState {
  readonly catalog: CatalogRecord | undefined;
  readonly tokens: readonly TokenRecord[];
  readonly agents: readonly AgentRecord[];
}

const columnSchema = z.object({ name: z.string(), type: sqlTypeSchema });
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

const tableSchema = z.object({
  name: z.string(),
  replicated: z.boolean(),
  columns: z.array(columnSchema.extend({ declared: z.boolean(), allNull: z.boolean() })),
  rowEstimate: optional(z.number()),
  byteEstimate: optional(z.number()),
  contentHash: optional(z.string()),
  dataVersion: optional(z.string()),
  constants: optional(z.record(z.string(), z.string())),
  contradiction: optional(z.string()),
  outOfService: optional(z.string()),
  comment: optional(z.string()),
  piece: optional(z.boolean()),
  missing: z.boolean(),
});

const agentSchema = z.object({
  id: z.string(),
  shard: z.string(),
  order: z.number().int(),
  duckdb: z.string(),
  lastSeen: z.string(),
  tables: z.array(tableSchema),
});

/** Maps, as arrays of their entries. */
const types = z.array(z.tuple([z.string(), sqlTypeSchema])).transform((entries) => new Map(entries));
const typesOfTables = z.array(z.tuple([z.string(), types])).transform((entries) => new Map(entries));

const catalogSchema = z.object({
  format: z.literal(1),
  proxyId: z.string(),
  version: z.number().int(),
  shards: z.array(z.object({ id: z.string(), labels: z.record(z.string(), z.string()) })),
  remembered: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['federated', 'replicated']),
      columns: z.array(columnSchema),
    }),
  ),
  declarations: z.object({ labels: types, columns: typesOfTables }),
});

const tokensSchema = z.array(
  z.object({ agentId: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), createdAt: z.string() }),
);

export const CATALOG = 'catalog';
const AGENT = 'agent-';

/** Ids are free text; document names are not. */
export function agentDocument(id: string): string {
  return AGENT + createHash('sha256').update(id).digest('hex').slice(0, 32);
}

/** The document that {@link decodeState} reads. */
export function catalogDocument({ declarations, ...catalog }: CatalogRecord): object {
  const labels = [...declarations.labels];
  const columns = [...declarations.columns].map(([table, types]) => [table, [...types]]);
  return { ...catalog, declarations: { labels, columns } };
}

/** @throws XX001 naming the document that isn't what this version wrote. */
export function decodeState(documents: ReadonlyMap<string, unknown>): RegistryState {
  const catalog = documents.get(CATALOG);
  const tokens = documents.get(TOKENS);
  const agents = [...documents].filter(([name]) => name.startsWith(AGENT));
  return {
    catalog: catalog === undefined ? undefined : decode(CATALOG, catalogSchema, catalog),
    tokens: tokens === undefined ? [] : decode(TOKENS, tokensSchema, tokens),
    agents: agents.map(([name, value]) => decode(name, agentSchema, value)).sort((a, b) => a.order - b.order),
  };
}

function decode<S extends z.ZodType>(name: string, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new SkeinError('dataCorrupted', `the registry's document "${name}" can't be read`, {
    detail: z.prettifyError(result.error),
    hint: RESTORE_HINT,
  });
}
