import { parseArgs } from 'node:util';
import { grown, soak } from '../test/support/soak/soak.ts';

/** `npm run soak -- --minutes 10 --clients 200 --seed 1`: clients at random. It fails where an answer is lost or another's, or memory grows. */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const clients = Number(values.clients);
const report = await soak({ minutes: Number(values.minutes), clients, seed: Number(values.seed) });
console.log(`${report.done} connections did what they came for`);
for (const { process, warm, end } of report.memory)
  console.log(`${process}: ${warm} MB warm, ${end} MB at the end`);
const grew = grown(report).map(({ process }) => `the memory of ${process} is not flat`);
const idle = report.done < clients ? [`only ${report.done} connections of ${clients} clients`] : [];
const failures = [...report.failures, ...grew, ...idle];
for (const failure of failures) console.error(failure);
console.log(failures.length === 0 ? 'passed' : 'failed');
process.exitCode = failures.length === 0 ? 0 : 1;
