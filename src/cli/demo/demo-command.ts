import { join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { integer } from '../options.ts';
import { type DemoOptions, runDemo } from './demo.ts';
import type { Progress } from './prepare.ts';

export function demoCommand(): Command {
  return new Command('demo')
    .description('generate a retailer with four stores and run a proxy and four agents over it')
    .option('--pg-port <number>', 'port for PostgreSQL clients', integer, 5433)
    .option('--http-port <number>', 'port for agents', integer, 5480)
    .option('--state <directory>', 'where data and state are kept', join('.skein', 'demo'))
    .option('--rows <number>', 'transactions a store', integer, 100_000)
    .action(async (flags: DemoOptions) => {
      await runDemo({ ...flags, state: resolve(flags.state) }, progressBar(), (line) =>
        process.stdout.write(`${line}\n`),
      );
    });
}

function progressBar(): Progress {
  const bar = new SingleBar({
    format: 'writing data [{bar}] {percentage} %',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 1000,
    stream: process.stdout,
  });
  return {
    start: (total) => bar.start(total, 0),
    advance: (lines) => bar.increment(lines),
    stop: () => bar.stop(),
  };
}
