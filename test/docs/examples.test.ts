import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { fencedBlocks } from '../support/markdown.ts';
import { processesWith } from '../support/process-list.ts';

/** The commands of the examples' pages, in a working directory of their own. Their statements are the oracle tests' matter. */

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

const commands = ['flights', 'messy'].flatMap((example) =>
  fencedBlocks(read(`examples/${example}/README.md`))
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text),
);

test.each(commands)('%s', async (command) => {
  const [, script = '', flags = ''] = /^npm run ([\w:]+)(?: -- (.*))?$/.exec(command) ?? [];
  const [tsx, file = ''] = scripts[script]?.split(' ') ?? [];
  expect(tsx).toBe('tsx');
  const directory = await mkdtemp(join(tmpdir(), 'skein-examples-'));
  const port = await freePort();
  const ports = ['--pg-port', String(port), '--http-port', String(await freePort())];
  const child = spawn(
    process.execPath,
    [
      '--import',
      import.meta.resolve('tsx'),
      fileURLToPath(new URL(file, root)),
      ...flags.split(' ').filter(Boolean),
      ...ports,
    ],
    { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    const lines = await untilReady(child);
    expect(lines).toContain(`psql "host=127.0.0.1 port=${port} user=me dbname=skein"`);
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'me', database: 'skein' });
    await client.connect();
    const { rows } = await client.query('SELECT DISTINCT agent FROM skein.tables');
    expect(rows).toHaveLength(3);
    await client.end();
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    await rm(directory, { recursive: true, force: true });
  }
  expect(await processesWith(directory)).toEqual([]);
});

async function untilReady(child: ChildProcess): Promise<readonly string[]> {
  if (child.stdout === null) throw new Error('no standard output');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith('ready')) return lines;
  }
  throw new Error(`ended without being ready: ${lines.join('\n')}`);
}
