import { createServer } from 'node:net';
import { SkeinError } from '../base/errors.ts';

/** Names a port that can't be had before anything is begun. @throws 57P03 */
export async function assertFree(port: number, host: string, hint?: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(port, host, error, hint)));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

export function cannotListen(
  port: number,
  host: string,
  error: NodeJS.ErrnoException,
  hint?: string,
): SkeinError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use',
    EACCES: 'ports below 1024 need more rights',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'there is no such host',
  };
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new SkeinError('cannotConnectNow', `can't listen on ${host}:${port}: ${reason}`, { hint }, error);
}
