import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { SkeinError } from '../base/errors.ts';

/** Named JSON documents that survive a crash at any moment: each is the old one or the new one. */
export interface DocumentStore {
  load(): Promise<ReadonlyMap<string, unknown>>;
  /** Durable once it resolves. */
  write(name: string, value: unknown): Promise<void>;
  remove(name: string): Promise<void>;
}

export function memoryStore(): DocumentStore {
  const documents = new Map<string, string>();
  return {
    async load() {
      return new Map([...documents].map(([name, text]): [string, unknown] => [name, JSON.parse(text)]));
    },
    async write(name, value) {
      documents.set(name, JSON.stringify(value));
    },
    async remove(name) {
      documents.delete(name);
    },
  };
}

const SUFFIX = '.json';
const UNFINISHED = '.tmp';

/** One file a document. Names are file names without the ending. @param hint what to do when a file can't be read. */
export function fileStore(directory: string, hint: string = RESTORE_HINT): DocumentStore {
  const fileOf = (name: string): string => path.join(directory, name + SUFFIX);
  return {
    async load() {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const files = await readdir(directory);
      for (const file of files) if (file.endsWith(UNFINISHED)) await rm(path.join(directory, file));
      const names = files
        .filter((file) => file.endsWith(SUFFIX))
        .map((file) => file.slice(0, -SUFFIX.length));
      return new Map(
        await Promise.all(names.map(async (name) => [name, await read(fileOf(name), hint)] as const)),
      );
    },
    async write(name, value) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeDurably(fileOf(name), JSON.stringify(value));
      await syncDirectory(directory);
    },
    async remove(name) {
      await rm(fileOf(name), { force: true });
      await syncDirectory(directory);
    },
  };
}

async function read(file: string, hint: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SkeinError('dataCorrupted', `"${file}" is not JSON`, { hint }, error);
  }
}

export const RESTORE_HINT =
  'Restore the file from a backup. Without it the proxy would forget agents, and answers would miss their rows.';

async function writeDurably(file: string, text: string): Promise<void> {
  const unfinished = file + UNFINISHED;
  const handle = await open(unfinished, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
}

/** A rename is durable once its directory is. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
