import { access, mkdir, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { templateFingerprint } from '../../src/analysis/data-directory.ts';
import { createCatalogEngine } from '../../src/analysis/pglite-engine.ts';

/**
 * Lends a state directory the embedded PostgreSQL's data files of an earlier test: initdb takes seconds. Wrong files would only
 * cost time, since the engine checks what it finds and makes it anew.
 */
export async function lendPostgresTemplate(stateDirectory: string, database: string): Promise<void> {
  const shared = join(tmpdir(), `skein-test-postgres-${templateFingerprint(database).slice(0, 16)}`);
  if (!(await exists(shared))) await makeShared(shared, database);
  const root = join(stateDirectory, 'postgres');
  await mkdir(root, { recursive: true });
  await symlink(join(shared, 'postgres', 'template'), join(root, 'template'));
}

/** Made aside and renamed, since test files run side by side. */
async function makeShared(shared: string, database: string): Promise<void> {
  const draft = await mkdtemp(join(tmpdir(), 'skein-test-postgres-draft-'));
  const engine = await createCatalogEngine({ stateDirectory: draft, database });
  await engine.close();
  await rename(draft, shared).catch(async (error: unknown) => {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(shared))) throw error;
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
