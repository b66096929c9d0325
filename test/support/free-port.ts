import { createServer } from 'node:net';

/** Below those that the system gives to outgoing connections, which would take it before its server does. */
const [FIRST, LAST] = [10_240, 32_767];
const MAX_TRIES = 100;

/** At random, because several test files look for one at the same time. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if (await isFree(port)) return port;
  }
  throw new Error('no port is free');
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
