import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import duckdb from '@duckdb/node-bindings';
import { SkeinError } from '../base/errors.ts';

/** DuckDB closes what is no longer reachable. */
const held = new Set<duckdb.Database>();

/**
 * Makes a state directory this process's own until it ends, however it ends: DuckDB locks its database file by the kernel.
 * @param owner what uses the directory, such as `a proxy`.
 * @throws 55000 naming the process that has it.
 */
export async function lockState(directory: string, owner: string): Promise<() => void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const config = duckdb.create_config();
  duckdb.set_config(config, 'threads', '1');
  try {
    const database = await duckdb.open(join(directory, 'lock'), config);
    held.add(database);
    return () => {
      held.delete(database);
      duckdb.close_sync(database);
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const holder = /Conflicting lock is held.*?\(PID (\d+)\)/s.exec(message)?.[1];
    if (holder === undefined)
      throw new SkeinError('ioError', `can't lock the state directory ${directory}: ${message}`, {}, error);
    throw new SkeinError(
      'objectNotInState',
      `${owner} already uses the state directory ${directory} (process ${holder})`,
      { hint: 'Stop it, or name another directory with --state.' },
    );
  }
}
