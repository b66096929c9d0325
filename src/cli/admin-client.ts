import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import { ADMIN_DOOR_FILE, type AgentListing, agentList, remove } from './admin-server.ts';
import { silentLog } from './log.ts';
import { openRegistry } from './registry.ts';
import { lockState } from './state-lock.ts';

const ANSWER_TIMEOUT_MS = 10_000;

/** The operator's commands, against the running proxy of the state directory or, if none runs, its files. */
export interface Admin {
  list(): Promise<readonly AgentListing[]>;
  createToken(agent: string): Promise<string>;
  revoke(agent: string): Promise<number>;
  remove(agent: string, table: string | undefined): Promise<boolean>;
}

/** @throws 58P01 if no proxy has ever run with this state directory. */
export async function withAdmin<T>(stateDirectory: string, act: (admin: Admin) => Promise<T>): Promise<T> {
  if (!existsSync(join(stateDirectory, 'registry'))) {
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

async function runningProxy(stateDirectory: string): Promise<Admin | undefined> {
  const text = await readFile(join(stateDirectory, ADMIN_DOOR_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const door = doorSchema.parse(JSON.parse(text));
  const call = (method: string, path: string) => request(door, method, path);
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
  };
}

async function request(door: z.infer<typeof doorSchema>, method: string, path: string): Promise<unknown> {
  const { host, port, secret } = door;
  const here =
    host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  const response = await fetch(`http://${here}:${port}/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${secret}` },
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  const body: unknown = await response.json();
  if (response.ok) return body;
  const refusal = z.object({ error: z.string() }).safeParse(body);
  const reason = refusal.success ? refusal.data.error : `status ${response.status}`;
  throw new SkeinError('objectNotInState', `the proxy refused the command: ${reason}`);
}

async function registryOnDisk(stateDirectory: string): Promise<Admin> {
  const registry = await openRegistry({ stateDirectory, tokens: 'required' }, undefined, silentLog);
  return {
    list: async () => agentList(registry),
    createToken: (agent) => registry.createToken(agent),
    revoke: (agent) => registry.revokeTokens(agent),
    remove: (agent, table) => remove(registry, agent, table ?? null),
  };
}
