import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import { ADMIN_DOOR_FILE, type AgentListing, agentList, remove } from './admin-server.ts';
import type { Finding } from './findings.ts';
import { silentLog } from './log.ts';
import { openRegistry } from './registry.ts';
import { lockState } from './state-lock.ts';
import { UserBook, type UserListing } from './users.ts';

const ANSWER_TIMEOUT_MS = 10_000;
/** Agents read whole columns for it. */
const CHECK_TIMEOUT_MS = 3_600_000;

/** The operator's commands, against the running proxy of the state directory or, if none runs, its files. */
export interface Admin {
  list(): Promise<readonly AgentListing[]>;
  createToken(agent: string): Promise<string>;
  revoke(agent: string): Promise<number>;
  remove(agent: string, table: string | undefined): Promise<boolean>;
  users(): Promise<readonly UserListing[]>;
  addUser(name: string, verifier: string, replace: boolean): Promise<void>;
  removeUser(name: string): Promise<void>;
  /** undefined: no proxy runs that could ask its agents. */
  check(): Promise<readonly Finding[] | undefined>;
}

/** @throws 58P01 if no proxy has ever run with this state directory, and it isn't to be created. */
export async function withAdmin<T>(
  stateDirectory: string,
  act: (admin: Admin) => Promise<T>,
  { create = false }: { readonly create?: boolean } = {},
): Promise<T> {
  if (!create && !existsSync(join(stateDirectory, 'registry'))) {
    throw new SkeinError('undefinedFile', `no proxy has its state in ${stateDirectory}`, {
      hint: "Start the proxy first, and name its state directory with --state. This command runs on the proxy's machine.",
    });
  }
  const running = await runningProxy(stateDirectory);
  if (running !== undefined) return act(running);
  const unlock = await lockState(stateDirectory, 'a proxy that does not answer');
  try {
    return await act(await registryOnDisk(stateDirectory));
  } finally {
    unlock();
  }
}

const doorSchema = z.object({ host: z.string(), port: z.number(), secret: z.string() });
const listingSchema = z.array(
  z.object({
    agent: z.string(),
    state: z.string(),
    shard: z.string(),
    labels: z.record(z.string(), z.string()),
    lastSeen: z.string(),
    reason: z.string(),
  }),
);

const findingsSchema = z.array(
  z.object({
    kind: z.enum(['colocation', 'constants', 'replicated', 'table']),
    subject: z.string(),
    agent: z
      .string()
      .optional()
      .transform((agent) => agent),
    state: z.enum(['ok', 'failed', 'unknown']),
    detail: z.string(),
  }),
);

const userListSchema = z.array(
  z.object({ name: z.string(), source: z.enum(['configuration', 'skein user']) }),
);

async function runningProxy(stateDirectory: string): Promise<Admin | undefined> {
  const text = await readFile(join(stateDirectory, ADMIN_DOOR_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const door = doorSchema.parse(JSON.parse(text));
  const call = (method: string, path: string, body?: object) => request(door, method, path, body);
  // Only the proxy of this directory knows the secret; whatever else listens there now is not asked.
  const isAlive = await call('GET', 'agents').then(
    () => true,
    () => false,
  );
  if (!isAlive) return undefined;
  const query = (agent: string, table?: string) =>
    new URLSearchParams({ agent, ...(table === undefined ? {} : { table }) }).toString();
  return {
    list: async () => listingSchema.parse(await call('GET', 'agents')),
    createToken: async (agent) =>
      z.object({ token: z.string() }).parse(await call('POST', `token?${query(agent)}`)).token,
    revoke: async (agent) =>
      z.object({ revoked: z.number() }).parse(await call('POST', `revoke?${query(agent)}`)).revoked,
    remove: async (agent, table) =>
      z.object({ removed: z.boolean() }).parse(await call('POST', `remove?${query(agent, table)}`)).removed,
    users: async () => userListSchema.parse(await call('GET', 'users')),
    addUser: async (name, verifier, replace) => {
      await call('POST', 'user', { name, verifier, replace });
    },
    removeUser: async (name) => {
      await call('POST', 'user/remove', { name });
    },
    check: async () =>
      findingsSchema.parse(await request(door, 'POST', 'check', undefined, CHECK_TIMEOUT_MS)),
  };
}

async function request(
  door: z.infer<typeof doorSchema>,
  method: string,
  path: string,
  content?: object,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<unknown> {
  const { host, port, secret } = door;
  const here =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  const response = await fetch(`http://${here}:${port}/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}` },
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const body: unknown = await response.json();
  if (response.ok) return body;
  const refusal = z.object({ error: z.string(), hint: z.string().optional() }).safeParse(body);
  const { error, hint } = refusal.success
    ? refusal.data
    : { error: `status ${response.status}`, hint: undefined };
  throw new SkeinError('objectNotInState', `the proxy refused the command: ${error}`, { hint });
}

async function registryOnDisk(stateDirectory: string): Promise<Admin> {
  const registry = await openRegistry({ stateDirectory, tokens: 'required' }, undefined, silentLog);
  const users = await UserBook.open(stateDirectory, new Map());
  return {
    list: async () => agentList(registry),
    createToken: (agent) => registry.createToken(agent),
    revoke: (agent) => registry.revokeTokens(agent),
    remove: (agent, table) => remove(registry, agent, table ?? null),
    users: async () => users.list(),
    addUser: (name, verifier, replace) => users.add(name, verifier, replace),
    removeUser: (name) => users.remove(name),
    check: async () => undefined,
  };
}
