import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Block, fencedBlocks } from '../../support/markdown.ts';
import { run, type Servers, startServers } from './fixture.ts';
import { pythonForClients } from './python.ts';

/** The code of docs/clients.md does what it says: the same with Skein as with PostgreSQL. */

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const blocks = fencedBlocks(await readFile(join(ROOT, 'docs', 'clients.md'), 'utf8'));

let python: string;
let servers: Servers;
let directory: string;

beforeAll(async () => {
  python = await pythonForClients();
  servers = await startServers();
  directory = await mkdtemp(join(tmpdir(), 'skein-clients-'));
});

afterAll(async () => {
  await servers?.close();
  await rm(directory, { recursive: true, force: true });
});

/** The PostgreSQL wants a password; libraries find it in PGPASSWORD, dbt in its profile. */
function withServer(text: string, server: 'skein' | 'postgres'): string {
  const { port, user, password } = servers[server];
  return text
    .replaceAll('5433', String(port))
    .replaceAll('//me@', `//${user}@`)
    .replaceAll('user=me', `user=${user}`)
    .replaceAll('user: me', `user: ${user}`)
    .replaceAll('password: ""', `password: ${password}`);
}

async function follow(block: Block, server: 'skein' | 'postgres'): Promise<readonly string[]> {
  const text = withServer(block.text, server);
  const home = join(directory, server);
  const env = { PGPASSWORD: servers[server].password, DBT_SEND_ANONYMOUS_USAGE_STATS: '0' };
  return lines(await program(block, text, home, env));
}

async function program(
  { language }: Block,
  text: string,
  home: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  switch (language) {
    case 'python':
      return run(python, ['-c', text], { env });
    case 'js':
      return run(process.execPath, ['--input-type=module', '-e', text], { env, cwd: ROOT });
    case 'yaml':
      return put(home, text);
    case 'sh':
      return shell(text, home, env);
    default:
      throw new Error(`a block of ${language} is of no known kind`);
  }
}

/** A yaml block begins with the name of its file. */
async function put(home: string, text: string): Promise<string> {
  const name = /^# (\S+\.yml)\n/.exec(text)?.[1];
  if (name === undefined) throw new Error(`expected the name of a file in the first line of ${text}`);
  await run('mkdir', ['-p', home]);
  await writeFile(join(home, name), text);
  // A dbt project as small as it may be.
  await writeFile(join(home, 'dbt_project.yml'), 'name: sales\nprofile: skein\n');
  return name;
}

/** dbt is a module of the clients' Python, and says much that tells of the machine. */
async function shell(text: string, home: string, env: Readonly<Record<string, string>>): Promise<string> {
  const dbt = /^dbt (.*)$/.exec(text)?.[1];
  if (dbt === undefined) return run('sh', ['-c', text], { env });
  const said = await run('sh', ['-c', `"${python}" -W ignore -m dbt.cli.main ${dbt}`], { cwd: home, env });
  return [...said.matchAll(/Connection test: .*|All checks passed!/g)].join('\n');
}

function lines(output: string): readonly string[] {
  return output.split('\n').filter((line) => line !== '');
}

test.each(blocks)('$language: $text', async (block) => {
  const both = { skein: await follow(block, 'skein'), postgres: await follow(block, 'postgres') };
  expect(both.skein).toEqual(both.postgres);
  expect(both.postgres.length).toBeGreaterThan(0);
});
