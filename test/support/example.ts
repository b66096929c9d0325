import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configFiles, type Example } from '../../examples/support/example.ts';
import { freePort, type Processes, startProcesses } from '../../examples/support/processes.ts';

export interface RunningExample {
  connect: Processes['connect'];
  close(): Promise<void>;
}

/** An example's data and processes, configured by its own files, in a working directory of their own. */
export async function startExample(example: Example): Promise<RunningExample> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-example-'));
  const remove = () => rm(directory, { recursive: true, force: true });
  try {
    await example.split(join(directory, example.data));
    const processes = await startProcesses({
      directory,
      ...configFiles(example),
      pgPort: await freePort(),
      httpPort: await freePort(),
    });
    return {
      connect: processes.connect,
      async close() {
        await processes.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
