import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ClaimedTable } from '../catalog/claims.ts';
import { type Hello, PROTOCOL_VERSION } from '../protocol/messages.ts';
import { numericType, OID, sqlType } from '../types/sql-type.ts';
import { Registry, type RegistryOptions } from './registry.ts';
import { type DocumentStore, fileStore, memoryStore } from './store.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function open(store: DocumentStore, more: Partial<RegistryOptions> = {}): Promise<Registry> {
  return Registry.open({ store, declarations: undefined, tokens: 'open', log: silent, ...more });
}

const int8 = sqlType(OID.int8);

function table(name: string, more: Partial<ClaimedTable> = {}): ClaimedTable {
  return {
    name,
    replicated: false,
    columns: [{ name: 'x', type: int8, declared: false, allNull: false }],
    rowEstimate: 1,
    byteEstimate: 1,
    contentHash: undefined,
    outOfService: undefined,
    comment: undefined,
    ...more,
  };
}

function hello(agentId: string, tables: readonly ClaimedTable[], more: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    prelude: 'p',
    duckdb: 'v1',
    agentId,
    token: undefined,
    labels: { region: 'EU' },
    shard: undefined,
    inventory: { version: '1', tables },
    ...more,
  };
}

describe('persistence', () => {
  it("a column's whole type survives", async () => {
    const store = memoryStore();
    const before = await open(store);
    const column = { name: 'x', type: { ...int8, dimensions: 2 }, declared: false, allNull: false };
    await before.admit(hello('a', [table('t', { columns: [column] })]));
    await before.settled();
    const after = await open(store);
    expect(after.snapshot().tables[0]?.columns).toEqual([{ name: 'x', type: { ...int8, dimensions: 2 } }]);
  });

  it('agents, shards, labels, columns and tokens survive; all are absent until they come', async () => {
    const store = memoryStore();
    const before = await open(store, { tokens: 'required' });
    const token = await before.createToken('a');
    expect(await before.admit(hello('a', [table('t')], { token }))).toMatchObject({ kind: 'accepted' });
    const declarations = {
      labels: new Map([['storeid', sqlType(OID.int4)]]),
      columns: new Map([['t', new Map([['x', numericType(10, 2)]])]]),
    };
    const declared = await open(store, { tokens: 'required', declarations });
    expect(declared.snapshot().tables[0]?.columns).toEqual([{ name: 'x', type: numericType(10, 2) }]);

    const after = await open(store, { tokens: 'required' });
    expect(after.proxyId).toBe(before.proxyId);
    expect(after.snapshot().labels.map(({ name }) => name)).toEqual(['storeid', 'region']);
    expect(after.snapshot().tables).toEqual(declared.snapshot().tables);
    expect(after.snapshot().shards).toMatchObject([
      { id: 'a', labels: { region: 'EU' }, agents: [{ id: 'a', state: 'absent' }] },
    ]);
    expect(after.snapshot().version).toBeGreaterThan(before.snapshot().version);
    expect(after.tokenHolders()).toEqual(['a']);
    expect(await after.admit(hello('a', [table('t')], { token }))).toMatchObject({ kind: 'accepted' });
  });

  it('the files: no token in them, a half-written one is ignored, a damaged one is named', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'skein-registry-'));
    const registry = await open(fileStore(directory));
    const token = await registry.createToken('a');
    await registry.admit(hello('a', [table('t')]));
    const files = await readdir(directory);
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect(await readFile(path.join(directory, file), 'utf8')).not.toContain(token.slice(6));
    }
    await writeFile(path.join(directory, 'catalog.json.tmp'), '{"half');
    const again = await open(fileStore(directory));
    expect(again.snapshot().tables).toHaveLength(1);
    expect(await readdir(directory)).not.toContain('catalog.json.tmp');
    await writeFile(path.join(directory, 'catalog.json'), '{"half');
    await expect(open(fileStore(directory))).rejects.toMatchObject({
      code: 'XX001',
      message: expect.stringContaining('catalog.json'),
    });
    await writeFile(path.join(directory, 'catalog.json'), '{"format":2}');
    await expect(open(fileStore(directory))).rejects.toMatchObject({ code: 'XX001' });
    await rm(directory, { recursive: true });
  });

  it('nothing is accepted that is not on disk', async () => {
    const store = memoryStore();
    let full = false;
    const registry = await open({
      ...store,
      write: (name, value) => (full ? Promise.reject(new Error('disk full')) : store.write(name, value)),
    });
    full = true;
    await expect(registry.admit(hello('a', [table('t')]))).rejects.toThrow('disk full');
    expect(registry.snapshot().shards).toEqual([]);
    full = false;
    expect(await registry.admit(hello('a', [table('t')]))).toMatchObject({ kind: 'accepted' });
  });
});

describe('versions', () => {
  it('rise with the catalog, not with comings, goings and counts', async () => {
    const registry = await open(memoryStore());
    const version = () => registry.snapshot().version;
    await registry.admit(hello('a', [table('t')]));
    const first = version();
    await registry.left('a', 'cut');
    expect(registry.snapshot().shards[0]?.agents[0]).toMatchObject({ state: 'absent', reason: 'cut' });
    await registry.admit(hello('a', [table('t', { rowEstimate: 1000 })]));
    expect(registry.snapshot().tables[0]?.pieces[0]?.rowEstimate).toBe(1000);
    expect(version()).toBe(first);
    await registry.update('a', { version: '2', tables: [table('t'), table('u')] });
    expect(version()).toBe(first + 1);
    await registry.admit(hello('b', []));
    expect(version()).toBe(first + 2);
    await registry.remove('b');
    expect(version()).toBe(first + 3);
  });
});

describe('replicas', () => {
  it('both may change, one after the other: the last that is connected decides', async () => {
    const registry = await open(memoryStore());
    const join = (id: string, ...tables: ClaimedTable[]) => registry.admit(hello(id, tables, { shard: 's' }));
    await join('one', table('t'));
    await join('two', table('t'));
    const grown = { version: '2', tables: [table('t'), table('u')] };
    expect(await registry.update('one', grown)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('lacks table "u"'),
    });
    expect(await registry.update('two', grown)).toMatchObject({ kind: 'accepted' });
    expect(await join('one', table('t'), table('u'))).toMatchObject({ kind: 'accepted' });
    expect(registry.snapshot().tables.map(({ name }) => name)).toEqual(['t', 'u']);
  });

  it('a table that one lost stays the shard’s', async () => {
    const registry = await open(memoryStore());
    await registry.admit(hello('one', [table('t'), table('u')], { shard: 's' }));
    await registry.left('one', 'cut');
    await registry.admit(hello('two', [table('t')], { shard: 's' }));
    const piece = registry.snapshot().tables.find(({ name }) => name === 'u')?.pieces[0];
    expect(piece).toMatchObject({
      outOfService: undefined,
      outOfServiceOn: [{ agent: 'two', reason: expect.stringContaining('no longer announces it') }],
    });
  });

  it('the shard stays as long as one of them does', async () => {
    const registry = await open(memoryStore());
    await registry.admit(hello('one', [table('t')], { shard: 's' }));
    await registry.admit(hello('two', [table('t')], { shard: 's' }));
    await registry.remove('one');
    expect(registry.snapshot().shards.map(({ id }) => id)).toEqual(['s']);
    await registry.remove('two');
    expect(registry.snapshot()).toMatchObject({ shards: [], tables: [] });
    expect(await registry.remove('two')).toBe(false);
  });
});

describe('what the agents expose', () => {
  it('is the federation’s columns of their own tables', async () => {
    const registry = await open(memoryStore());
    await registry.admit(hello('a', [table('t')]));
    const y = { name: 'y', type: int8, declared: false, allNull: false };
    await registry.admit(hello('b', [table('t', { columns: [y] }), table('u')]));
    expect(registry.acceptedTables('a')).toEqual([
      {
        name: 't',
        columns: [
          { name: 'x', type: int8 },
          { name: 'y', type: int8 },
        ],
        outOfService: undefined,
      },
    ]);
    expect(registry.acceptedTables('b').map(({ name }) => name)).toEqual(['t', 'u']);
  });

  it('a label’s name on a column is out of service on that agent', async () => {
    const registry = await open(memoryStore());
    await registry.admit(hello('a', [table('t')], { labels: { x: '1' } }));
    expect(registry.acceptedTables('a')[0]?.outOfService).toMatch(/name of a label/);
  });
});

it('of the agents that were refused only the newest are kept', async () => {
  const registry = await open(memoryStore());
  for (let i = 0; i < 300; i++) registry.refused(hello(`stranger${i}`, []), 'wrong');
  const refused = registry.snapshot().refused ?? [];
  expect(refused).toHaveLength(100);
  expect(refused.at(-1)?.id).toBe('stranger299');
});
