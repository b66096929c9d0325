import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Step, steps } from '../support/markdown.ts';
import { SkeinProcess } from '../support/processes.ts';
import { Reader } from './reader.ts';

/** Every command and every statement of the documents does what they say, in their order. */

const root = new URL('../../', import.meta.url);
const page = (name: string) => readFileSync(new URL(name, root), 'utf8');

/** What a shown output may leave out. */
const LEFT_OUT = '…';

async function expectOutput(shown: string | undefined, real: string): Promise<void> {
  if (shown === undefined) return;
  if (!shown.includes(LEFT_OUT)) {
    expect(real).toBe(shown);
    return;
  }
  const lines = real.split('\n').map((line) => line.trimEnd());
  for (const line of shown.split('\n').filter((candidate) => candidate.trim() !== LEFT_OUT)) {
    const begin = line.endsWith(LEFT_OUT) ? line.slice(0, -LEFT_OUT.length) : undefined;
    const matches = begin === undefined ? lines.includes(line) : lines.some((each) => each.startsWith(begin));
    expect(matches, `"${line}" is not in\n${real}`).toBe(true);
  }
}

async function follow(reader: Reader, step: Step): Promise<void> {
  switch (step.kind) {
    case 'file':
      return reader.write(step.name, step.text);
    case 'command':
      return expectOutput(step.output, await reader.command(step.line));
    case 'statement':
      return expectOutput(step.output, await reader.statement(step.sql));
  }
}

function title(step: Step): string {
  return step.kind === 'file' ? step.name : step.kind === 'command' ? step.line : step.sql;
}

const readme = page('README.md');
const ownData = readme.indexOf('## Your own data');

describe('README.md, the demo', () => {
  const [demoCommand, testCommand, psqlLine, ...session] = steps(readme.slice(0, ownData));
  let reader: Reader;
  let demo: SkeinProcess;
  let state: string;

  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), 'skein-readme-'));
    reader = await Reader.start();
    const { pg, http } = reader.ports;
    demo = new SkeinProcess('demo', [
      'demo',
      ...['--pg-port', String(pg), '--http-port', String(http), '--state', state],
    ]);
    await demo.line('ready');
  });

  afterAll(async () => {
    await reader?.close();
    await demo?.stop();
    await rm(state, { recursive: true, force: true });
  });

  test('the commands are scripts of the package, and start what was started here', () => {
    const { scripts } = JSON.parse(page('package.json')) as { scripts: Record<string, string> };
    expect(demoCommand).toMatchObject({ kind: 'command', line: 'npm ci && npm run demo' });
    expect(scripts['demo']).toMatch(/skein\.cjs demo$/);
    expect(testCommand).toMatchObject({ kind: 'command', line: 'npm ci && npm test' });
    expect(scripts['test']).toContain('vitest run');
  });

  test('the psql line is the one that the demo prints', () => {
    const announced = demo.lines.find((line) => line.startsWith('psql '));
    expect(psqlLine).toMatchObject({ line: announced?.replace(String(reader.ports.pg), '5433') });
  });

  test.each(session.map((step) => ({ name: title(step), step })))('$name', async ({ step }) => {
    await follow(reader, step);
  });
});

describe.each([
  { name: 'README.md, your own data', markdown: readme.slice(ownData) },
  { name: 'docs/own-data.md', markdown: page('docs/own-data.md') },
  { name: 'docs/users.md', markdown: page('docs/users.md') },
])('$name', ({ markdown }) => {
  let reader: Reader;

  beforeAll(async () => {
    reader = await Reader.start();
  });

  afterAll(async () => {
    await reader?.close();
  });

  test.each(steps(markdown).map((step) => ({ name: title(step), step })))('$name', async ({ step }) => {
    await follow(reader, step);
  });
});

describe('ARCHITECTURE.md', () => {
  const architecture = page('ARCHITECTURE.md');
  const folders = (path: string) =>
    readdirSync(new URL(path, root), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('__'))
      .map(({ name }) => name);

  test('its map has every folder of src, and no other', () => {
    const mapped = [...architecture.matchAll(/^\| `(\w+)\/` \|/gm)].map(([, name]) => name);
    expect(mapped.toSorted()).toEqual(folders('src').toSorted());
  });

  test('it names every rewrite, and no other', () => {
    const rules = readdirSync(new URL('src/planner/rules/', root))
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => name.replace('.ts', ''));
    const section = /## Rewrites\n([\s\S]*?)\n## /.exec(architecture)?.[1] ?? '';
    const named = [...section.matchAll(/^- `([\w-]+)`/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(rules.toSorted());
  });

  test('is at most three pages', () => {
    expect(architecture.split('\n').length).toBeLessThan(190);
  });
});

describe('links', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'examples/flights/README.md',
    'examples/messy/README.md',
    'examples/dbt/README.md',
  ];
  const documents = readdirSync(new URL('docs/', root)).filter((name) => name.endsWith('.md'));

  test.each([...pages, ...documents.map((name) => `docs/${name}`)])('of %s lead somewhere', (name) => {
    for (const [, target = ''] of page(name).matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (target.includes('://')) continue;
      expect(() => readdirOrFile(new URL(target, new URL(name, root))), `${name}: ${target}`).not.toThrow();
    }
  });
});

function readdirOrFile(url: URL): unknown {
  try {
    return readdirSync(url);
  } catch {
    return readFileSync(url);
  }
}
