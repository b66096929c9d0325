import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { quoteString } from '../../dialect/quote.ts';
import { eventLines, STORES, type Store, TRANSACTIONS_HEADER, transactionLines } from './retail.ts';

/** Rises when the generator changes: data of another version is made anew. */
const DATA_VERSION = 1;
const LINES_PER_CHUNK = 1000;
const EVENTS_PER_TRANSACTION = 1 / 4;

export interface Progress {
  /** @param total lines that will be written. */
  start(total: number): void;
  advance(lines: number): void;
  stop(): void;
}

function storeDirectory(directory: string, { storeid }: Store): string {
  return join(directory, `store-${storeid}`);
}

/** Writes each store's files, unless they are there already. `rows` are transactions a store. */
export async function prepareData(
  directory: string,
  rows: number,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const manifest = join(directory, 'manifest.json');
  const wanted = JSON.stringify({ version: DATA_VERSION, rows });
  const found = await readFile(manifest, 'utf8').catch(() => undefined);
  if (found === wanted) return;
  await rm(directory, { recursive: true, force: true });
  const events = Math.ceil((rows * EVENTS_PER_TRANSACTION) / 12);
  progress.start(STORES.length * (rows + 12 * events));
  try {
    for (const store of STORES) {
      const write = { rows, eventsAMonth: events, progress, signal };
      await writeStore(storeDirectory(directory, store), store, write);
    }
  } finally {
    progress.stop();
  }
  // Last: an interrupted run leaves no manifest, and is begun anew.
  await writeFile(`${manifest}.new`, wanted);
  await rename(`${manifest}.new`, manifest);
}

interface Write {
  readonly rows: number;
  readonly eventsAMonth: number;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function writeStore(directory: string, store: Store, write: Write): Promise<void> {
  await mkdir(join(directory, 'events'), { recursive: true });
  const transactions = join(directory, 'transactions.csv');
  await writeLines(transactions, TRANSACTIONS_HEADER, transactionLines(store), write.rows, write);
  for (let month = 1; month <= 12; month++) {
    const file = join(directory, 'events', `2024-${String(month).padStart(2, '0')}.jsonl`);
    await writeLines(file, '', eventLines(store, month), write.eventsAMonth, write);
  }
  await writeStores(directory);
}

async function writeLines(
  file: string,
  header: string,
  line: () => string,
  count: number,
  { progress, signal }: Write,
): Promise<void> {
  function* chunks(): Generator<string> {
    yield header;
    for (let left = count; left > 0; left -= LINES_PER_CHUNK) {
      const lines = Math.min(left, LINES_PER_CHUNK);
      yield Array.from({ length: lines }, line).join('');
      progress.advance(lines);
    }
  }
  await pipeline(Readable.from(chunks()), createWriteStream(file), { signal });
}

/** The dimension that every store has: one row a store. */
async function writeStores(directory: string): Promise<void> {
  const { openWriter } = await import('../../engine/duckdb.ts');
  const engine = await openWriter(directory);
  const rows = STORES.map(
    ({ storeid, name, opened, squareMetres }) =>
      `(${storeid}, ${quoteString(name)}, DATE ${quoteString(opened)}, ${squareMetres})`,
  );
  const file = join(directory, 'stores.parquet');
  await engine.run(
    `COPY (SELECT * FROM (VALUES ${rows.join(', ')}) AS s(storeid, name, opened, square_metres)) TO ${quoteString(file)} (FORMAT parquet)`,
  );
  await engine.close();
}
