import type { Logger } from 'pino';

/** Resolves at the first SIGINT or SIGTERM, or when the parent that was told to watch is gone; a second signal ends the process at once. */
export async function untilStopped(log: Logger): Promise<void> {
  const reason = await new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
    // A child of `skein demo`: its channel ends with the demo, however that ended.
    if (process.connected) process.once('disconnect', () => resolve('the parent ended'));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  log.info({ reason }, 'stopping');
}
