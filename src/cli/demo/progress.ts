import { SingleBar } from 'cli-progress';
import type { Progress } from './prepare.ts';

export function progressBar(): Progress {
  const bar = new SingleBar({
    format: 'writing data [{bar}] {percentage} %',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 1000,
    // Signals are the demo's to handle.
    gracefulExit: false,
    stream: process.stdout,
  });
  return {
    start: (total) => bar.start(total, 0),
    advance: (lines) => bar.increment(lines),
    stop: () => bar.stop(),
  };
}
