import type { Log } from './log.ts';
import type { Sources } from './sources.ts';

/** Looks at the files in each interval, counted from the end of the last look. @returns what stops it. */
export function watch(sources: Sources, intervalMs: number, log: Log): () => Promise<void> {
  let stopped = false;
  let looking: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    try {
      await sources.refresh();
    } catch (error) {
      log.error({ error }, 'looking at the files failed');
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      looking = look();
    }, intervalMs).unref();
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
    return looking;
  };
}
