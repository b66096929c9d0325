import { randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { z } from 'zod';
import { SkeinError, toSkeinError } from '../base/errors.ts';
import type { AgentListing, Operator } from './operator.ts';

/** Where the proxy answers operators, on its http port, from loopback only. */
export const ADMIN_PATH = '/admin/agents';

const ADMIN_FILE = 'admin.json';
const MAX_BODY_BYTES = 64 << 10;
const CLIENT_TIMEOUT_MS = 30_000;

const requestSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('list') }),
  z.strictObject({ do: z.literal('token'), agent: z.string().min(1) }),
  z.strictObject({ do: z.literal('revoke'), agent: z.string().min(1) }),
  z.strictObject({ do: z.literal('remove'), agent: z.string().min(1) }),
  z.strictObject({ do: z.literal('remove-table'), agent: z.string().min(1), table: z.string().min(1) }),
]);

type AdminRequest = z.infer<typeof requestSchema>;

/** Answers {@link ADMIN_PATH}: who can read the proxy's state directory knows the key. */
export interface AdminEndpoint {
  /** @returns false if the request is for someone else. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  close(): Promise<void>;
}

/** @param url of the http port, as processes of this machine reach it: `http://127.0.0.1:5480`. */
export async function openAdmin(operator: Operator, directory: string, url: string): Promise<AdminEndpoint> {
  const key = randomBytes(32).toString('base64url');
  const file = path.join(directory, ADMIN_FILE);
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify({ url, key, pid: process.pid }), { mode: 0o600 });
  return {
    handle(request, response) {
      if ((request.url ?? '').split('?')[0] !== ADMIN_PATH) return false;
      void answer(request, response, operator, key);
      return true;
    },
    close: () => rm(file, { force: true }),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  operator: Operator,
  key: string,
): Promise<void> {
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(body));
  };
  try {
    if (!isLoopback(request.socket.remoteAddress) || !hasKey(request, key)) {
      send(403, { error: 'forbidden' });
    } else if (request.method !== 'POST') send(405, { error: 'only POST' });
    else {
      const parsed = requestSchema.safeParse(JSON.parse(await readBody(request)));
      if (parsed.success) send(200, { result: await perform(operator, parsed.data) });
      else send(400, { error: z.prettifyError(parsed.error) });
    }
  } catch (error) {
    send(500, { error: toSkeinError(error).message });
  }
}

function perform(operator: Operator, request: AdminRequest): Promise<unknown> {
  switch (request.do) {
    case 'list':
      return operator.list();
    case 'token':
      return operator.token(request.agent);
    case 'revoke':
      return operator.revoke(request.agent);
    case 'remove':
      return operator.remove(request.agent);
    case 'remove-table':
      return operator.removeTable(request.agent, request.table);
  }
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(127\.|::1$|::ffff:127\.)/.test(address);
}

function hasKey(request: IncomingMessage, key: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${key}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new SkeinError('limitExceeded', 'the request is too long');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const fileSchema = z.object({ url: z.string(), key: z.string(), pid: z.number().int() });

/** The operator's end: the proxy that runs on the state directory; undefined: none does. */
export async function connectAdmin(directory: string): Promise<Operator | undefined> {
  const known = await readAdminFile(path.join(directory, ADMIN_FILE));
  if (known === undefined) return undefined;
  const call = async (request: AdminRequest): Promise<unknown> => {
    const response = await fetch(known.url + ADMIN_PATH, {
      method: 'POST',
      headers: { authorization: `Bearer ${known.key}` },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(CLIENT_TIMEOUT_MS),
    });
    const answered = z
      .object({ result: z.unknown().optional(), error: z.string().optional() })
      .parse(await response.json());
    if (answered.error !== undefined) throw new SkeinError('objectNotInState', answered.error);
    return answered.result;
  };
  const operator: Operator = {
    list: async () => z.array(listingSchema).parse(await call({ do: 'list' })),
    token: async (agent) => z.string().parse(await call({ do: 'token', agent })),
    revoke: async (agent) => z.number().parse(await call({ do: 'revoke', agent })),
    remove: async (agent) => z.boolean().parse(await call({ do: 'remove', agent })),
    removeTable: async (agent, table) => z.boolean().parse(await call({ do: 'remove-table', agent, table })),
    close: async () => undefined,
  };
  try {
    await operator.list();
    return operator;
  } catch (error) {
    // A crashed proxy leaves its file behind.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const maybe = <T extends z.ZodType>(schema: T) => schema.optional().transform((value) => value);

const listingSchema: z.ZodType<AgentListing> = z.object({
  id: z.string(),
  state: z.enum(['connected', 'absent', 'refused', 'invited']),
  shard: z.string(),
  labels: z.record(z.string(), z.string()),
  tokens: z.number(),
  tables: z.array(z.object({ name: z.string(), outOfService: maybe(z.string()) })),
  lastSeen: maybe(z.string()),
  reason: maybe(z.string()),
});

async function readAdminFile(file: string): Promise<z.infer<typeof fileSchema> | undefined> {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
