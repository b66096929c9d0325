import { userInfo } from 'node:os';
import pg from 'pg';
import { SkeinError } from '../../base/errors.ts';
import { type BackendKey, sendCancel } from './cancel-request.ts';
import { type Encryption, encryptionOf } from './ssl-mode.ts';

const CONNECT_TIMEOUT_MS = 10_000;

export interface Connected {
  readonly client: pg.Client;
  /** Asks the proxy to cancel what runs, as PostgreSQL clients do. */
  cancel(): void;
}

/** @param settings made for the session; one that does not exist is an error. */
export async function connect(url: string, settings: Readonly<Record<string, string>>): Promise<Connected> {
  pg.defaults.user ??= userInfo().username;
  pg.defaults.database ??= 'skein';
  const connected = await open(encryptionOf(url, process.env));
  for (const [name, value] of Object.entries(settings))
    await connected.client.query('SELECT set_config($1, $2, false)', [name, value]);
  return connected;
}

async function open(encryption: Encryption): Promise<Connected> {
  const { url, tls } = encryption;
  const client = new pg.Client({
    connectionString: url,
    application_name: 'skein',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    enableChannelBinding: true,
    ssl: tls ?? false,
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
    if (encryption.optional && tls !== undefined && isWithoutTls(error))
      return open({ ...encryption, tls: undefined });
    throw cannotConnect(url, client, error);
  }
  return {
    client,
    cancel: () => {
      if (key !== undefined) sendCancel({ host: client.host, port: client.port, tls }, key);
    },
  };
}

/** The proxy answered N to an SSLRequest. */
function isWithoutTls(error: unknown): boolean {
  return error instanceof Error && error.message === 'The server does not support SSL connections';
}

function cannotConnect(url: string, client: pg.Client, error: unknown): unknown {
  if (error instanceof pg.DatabaseError) return error;
  if (error instanceof Error && error.message.includes('password must be a string')) {
    return new SkeinError('invalidPassword', `the proxy asks for the password of user "${client.user}"`, {
      hint: 'Put it into PGPASSWORD or ~/.pgpass.',
    });
  }
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
