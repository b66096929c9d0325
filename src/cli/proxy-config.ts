import { z } from 'zod';
import { configMistakes } from '../base/config-mistakes.ts';
import { SkeinError } from '../base/errors.ts';
import { parseVerifier } from '../pgwire/auth/verifier.ts';
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

/** As DuckDB reads sizes: MB are millions of bytes, MiB are 2^20. */
function bytesOf(text: string): number {
  const [, number = '', prefix = '', binary = ''] = /^([\d.]+) ?([KMGT]?)(i?)B$/.exec(text) ?? [];
  const base = binary === '' ? 1000 : 1024;
  return Math.round(Number(number) * base ** ' KMGT'.indexOf(prefix === '' ? ' ' : prefix));
}
/** Its text is no secret worth much, but is not repeated in messages. */
const verifier = z.custom<string>((text) => typeof text === 'string' && parseVerifier(text) !== undefined, {
  error: 'expected a SCRAM verifier as `skein user add --print` and PostgreSQL make it, SCRAM-SHA-256$4096:…',
});
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
  /**
   * Group -> table -> key column: rows with equal keys lie in one shard, in all the group's tables. Used once verified, as long as
   * the data don't change.
   */
  colocation: z.record(z.string().min(1).max(63), z.record(z.string().min(1), z.string().min(1))).default({}),
  /** `required`: an agent needs a join token (`skein agent token`). `open`: any may join; on loopback only. */
  tokens: z.enum(['required', 'open']).default('required'),
  /**
   * `trust`: any user without a password. `scram-sha-256`: `users`, and those of `skein user add`. Unsaid: the latter as soon as there
   * are users; until then trust, on loopback only.
   */
  authentication: z.enum(['trust', 'scram-sha-256']).optional(),
  /** User -> settings with which their sessions begin, such as skein.gather_limit; SET changes them. */
  userSettings: z
    .record(
      z.string().min(1).max(63),
      z.record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]).transform(String)),
    )
    .default({}),
  users: z.record(z.string().min(1).max(63), verifier).default({}),
  tls: z
    .strictObject({
      certificate: z.string().min(1).optional(),
      key: z.string().min(1).optional(),
      /** A certificate that the proxy makes itself, for trial. */
      selfSigned: z.boolean().optional(),
      /** Who doesn't encrypt may not log in. */
      required: z.boolean().default(false),
    })
    .optional(),
  maxConnections: z.number().int().min(1).max(10_000).default(100),
  memory: size.default('2GB'),
  maxSpill: size.default('20GB'),
  /** What each session's prepared statements, portals and SCROLL cursors may keep. */
  maxSessionMemory: size.transform(bytesOf).default(256_000_000),
  threads: z.number().int().min(1).max(1024).optional(),
  /** How long agents keep the rows of tables in place that were dropped or made anew: statements may still read them. */
  pieceGraceSeconds: z.number().int().min(1).max(86_400).default(60),
  maxTasks: z.number().int().min(1).max(10_000).default(64),
});

export type ProxyConfig = z.output<typeof proxyConfigSchema>;

/** @throws 22023 that names every mistake with its key and what was expected. */
export function parseProxyConfig(input: unknown): ProxyConfig {
  const result = configMistakes(proxyConfigSchema, input);
  const mistakes = 'mistakes' in result ? result.mistakes : contradictions(result.value);
  if ('value' in result && mistakes.length === 0) return result.value;
  throw new SkeinError(
    'invalidParameterValue',
    `the proxy's configuration is invalid:\n  ${mistakes.join('\n  ')}`,
  );
}

/** What contradicts itself, or would be open to other machines without having been meant so. */
function contradictions(config: ProxyConfig): string[] {
  const mistakes: string[] = tlsMistakes(config.tls);
  if (config.authentication === 'trust' && Object.keys(config.users).length > 0) {
    mistakes.push(
      'authentication: expected scram-sha-256, because there are users; trust asks nobody for a password',
    );
  }
  if (!isLoopback(config.httpHost) && config.tokens === 'open') {
    mistakes.push(
      `tokens: expected required, because httpHost ${config.httpHost} lets agents of other machines in`,
    );
  }
  return mistakes;
}

function tlsMistakes(tls: ProxyConfig['tls']): string[] {
  if (tls === undefined) return [];
  const { certificate, key, selfSigned = false } = tls;
  if ((certificate === undefined) !== (key === undefined)) {
    return ['tls: expected both certificate and key'];
  }
  if (certificate !== undefined && selfSigned)
    return ['tls: expected certificate and key, or selfSigned, not both'];
  if (certificate === undefined && !selfSigned)
    return ['tls: expected certificate and key, or selfSigned: true'];
  return [];
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
