import pino from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on standard error: standard output belongs to what a command prints. */
export function createLog(name: string, level: LogLevel): pino.Logger {
  return pino(
    { name, level, base: { name, pid: process.pid }, redact: ['token', 'password', 'secret'] },
    pino.destination(2),
  );
}

export const silentLog = pino({ level: 'silent' });
