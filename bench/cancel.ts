import {
  AGENTS,
  cancelOnce,
  everyoneRests,
  fillSlots,
  PROXY,
  percentile,
  WORKS,
} from '../test/faults/system/cancels.ts';
import { System } from '../test/support/processes.ts';
import { machine, ms, table } from './measure.ts';

/** From CancelRequest to 57014 at the client, over every kind of work: `node --import tsx bench/cancel.ts`. */

const EACH = 15;

async function timesOf(system: System): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<string, readonly number[]>();
  for (const work of WORKS) {
    const release = work.queued === true ? await fillSlots(system) : undefined;
    const own: number[] = [];
    for (let i = 0; i < EACH; i++) {
      const { ms: time, code } = await cancelOnce(system, work, 20 + ((i * 37) % 200));
      if (code !== '57014') throw new Error(`${work.name} ended with ${code ?? 'rows'}`);
      own.push(time);
    }
    await release?.();
    await everyoneRests(system);
    times.set(work.name, own);
  }
  return times;
}

async function main(): Promise<void> {
  const system = await System.start({ agents: AGENTS, proxy: PROXY });
  try {
    const times = await timesOf(system);
    const rows = [...times, ['all', [...times.values()].flat()] as const].map(([name, own]) => [
      name,
      String(own.length),
      ...[0.5, 0.99].map((share) => ms(percentile(own, share))),
    ]);
    process.stdout.write(`${machine(1)}\n\n${table(['cancel, ms', 'times', 'p50', 'p99'], rows)}\n`);
  } finally {
    await system.close();
  }
}

await main();
