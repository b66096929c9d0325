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
 */
export async function pythonForClients(): Promise<string> {
  const contents = [await run('python3', ['--version']), await readFile(REQUIREMENTS, 'utf8')].join('\n');
  const home = await cached('python', contents, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], {
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
  });
  return join(home, 'bin', 'python');
}
