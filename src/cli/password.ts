import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { SkeinError } from '../base/errors.ts';
import { Failure } from './failure.ts';

const MAX_PASSWORD_BYTES = 1024;
const EXIT_CANCELLED = 130;

/** A new password: asked for twice at a terminal, else the first line of standard input. Never an argument, which others could see. */
export async function readPassword(user: string): Promise<string> {
  const password = process.stdin.isTTY ? await askTwice(user) : await firstLine();
  if (password === '') throw new SkeinError('invalidParameterValue', 'the password is empty');
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
    throw new SkeinError('invalidParameterValue', `the password is longer than ${MAX_PASSWORD_BYTES} bytes`);
  return password;
}

async function askTwice(user: string): Promise<string> {
  const password = await ask(`Password for user ${user}: `);
  if ((await ask('Again: ')) === password) return password;
  throw new SkeinError('invalidParameterValue', 'the passwords differ');
}

/** What is typed isn't shown. */
async function ask(prompt: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const cancelled = new AbortController();
  terminal.on('SIGINT', () => cancelled.abort());
  terminal.on('close', () => cancelled.abort());
  process.stderr.write(prompt);
  try {
    return await terminal.question('', { signal: cancelled.signal });
  } catch {
    throw new Failure('', EXIT_CANCELLED);
  } finally {
    process.stderr.write('\n');
    terminal.close();
  }
}

async function firstLine(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > 2 * MAX_PASSWORD_BYTES || chunk.includes(0x0a)) break;
  }
  const [line = ''] = Buffer.concat(chunks).toString('utf8').split(/\r?\n/, 1);
  return line;
}
