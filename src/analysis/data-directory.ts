import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { createDirectory } from './pg-thread.ts';
import { SERVER_SETTINGS } from './server-settings.ts';
import { SYSTEM_CATALOG_SQL } from './system-catalog.ts';
import { INITDB_OPTIONS, templateStatements } from './template-sql.ts';

const Meta = z.object({ fingerprint: z.string() });

/** Run directories of this process: another with our process id is left from an earlier life. */
const ours = new Set<string>();

/**
 * PostgreSQL's files in the state directory. `template` is made once by initdb (about 3 s) and never written again; each run
 * works on copies of it, so a crash or a torn write can't outlive the process.
 */
export interface DataDirectories {
  /** The template's files, never written. */
  readonly data: string;
  /** Where a thread may copy them to. */
  place(): string;
  /** What is derived from the template alone: made once, and kept beside it. */
  derived(name: string, make: () => Promise<string>): Promise<string>;
  /** A copy that nobody works on any more. */
  discard(copy: string): Promise<void>;
  /** Makes the template anew: it is damaged. */
  rebuild(): Promise<void>;
  remove(): Promise<void>;
}

export async function openDataDirectories(
  stateDirectory: string,
  database: string,
): Promise<DataDirectories> {
  const root = join(stateDirectory, 'postgres');
  await mkdir(root, { recursive: true });
  await removeDeadRuns(root);
  const template = join(root, 'template');
  if (!(await isCurrent(template, database))) await createTemplate(root, template, database);
  const run = `run-${process.pid}-${randomUUID().slice(0, 8)}`;
  ours.add(run);
  await mkdir(join(root, run));
  let copies = 0;
  return {
    data: join(template, 'data'),
    place: () => join(root, run, String(++copies)),
    derived: (name, make) => keptFile(join(template, name), join(root, run, name), make),
    discard: (copy) => rm(copy, { recursive: true, force: true }),
    rebuild: () => createTemplate(root, template, database),
    remove: async () => {
      await rm(join(root, run), { recursive: true, force: true });
      ours.delete(run);
    },
  };
}

/** Made aside and renamed: a half-written file is never taken for a whole one. */
async function keptFile(file: string, draft: string, make: () => Promise<string>): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  const content = await make();
  await writeFile(draft, content);
  await rename(draft, file);
  return content;
}

async function isCurrent(template: string, database: string): Promise<boolean> {
  try {
    const meta = Meta.safeParse(JSON.parse(await readFile(join(template, 'meta.json'), 'utf8')));
    return meta.success && meta.data.fingerprint === templateFingerprint(database);
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Whatever the template's content depends on. */
export function templateFingerprint(database: string): string {
  const content = JSON.stringify([
    postgresVersion(),
    INITDB_OPTIONS,
    SERVER_SETTINGS,
    templateStatements(database),
    SYSTEM_CATALOG_SQL,
  ]);
  return createHash('sha256').update(content).digest('hex');
}

/** Made aside and renamed: a half-made template is never taken for a whole one. */
async function createTemplate(root: string, template: string, database: string): Promise<void> {
  const name = `run-${process.pid}-${randomUUID().slice(0, 8)}`;
  ours.add(name);
  const draft = join(root, name);
  await mkdir(draft, { recursive: true });
  await createDirectory(join(draft, 'data'), database);
  const meta: z.infer<typeof Meta> = { fingerprint: templateFingerprint(database) };
  await writeFile(join(draft, 'meta.json'), JSON.stringify(meta));
  await rm(template, { recursive: true, force: true });
  await rename(draft, template);
  ours.delete(name);
}

/** Runs name the process that owns them. */
async function removeDeadRuns(root: string): Promise<void> {
  for (const entry of await readdir(root)) {
    const pid = Number(/^run-(\d+)-/.exec(entry)?.[1]);
    if (Number.isNaN(pid) || ours.has(entry) || (pid !== process.pid && isAlive(pid))) continue;
    await rm(join(root, entry), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

function postgresVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  return z
    .object({ version: z.string() })
    .parse(createRequire(import.meta.url)(join(dirname(entry), '..', 'package.json'))).version;
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
