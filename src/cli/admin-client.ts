import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import { ADMIN_DOOR_FILE, type AgentListing, agentList, remove } from './admin-server.ts';
import { silentLog } from './log.ts';
import { openRegistry } from './registry.ts';

/** The operator's commands, against the running proxy of the state directory or, if none runs, its files. */
export interface Admin {
  list(): Promise<readonly AgentListing[]>;
  createToken(agent: string): Promise<string>;
  revoke(agent: string): Promise<number>;
  remove(agent: string, table: string | undefined): Promise<boolean>;
}

export async function openAdmin(stateDirectory: string): Promise<Admin> {
  return (await runningProxy(stateDirectory)) ?? (await registryOnDisk(stateDirectory));
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
  const { host, port, secret } = doorSchema.parse(JSON.parse(text));
  const base = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
  const alive = await fetch(`${base}/healthz`).then(
    (response) => response.ok,
    () => false,
  );
  if (!alive) return undefined;
  const call = async (method: string, path: string): Promise<unknown> => {
    const response = await fetch(`${base}/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}` },
    });
    const body: unknown = await response.json();
    if (!response.ok)
      throw new SkeinError('objectNotInState', `the proxy refused the command: ${JSON.stringify(body)}`);
    return body;
  };
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

async function registryOnDisk(stateDirectory: string): Promise<Admin> {
  const registry = await openRegistry({ stateDirectory, tokens: 'required' }, undefined, silentLog);
  return {
    list: async () => agentList(registry),
    createToken: (agent) => registry.createToken(agent),
    revoke: (agent) => registry.revokeTokens(agent),
    remove: (agent, table) => remove(registry, agent, table ?? null),
  };
}
