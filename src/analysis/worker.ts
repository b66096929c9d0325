import { cpSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { SERVER_SETTINGS } from './server-settings.ts';
import { INITDB_OPTIONS, SYSTEM_ROLE, TEMPORARY_SCHEMA, templateStatements } from './template-sql.ts';
import type { WorkerReply, WorkerRequest, WorkerStart } from './worker-messages.ts';

/**
 * A thread with one PostgreSQL in it. It only carries bytes; what they say is the engine's. PostgreSQL blocks the thread
 * while it works and can't be interrupted: the engine ends the whole thread instead.
 */
const START_PARAMETERS = [
  ...PGlite.defaultStartParams,
  ...SERVER_SETTINGS.flatMap((setting) => ['-c', setting]),
];

/** Leaves a directory with one database, in PostgreSQL's builtin locale, cleanly shut down. */
async function create({ directory, database, code }: WorkerStart): Promise<void> {
  const postgres = await PGlite.create({
    dataDir: directory,
    startParams: START_PARAMETERS,
    initDbStartParams: [...INITDB_OPTIONS],
    pgliteWasmModule: code,
  });
  for (const statement of templateStatements(database)) await postgres.exec(statement);
  await postgres.close();
}

async function serve({ directory, database, copyOf, code }: WorkerStart): Promise<void> {
  // The thread has nothing else to do, and so it takes a quarter of the time.
  if (copyOf !== undefined) cpSync(copyOf, directory, { recursive: true });
  const postgres = await PGlite.create({
    dataDir: directory,
    username: SYSTEM_ROLE,
    database,
    startParams: START_PARAMETERS,
    pgliteWasmModule: code,
  });
  for (const statement of TEMPORARY_SCHEMA) await postgres.exec(statement);
  let last: Promise<void> = Promise.resolve();
  parentPort?.on('message', (request: WorkerRequest) => {
    last = last.then(() => answer(postgres, request));
  });
}

async function answer(postgres: PGlite, request: WorkerRequest): Promise<void> {
  try {
    const bytes = await exchange(postgres, request);
    if (bytes === undefined) {
      send({ kind: 'failed', id: request.id, reason: 'too-large', message: '' });
    } else {
      send({ kind: 'answer', id: request.id, bytes }, [bytes.buffer]);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    send({ kind: 'failed', id: request.id, reason: 'crashed', message });
  }
}

async function exchange(
  postgres: PGlite,
  { message, maxBytes, now }: WorkerRequest,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  await atInstant(now, () =>
    postgres.execProtocolRawStream(message, {
      syncToFs: false,
      onRawData: (chunk) => {
        length += chunk.length;
        if (length <= maxBytes) chunks.push(chunk.slice());
      },
    }),
  );
  if (length > maxBytes) return undefined;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const HALF_A_MICROSECOND = 0.0005;

/** PostgreSQL's clock is this thread's `Date.now`, of which it drops what is less than a microsecond. */
async function atInstant(micros: bigint | undefined, work: () => Promise<unknown>): Promise<void> {
  const { now } = Date;
  if (micros !== undefined) Date.now = () => Number(micros) / 1000 + HALF_A_MICROSECOND;
  try {
    await work();
  } finally {
    Date.now = now;
  }
}

function send(reply: WorkerReply, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, transfer);
}

const start: WorkerStart = workerData;
await (start.task === 'create' ? create(start) : serve(start));
send({ kind: 'ready' });
