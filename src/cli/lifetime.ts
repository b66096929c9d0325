import type { Logger } from 'pino';

export interface Running {
  close(): Promise<void>;
}

/** What does not close in this time is left. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Runs a server until SIGINT, SIGTERM, SIGHUP, or the end of the parent that forked it; then closes it in order. A second signal
 * ends the process at once. Watches from the start, so that a parent that dies early leaves nothing behind.
 */
export async function runUntilStopped(log: Logger, open: () => Promise<Running>): Promise<void> {
  const request = stopRequest();
  const running = await Promise.race([open(), request.then(() => undefined)]);
  // Not yet up: there is nothing that must be closed in order.
  if (running === undefined) process.exit(0);
  log.info({ reason: await request }, 'stopping');
  for (const signal of SIGNALS) process.once(signal, () => process.exit(1));
  setTimeout(() => {
    log.error(`not closed within ${CLOSE_TIMEOUT_MS} ms`);
    process.exit(1);
  }, CLOSE_TIMEOUT_MS).unref();
  await running.close();
  if (process.connected) process.disconnect();
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function stopRequest(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve(signal));
    // A child of `skein demo`: its channel ends with the demo, however that ended.
    if (process.channel !== undefined) process.once('disconnect', () => resolve('the parent ended'));
  });
}
