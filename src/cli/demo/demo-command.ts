import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { integer, port } from '../options.ts';
import type { DemoOptions } from './demo.ts';

const MAX_ROWS = 20_000_000;

export function demoCommand(): Command {
  return new Command('demo')
    .description('generate a retailer with four stores and run a proxy and four agents over it')
    .option('--pg-port <number>', 'port for PostgreSQL clients', freeChoice, 5433)
    .option('--http-port <number>', 'port for agents', freeChoice, 5480)
    .option('--state <directory>', 'where data and state are kept', join('.skein', 'demo'))
    .option('--rows <number>', 'transactions a store', rows, 100_000)
    .addHelpText('after', HELP)
    .action(async (flags: DemoOptions) => (await import('./demo.ts')).runDemo(flags));
}

/** The demo says where to connect before anything listens: no port may be left to the system. */
function freeChoice(text: string): number {
  if (port(text) === 0) throw new InvalidArgumentError('Expected a port, 1 to 65535.');
  return port(text);
}

function rows(text: string): number {
  if (integer(text) > MAX_ROWS) throw new InvalidArgumentError(`Expected at most ${MAX_ROWS}.`);
  return integer(text);
}

const HELP = `
The files are plain CSV, JSONL and Parquet below <state>/data, the processes' configurations below <state>/config. Open them,
change them: the agents see it. On this machine only, any user name, no password. Ctrl-C stops everything; the data stays for
the next start.`;
