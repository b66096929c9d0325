import { parseArgs } from 'node:util';
import { soak } from '../test/support/soak/soak.ts';

/** `npm run soak -- --minutes 10 --clients 200 --seed 1`: clients at random, and what the memory does meanwhile. */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const report = await soak({
  minutes: Number(values.minutes),
  clients: Number(values.clients),
  seed: Number(values.seed),
});
console.log(`${report.done} connections did what they came for`);
for (const { process, warm, end } of report.memory)
  console.log(`${process}: ${warm} MB warm, ${end} MB at the end`);
for (const failure of report.failures) console.error(failure);
process.exitCode = report.failures.length === 0 ? 0 : 1;
