import { Command } from 'commander';
import { describeFailure, runQueries, startWorlds, worldsFor } from '../test/oracle/generator/campaign.ts';
import { RefusalRates } from '../test/oracle/generator/rates.ts';

/** Random queries against PostgreSQL, without end: what the oracle's test does a thousand times. */
const program = new Command('fuzz')
  .description('Asks Skein and PostgreSQL the same random queries, and prints those on which they differ.')
  .option('--minutes <n>', 'how long', Number, 10)
  .option('--seed <n>', 'where to begin; the same seed makes the same queries', Number, 1)
  .option('--queries <n>', 'queries per seed', Number, 500)
  .option('--seeds-per-world <n>', 'seeds asked before the relations are made anew', Number, 5);

const options = program
  .parse()
  .opts<{ minutes: number; seed: number; queries: number; seedsPerWorld: number }>();
const until = Date.now() + options.minutes * 60_000;
const rates = new RefusalRates();
let failures = 0;
let seed = options.seed;
while (Date.now() < until) {
  const worlds = await startWorlds(worldsFor(seed));
  for (let i = 0; i < options.seedsPerWorld && Date.now() < until; i += 1, seed += 1) {
    const milliseconds = until - Date.now();
    const failure = await runQueries(worlds, { seed, runs: options.queries, rates, milliseconds });
    if (failure === undefined) continue;
    failures += 1;
    console.log(`\n${describeFailure(failure)}`);
  }
  // What a query met as a bug is told once more here.
  await worlds.close().catch((error: unknown) => {
    failures += 1;
    console.log(error);
  });
}
console.log(`\n${rates.report()}\n${failures} differences; the next seed is ${seed}`);
process.exitCode = failures === 0 ? 0 : 1;
