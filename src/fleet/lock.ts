import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { SkeinError } from '../base/errors.ts';

/**
 * Only one process may write a state directory.
 * @throws 55000 naming the process that holds it.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = path.join(directory, 'lock');
  for (let attempt = 0; ; attempt++) {
    if (await create(file)) return () => rm(file, { force: true });
    const holder = await readHolder(file);
    if (attempt > 0 || (holder !== undefined && holder !== process.pid && isAlive(holder))) {
      throw new SkeinError(
        'objectNotInState',
        `the state directory "${directory}" is used by process ${holder}`,
      );
    }
    // Whoever held it is gone: a crash leaves the file behind.
    await rm(file, { force: true });
  }
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(String(process.pid));
    await handle.close();
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function readHolder(file: string): Promise<number | undefined> {
  try {
    const id = Number(await readFile(file, 'utf8'));
    return Number.isInteger(id) && id > 0 ? id : undefined;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
