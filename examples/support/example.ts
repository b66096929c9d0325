import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interrupted, startProcesses } from './processes.ts';

export interface Example {
  /** Below `examples/`: where its configuration files are. */
  readonly configs: string;
  readonly agents: readonly string[];
  /** Below the working directory: what its configuration files mean by their paths. */
  readonly data: string;
  /** Writes the agents' files below a directory. */
  readonly split: (directory: string) => Promise<void>;
  readonly pgPort: number;
  readonly httpPort: number;
}

/** Splits the data, unless that is done, and runs the proxy and the agents until Ctrl-C. */
export async function runExample(example: Example): Promise<void> {
  await prepare(join(process.cwd(), example.data), example.split);
  if (process.argv.includes('--split-only')) return;
  const { pgPort, httpPort } = example;
  const stopped = interrupted();
  const processes = await startProcesses({
    directory: process.cwd(),
    ...configFiles(example),
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

export function configFiles({ configs, agents }: Pick<Example, 'configs' | 'agents'>): {
  readonly proxyConfig: string;
  readonly agentConfigs: readonly string[];
} {
  const file = (name: string) => fileURLToPath(new URL(`../${configs}/${name}.yaml`, import.meta.url));
  return { proxyConfig: file('proxy'), agentConfigs: agents.map(file) };
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
