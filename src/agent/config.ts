import { z } from 'zod';
import { configMistakes } from '../base/config-mistakes.ts';
import { SkeinError } from '../base/errors.ts';
import type { SqlType } from '../types/sql-type.ts';
import { parseTypeName, TYPE_NAMES_HINT } from '../types/type-name.ts';

const MEBIBYTE = 1 << 20;

const typeName = z.string().transform((text, context): SqlType => {
  const type = parseTypeName(text);
  if (type !== undefined) return type;
  context.addIssue({ code: 'custom', message: `"${text}" is not ${TYPE_NAMES_HINT}` });
  return z.NEVER;
});

const oneByte = z.string().refine((text) => Buffer.byteLength(text) === 1, 'expected one character');

const csvSchema = z.strictObject({
  /** Undeclared: the one of , ; | and tab that the header has most of. */
  delimiter: oneByte.optional(),
  quote: oneByte.default('"'),
  escape: oneByte.optional(),
  header: z.boolean().default(true),
  /** Unquoted texts that mean NULL. */
  nulls: z.array(z.string()).min(1).default(['']),
  /** A quoted NULL text is NULL too. */
  quotedNulls: z.boolean().default(false),
});

const tableSchema = z
  .strictObject({
    name: z
      .string()
      .min(1, 'expected the name of a table')
      .max(63, 'expected at most 63 bytes')
      .refine((name) => !name.startsWith('@'), 'expected a name that does not begin with @'),
    path: z.string().min(1).optional(),
    paths: z.array(z.string().min(1)).min(1).optional(),
    query: z.string().min(1).optional(),
    format: z.enum(['csv', 'json', 'jsonl', 'parquet']).optional(),
    columns: z.record(z.string().min(1), typeName).default({}),
    csv: csvSchema.prefault({}),
    replicated: z.boolean().default(false),
    /** Columns that hold one value in every row: verified, then used to leave this agent out of queries for others. */
    constants: z
      .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({}),
    comment: z.string().optional(),
  })
  .superRefine((table, context) => {
    const given = [table.path, table.paths, table.query].filter((source) => source !== undefined).length;
    if (given !== 1) {
      context.addIssue({ code: 'custom', message: 'expected exactly one of path, paths and query' });
    }
    if (table.query !== undefined && Object.keys(table.constants).length > 0) {
      const message =
        'expected path or paths: what a query reads may change unseen, so its columns can not be constant';
      context.addIssue({ code: 'custom', message, path: ['constants'] });
    }
  });

const proxyUrl = z.string().refine(isWebSocketUrl, 'expected a URL that begins with ws:// or wss://');
const size = z.string().regex(/^\d+(\.\d+)? ?([KMGT]i?B|B)$/, 'expected a size such as 512MB or 2GB');
const milliseconds = z.number().int().positive();

export const agentConfigSchema = z.strictObject({
  /** Proxies to dial; each gets its own connection. */
  proxies: z.array(proxyUrl).min(1, 'expected at least one proxy URL'),
  token: z.string().min(1).optional(),
  tokenFile: z.string().min(1).optional(),
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'expected letters, digits, dots, dashes and underscores'),
  labels: z
    .record(z.string().min(1).max(63), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({}),
  shard: z.string().min(1).max(63).optional(),
  allowedDirectories: z.array(z.string().min(1)).min(1, 'expected at least one directory'),
  tables: z.array(tableSchema).default([]),
  stateDirectory: z.string().min(1),
  /** Directory for the rows of tables that are made in place; without it the agent only reads. */
  store: z.string().min(1).optional(),
  maxStoreBytes: z
    .number()
    .int()
    .positive()
    .default(65_536 * MEBIBYTE),
  threads: z.number().int().min(1).max(1024).optional(),
  memory: size.default('1GB'),
  maxSpill: size.default('10GB'),
  /** At work in DuckDB at once: each blocks a thread of libuv's pool. */
  maxConcurrentTasks: z.number().int().min(1).max(256).default(32),
  /** Started and not ended, those whose reader pauses included. */
  maxOpenTasks: z.number().int().min(1).max(10_000).default(512),
  maxQueuedTasks: z.number().int().min(0).max(100_000).default(256),
  maxResultBytes: z
    .number()
    .int()
    .positive()
    .default(16_384 * MEBIBYTE),
  taskTimeoutMs: milliseconds.default(600_000),
  pollIntervalMs: milliseconds.min(100).default(5000),
  heartbeatMs: milliseconds.default(10_000),
});

export type AgentConfig = z.output<typeof agentConfigSchema>;
export type AgentConfigInput = z.input<typeof agentConfigSchema>;
export type TableConfig = AgentConfig['tables'][number];
export type CsvOptions = TableConfig['csv'];

/** @throws 22023 that names every mistake with its key and what was expected. */
export function parseAgentConfig(input: unknown): AgentConfig {
  const result = configMistakes(agentConfigSchema, input);
  const mistakes = 'mistakes' in result ? result.mistakes : duplicates(result.value);
  if ('value' in result && mistakes.length === 0) return result.value;
  throw new SkeinError(
    'invalidParameterValue',
    `the agent's configuration is invalid:\n  ${mistakes.join('\n  ')}`,
  );
}

function duplicates(config: AgentConfig): string[] {
  const seen = new Set<string>();
  return config.tables.flatMap(({ name }, index) => {
    if (seen.has(name)) return [`tables[${index}].name: "${name}" is declared twice`];
    seen.add(name);
    return [];
  });
}

function isWebSocketUrl(text: string): boolean {
  return URL.canParse(text) && ['ws:', 'wss:'].includes(new URL(text).protocol);
}
