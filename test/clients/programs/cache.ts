import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What set-ups of these tests make once and keep for the next run, of whichever checkout. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'skein-clients');
const OWN = fileURLToPath(new URL('../../../node_modules/.cache/skein-clients/', import.meta.url));

/** A folder of this checkout that stays, for tools that know themselves what is still good in it. */
export async function cacheFolder(name: string): Promise<string> {
  const folder = join(OWN, name);
  await mkdir(folder, { recursive: true });
  return folder;
}

/** A folder that `make` fills at the first call with these contents. Made aside and renamed, since test files run side by side. */
export async function cached(
  name: string,
  contents: string,
  make: (draft: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const folder = join(CACHE, `${name}-${hash}`);
  if (await exists(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    await make(draft);
    await rename(draft, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
