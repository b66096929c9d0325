import { access, copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { interrupted, type ProcessOptions, startProcesses } from './processes.ts';

export interface Example {
  /** Below `examples/`: where its configuration files are. */
  readonly configs: string;
  readonly agents: readonly string[];
  /** Below the working directory: where the agents' files are. */
  readonly data: string;
  /** Writes the agents' files below a directory. */
  readonly split: (directory: string) => Promise<void>;
}

export interface ExampleFlags {
  readonly pgPort: number;
  readonly httpPort: number;
  readonly splitOnly: boolean;
  /** Without what the example declares of its files, where it has such a form. */
  readonly asFound: boolean;
}

/** @throws for anything but `--pg-port N`, `--http-port N`, `--split-only` and `--as-found`. */
export function exampleFlags(args: readonly string[]): ExampleFlags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'pg-port': { type: 'string', default: '5433' },
      'http-port': { type: 'string', default: '5480' },
      'split-only': { type: 'boolean', default: false },
      'as-found': { type: 'boolean', default: false },
    },
  });
  return {
    pgPort: Number(values['pg-port']),
    httpPort: Number(values['http-port']),
    splitOnly: values['split-only'],
    asFound: values['as-found'],
  };
}

/** Splits the data, unless that is done, and runs the proxy and the agents until Ctrl-C. */
export async function runExample(example: Example, flags: ExampleFlags): Promise<void> {
  const directory = join(process.cwd(), example.data);
  await prepare(directory, example.split);
  if (flags.splitOnly) return;
  const { pgPort, httpPort } = flags;
  const stopped = interrupted();
  const configs = await placeConfigs(example, directory);
  const processes = await startProcesses({ directory, ...configs, pgPort, httpPort });
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
