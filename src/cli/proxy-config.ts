import { z } from 'zod';
import { configMistakes } from '../base/config-mistakes.ts';
import { SkeinError } from '../base/errors.ts';
import type { SqlType } from '../types/sql-type.ts';
import { parseTypeName, TYPE_NAMES_HINT } from '../types/type-name.ts';

const typeName = z.string().transform((text, context): SqlType => {
  const type = parseTypeName(text);
  if (type !== undefined) return type;
  context.addIssue({ code: 'custom', message: `"${text}" is not ${TYPE_NAMES_HINT}` });
  return z.NEVER;
});

const port = z.number().int().min(0).max(65_535);
const size = z.string().regex(/^\d+(\.\d+)? ?([KMGT]i?B|B)$/, 'expected a size such as 512MB or 2GB');
const columnTypes = z.record(z.string().min(1), typeName);

export const proxyConfigSchema = z.strictObject({
  /** Where PostgreSQL clients connect. */
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(5433),
  /** Where agents dial in. */
  httpHost: z.string().min(1).default('127.0.0.1'),
  httpPort: port.default(5480),
  stateDirectory: z.string().min(1).default('.skein/proxy'),
  /** The name of the database that clients connect to. */
  database: z.string().min(1).max(63).default('skein'),
  /** Types of labels; others are text. */
  labels: columnTypes.default({}),
  /** Declared types: table -> column -> type. They win over what agents sniff. */
  tables: z.record(z.string().min(1), z.strictObject({ columns: columnTypes })).default({}),
  /** `required`: an agent needs a join token (`skein agent token`). `open`: any may join; on loopback only. */
  tokens: z.enum(['required', 'open']).default('required'),
  /** `trust`: any user without a password. Said explicitly wherever others than this machine can connect. */
  authentication: z.enum(['trust']).optional(),
  maxConnections: z.number().int().min(1).max(10_000).default(100),
  memory: size.default('2GB'),
  maxSpill: size.default('20GB'),
  threads: z.number().int().min(1).max(1024).optional(),
  maxTasks: z.number().int().min(1).max(10_000).default(64),
});

export type ProxyConfig = z.output<typeof proxyConfigSchema>;

/** @throws 22023 that names every mistake with its key and what was expected. */
export function parseProxyConfig(input: unknown): ProxyConfig {
  const result = configMistakes(proxyConfigSchema, input);
  const mistakes = 'mistakes' in result ? result.mistakes : openDoors(result.value);
  if ('value' in result && mistakes.length === 0) return result.value;
  throw new SkeinError(
    'invalidParameterValue',
    `the proxy's configuration is invalid:\n  ${mistakes.join('\n  ')}`,
  );
}

/** What is open to other machines must be meant so. */
function openDoors(config: ProxyConfig): string[] {
  const mistakes: string[] = [];
  if (!isLoopback(config.host) && config.authentication === undefined) {
    mistakes.push(
      `host: ${config.host} lets other machines connect without a password; expected authentication: trust beside it, if that is meant`,
    );
  }
  if (!isLoopback(config.httpHost) && config.tokens === 'open') {
    mistakes.push(
      `tokens: expected required, because httpHost ${config.httpHost} lets agents of other machines in`,
    );
  }
  return mistakes;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
