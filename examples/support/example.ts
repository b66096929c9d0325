import { access, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interrupted, type ProcessOptions, startProcesses } from './processes.ts';

export interface Example {
  /** Below `examples/`: where its configuration files are. */
  readonly configs: string;
  readonly agents: readonly string[];
  /** Below the working directory: where the agents' files are. */
  readonly data: string;
  /** Writes the agents' files below a directory. */
  readonly split: (directory: string) => Promise<void>;
  readonly pgPort: number;
  readonly httpPort: number;
}

/** Splits the data, unless that is done, and runs the proxy and the agents until Ctrl-C. */
export async function runExample(example: Example): Promise<void> {
  const directory = join(process.cwd(), example.data);
  await prepare(directory, example.split);
  if (process.argv.includes('--split-only')) return;
  const { pgPort, httpPort } = example;
  const stopped = interrupted();
  const processes = await startProcesses({
    directory,
    ...(await placeConfigs(example, directory)),
    pgPort,
    httpPort,
  });
  process.stdout.write(`psql "host=127.0.0.1 port=${pgPort} user=me dbname=skein"\n`);
  process.stdout.write('ready; Ctrl-C stops everything\n');
  try {
    await Promise.race([stopped, processes.ended]);
  } finally {
    await processes.stop();
  }
}

/** Copies the configuration files to the data, so that their relative paths mean it. */
export async function placeConfigs(
  { configs, agents }: Pick<Example, 'configs' | 'agents'>,
  directory: string,
): Promise<Pick<ProcessOptions, 'proxyConfig' | 'agentConfigs'>> {
  const place = async (name: string) => {
    const to = join(directory, `${name}.yaml`);
    await copyFile(fileURLToPath(new URL(`../${configs}/${name}.yaml`, import.meta.url)), to);
    return to;
  };
  return { proxyConfig: await place('proxy'), agentConfigs: await Promise.all(agents.map(place)) };
}

async function prepare(directory: string, split: Example['split']): Promise<void> {
  const done = join(directory, 'done');
  const isDone = await access(done).then(
    () => true,
    () => false,
  );
  if (isDone) return;
  await rm(directory, { recursive: true, force: true });
  process.stdout.write(`splitting the data into ${directory}\n`);
  await split(directory);
}
