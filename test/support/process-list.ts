import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';

/** Command lines of other processes that contain a text. */
export async function processesWith(text: string): Promise<readonly string[]> {
  const lines = platform() === 'linux' ? await fromProc() : await fromPs();
  return lines.filter((line) => line.includes(text));
}

async function fromProc(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return Promise.all(
    pids.map(async (pid) => {
      // It may have ended since.
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.replaceAll('\0', ' ').trim();
    }),
  );
}

async function fromPs(): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'args']);
  return stdout.split('\n');
}
