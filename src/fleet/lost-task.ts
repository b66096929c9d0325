import type { SkeinError } from '../base/errors.ts';
import type { TaskRun } from '../execution/fleet.ts';
import type { Batch } from '../types/batch.ts';

/** A task that never reached its agent. */
export function lostTask(error: SkeinError): TaskRun {
  return {
    batches: failing(error),
    report: Promise.resolve({
      sql: '',
      rows: 0,
      bytesIn: 0,
      bytesOut: 0,
      queueMs: 0,
      runMs: 0,
      transferMs: 0,
    }),
  };
}

function failing(error: SkeinError): AsyncIterable<Batch> {
  return {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
  };
}
