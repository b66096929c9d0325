import { connect as connectSocket } from 'node:net';
import { userInfo } from 'node:os';
import pg from 'pg';
import { SkeinError } from '../../base/errors.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const CANCEL_REQUEST = 80_877_102;

export interface Connected {
  readonly client: pg.Client;
  /** Asks the proxy to cancel what runs, as PostgreSQL clients do. */
  cancel(): void;
}

/** @param settings made for the session; one that does not exist is an error. */
export async function connect(url: string, settings: Readonly<Record<string, string>>): Promise<Connected> {
  pg.defaults.user ??= userInfo().username;
  pg.defaults.database ??= 'skein';
  const client = new pg.Client({
    connectionString: url,
    application_name: 'skein',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks fails the statement, which says so.
  client.on('error', () => undefined);
  let key: BackendKey | undefined;
  client.connection.on('backendKeyData', (message: BackendKey) => {
    key = message;
  });
  try {
    await client.connect();
  } catch (error) {
    throw cannotConnect(url, error);
  }
  for (const [name, value] of Object.entries(settings))
    await client.query('SELECT set_config($1, $2, false)', [name, value]);
  return {
    client,
    cancel: () => {
      if (key !== undefined) sendCancel(client.host, client.port, key);
    },
  };
}

function cannotConnect(url: string, error: unknown): unknown {
  if (error instanceof pg.DatabaseError) return error;
  const where = URL.canParse(url) ? new URL(url).host : 'the proxy';
  return new SkeinError('connectionFailure', `can't connect to ${where}: ${reasonOf(error)}`, {}, error);
}

function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? first.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
      return 'there is no such host';
    default:
      return first instanceof Error ? first.message : String(first);
  }
}

interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

function sendCancel(host: string, port: number, { processID, secretKey }: BackendKey): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = connectSocket(port, host, () => socket.end(request));
  // A proxy that can't be reached can't be asked; a second Ctrl-C leaves.
  socket.on('error', () => socket.destroy());
}
