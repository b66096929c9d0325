import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.ts';
import { run } from './fixture.ts';

const REQUIREMENTS = fileURLToPath(new URL('./python/requirements.txt', import.meta.url));
const INSTALL_TIMEOUT_MS = 540_000;

/**
 * A Python that has exactly what the requirements pin. Needs Python 3.11 or newer with venv. Its scripts have their first path in
 * them, so modules are run: `python -m`.
 * @param more a file with requirements beside those of the clients.
 */
export async function pythonForClients(more: readonly string[] = []): Promise<string> {
  const files = [REQUIREMENTS, ...more];
  const pinned = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const contents = [await run('python3', ['--version']), ...pinned].join('\n');
  const home = await cached('python', contents, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    const required = files.flatMap((file) => ['-r', file]);
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...required], {
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
  });
  return join(home, 'bin', 'python');
}
