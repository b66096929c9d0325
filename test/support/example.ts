import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Example, placeConfigs } from '../../examples/support/example.ts';
import { type Processes, startProcesses } from '../../examples/support/processes.ts';
import { freePort } from './free-port.ts';

export interface RunningExample {
  connect: Processes['connect'];
  close(): Promise<void>;
}

/** Calls back with a working directory that holds an example's data, and removes it after that. */
export async function withExampleData<T>(
  example: Example,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-example-'));
  try {
    await example.split(directory);
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** An example's processes, configured by its own files. */
export async function runExampleIn(directory: string, example: Example): Promise<RunningExample> {
  const ports = { pgPort: await freePort(), httpPort: await freePort() };
  const configs = await placeConfigs(example, directory);
  const processes = await startProcesses({ directory, ...configs, ...ports });
  return { connect: processes.connect, close: processes.stop };
}

/** An example's data and processes, in a working directory of their own. */
export async function startExample(example: Example): Promise<RunningExample> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-example-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    await example.split(directory);
    const running = await runExampleIn(directory, example);
    return {
      connect: running.connect,
      async close() {
        await running.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
