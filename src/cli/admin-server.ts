import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { z } from 'zod';
import { SkeinError, toSkeinError } from '../base/errors.ts';
import type { AgentEntry } from '../catalog/snapshot.ts';
import type { Registry } from '../fleet/registry.ts';
import type { Finding } from './findings.ts';
import type { UserBook } from './users.ts';

/** Written by a running proxy into its state directory, for `skein agent list | token | remove` on the same machine. */
export interface AdminDoor {
  readonly port: number;
  readonly host: string;
  readonly secret: string;
}

export const ADMIN_DOOR_FILE = 'admin.json';

/** What the operator's commands are about. */
export interface AdminDesk {
  readonly registry: Registry;
  readonly users: UserBook;
  /** Verifies what configs declare. */
  readonly check: () => Promise<readonly Finding[]>;
}

/** Lets whoever can read the state directory run the operator's commands against the running proxy. */
export async function serveAdmin(
  desk: AdminDesk,
  server: Server,
  address: { readonly host: string; readonly port: number },
  stateDirectory: string,
): Promise<void> {
  const secret = randomBytes(32).toString('base64url');
  const file = join(stateDirectory, ADMIN_DOOR_FILE);
  const door: AdminDoor = { ...address, secret };
  await writeFile(file, JSON.stringify(door), { mode: 0o600 });
  await chmod(file, 0o600);
  server.on('request', (request, response) => {
    answer(desk, secret, request, response).catch((error: unknown) => {
      const { message, fields } = toSkeinError(error);
      send(response, 500, { error: message, hint: fields.hint });
    });
  });
}

async function answer(
  { registry, users, check }: AdminDesk,
  secret: string,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://proxy');
  if (pathname === '/healthz') return send(response, 200, { status: 'ok' });
  if (!pathname.startsWith('/admin/')) return send(response, 404, { error: 'not found' });
  if (!isAllowed(request, secret)) return send(response, 403, { error: 'forbidden' });
  const agent = searchParams.get('agent') ?? '';
  switch (`${request.method} ${pathname}`) {
    case 'GET /admin/agents':
      return send(response, 200, agentList(registry));
    case 'POST /admin/check':
      return send(response, 200, await check());
    case 'POST /admin/token':
      return send(response, 200, { token: await registry.createToken(agent) });
    case 'POST /admin/revoke':
      return send(response, 200, { revoked: await registry.revokeTokens(agent) });
    case 'POST /admin/remove':
      return send(response, 200, { removed: await remove(registry, agent, searchParams.get('table')) });
    case 'GET /admin/users':
      return send(response, 200, users.list());
    case 'POST /admin/user': {
      const { name, verifier, replace } = newUser.parse(await bodyOf(request));
      await users.add(name, verifier, replace);
      return send(response, 200, {});
    }
    case 'POST /admin/user/remove':
      await users.remove(newUser.pick({ name: true }).parse(await bodyOf(request)).name);
      return send(response, 200, {});
    default:
      return send(response, 404, { error: 'not found' });
  }
}

const newUser = z.object({ name: z.string().min(1).max(63), verifier: z.string(), replace: z.boolean() });
const MAX_BODY_BYTES = 16 * 1024;

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new SkeinError('limitExceeded', 'the request is too large');
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

export function remove(registry: Registry, agent: string, table: string | null): Promise<boolean> {
  return table === null ? registry.remove(agent) : registry.removeTable(agent, table);
}

export interface AgentListing {
  readonly agent: string;
  readonly state: string;
  readonly shard: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lastSeen: string;
  readonly reason: string;
}

export function agentList(registry: Registry): readonly AgentListing[] {
  const { shards, refused = [] } = registry.snapshot();
  const known = [
    ...shards.flatMap(({ id, labels, agents }) => agents.map((agent) => listing(agent, id, labels))),
    ...refused.map((agent) => listing(agent, agent.shard, agent.labels)),
  ];
  const names = new Set(known.map((listing) => listing.agent));
  const invited = registry
    .tokenHolders()
    .filter((agent) => !names.has(agent))
    .map((agent) => ({
      agent,
      state: 'invited',
      shard: '',
      labels: {},
      lastSeen: '',
      reason: 'has a token, never connected',
    }));
  return [...known, ...invited];
}

function listing(agent: AgentEntry, shard: string, labels: AgentListing['labels']): AgentListing {
  const { id, state, lastSeen = '', reason = '' } = agent;
  return { agent: id, state, shard, labels, lastSeen, reason };
}

function isAllowed(request: IncomingMessage, secret: string): boolean {
  const given = Buffer.from((request.headers.authorization ?? '').replace(/^Bearer /, ''));
  const expected = Buffer.from(secret);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
