import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import type { SkeinError } from '../../src/base/errors.ts';
import { numericType } from '../../src/types/sql-type.ts';
import {
  answer,
  connected,
  csv,
  execute,
  RawAgent,
  REPORT,
  rawFrame,
  rawHello,
  sortPlan,
  startAgent,
  startProxy,
  stateOf,
  streamPlan,
  until,
  World,
} from './fleet-fixture.ts';

let world: World;
beforeEach(() => {
  world = new World();
  onTestFailed(() => console.error(world.journal.lines.join('\n')));
});
afterEach(() => world.end());

const EU = { region: 'EU' };
const US = { region: 'US' };

async function pair(options: Parameters<typeof startProxy>[1] = {}) {
  const proxy = await startProxy(world, options);
  const paris = await startAgent(world, proxy, 'paris', { labels: EU });
  const boston = await startAgent(world, proxy, 'boston', {
    labels: US,
    files: { 't.csv': csv('boston', 2) },
  });
  await connected(proxy, 'paris', 'boston');
  return { proxy, paris, boston };
}

const BOTH = ['paris', 'boston'];

/** The error with which it fails. */
async function failure(work: Promise<unknown>): Promise<SkeinError> {
  return work.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: SkeinError) => error,
  );
}

describe('answers', () => {
  it('streams the rows of all shards, with their labels', async () => {
    const { proxy } = await pair();
    const { rows, execution } = await answer(proxy, streamPlan(BOTH, ['region']));
    expect([...rows].sort()).toEqual([
      ['1', 'boston', 'US'],
      ['1', 'paris', 'EU'],
      ['2', 'boston', 'US'],
      ['2', 'paris', 'EU'],
      ['3', 'paris', 'EU'],
    ]);
    expect(execution.missing()).toEqual([]);
    expect(execution.tasks()).toMatchObject([
      { agent: 'paris', shard: 'paris', state: 'done', rows: 3, columns: ['a', 'b', 'region'], bytesIn: 0 },
      { agent: 'boston', state: 'done', rows: 2, error: undefined },
    ]);
    for (const task of execution.tasks()) {
      expect(task.sql).toContain('SELECT');
      expect(task.bytesOut).toBeGreaterThan(0);
    }
  });

  it('combines gathered rows', async () => {
    const { proxy } = await pair();
    const { rows, execution } = await answer(proxy, sortPlan(BOTH));
    expect(rows).toEqual([
      ['1', 'boston'],
      ['2', 'boston'],
      ['1', 'paris'],
      ['2', 'paris'],
      ['3', 'paris'],
    ]);
    expect(execution.combineSql).toMatch(/ORDER BY/);
  });

  it('asks nobody where no shard is left', async () => {
    const { proxy } = await pair();
    expect((await answer(proxy, streamPlan([]))).rows).toEqual([]);
    expect((await answer(proxy, sortPlan([]))).rows).toEqual([]);
  });

  it('asks only the shards of the plan', async () => {
    const { proxy, boston } = await pair();
    await boston.close();
    expect((await answer(proxy, sortPlan(['paris']))).rows).toHaveLength(3);
  });

  it('a query’s own error comes as the agent’s SQLSTATE, once, and ends the other tasks', async () => {
    const { proxy, paris } = await pair();
    await writeFile(path.join(paris.directory, 't.csv'), 'a,b\n1,x\nnot a number,y\n');
    const error = await failure(answer(proxy, sortPlan(BOTH)));
    expect(error.code).not.toBe('58000');
    expect(proxy.fleet.taskCount).toBe(0);
  });
});

describe('an agent that is away', () => {
  it('fails the query by name, with its labels', async () => {
    const { proxy, boston } = await pair();
    await boston.close();
    await until('boston is away', () => stateOf(proxy.fleet.snapshot(), 'boston') === 'absent');
    for (const plan of [streamPlan(BOTH), sortPlan(BOTH)]) {
      const error = await failure(answer(proxy, plan));
      expect(error).toMatchObject({ code: '58000', message: 'agent "boston" is not connected' });
      expect(error.fields.detail).toMatch(
        /^agent "boston" \(region=US\) is not connected: the agent is shutting down; last seen 20/,
      );
      expect(error.fields.hint).toContain('skein.on_missing_agent');
    }
  });

  it('partial: the others answer, and the gap is told', async () => {
    const { proxy, boston } = await pair();
    await boston.close();
    await until('boston is away', () => stateOf(proxy.fleet.snapshot(), 'boston') === 'absent');
    for (const plan of [streamPlan(BOTH), sortPlan(BOTH)]) {
      const { rows, execution } = await answer(proxy, plan, { onMissingAgent: 'partial' });
      expect(rows).toHaveLength(3);
      expect(execution.missing()).toMatchObject([{ shard: 'boston', agents: ['boston'], labels: US }]);
    }
  });

  it('wait: answers once it is back, fails when the time is up', async () => {
    const { proxy, boston } = await pair();
    await boston.close();
    await until('boston is away', () => stateOf(proxy.fleet.snapshot(), 'boston') === 'absent');
    const started = Date.now();
    const late = await failure(
      answer(proxy, sortPlan(BOTH), { onMissingAgent: 'wait', missingAgentTimeoutMs: 150 }),
    );
    expect(late.message).toBe('agent "boston" is not connected');
    expect(Date.now() - started).toBeGreaterThanOrEqual(140);
    const waiting = answer(proxy, sortPlan(BOTH), { onMissingAgent: 'wait', missingAgentTimeoutMs: 10_000 });
    await startAgent(world, proxy, 'boston', { labels: US });
    expect((await waiting).rows).toHaveLength(6);
  });

  it('wait ends with the statement’s signal', async () => {
    const { proxy, boston } = await pair();
    await boston.close();
    await until('boston is away', () => stateOf(proxy.fleet.snapshot(), 'boston') === 'absent');
    const abort = new AbortController();
    const settings = { onMissingAgent: 'wait', missingAgentTimeoutMs: 10_000 } as const;
    const waiting = execute(proxy, sortPlan(BOTH), settings, abort.signal);
    setTimeout(() => abort.abort(), 20);
    expect((await failure(waiting)).code).toBe('57014');
  });

  it('a restarted proxy still knows it, and both find each other again', async () => {
    const { proxy, boston } = await pair();
    await boston.close();
    await until('boston is away', () => stateOf(proxy.fleet.snapshot(), 'boston') === 'absent');
    const version = proxy.fleet.snapshot().version;
    await proxy.close();
    const again = await startProxy(world, { port: proxy.port });
    expect(again.registry.proxyId).toBe(proxy.registry.proxyId);
    expect(again.fleet.snapshot().version).toBeGreaterThan(version);
    expect(again.fleet.snapshot().tables).toEqual(proxy.fleet.snapshot().tables);
    await connected(again, 'paris');
    const error = await failure(answer(again, sortPlan(BOTH)));
    expect(error.message).toBe('agent "boston" is not connected');
    expect(error.fields.detail).toContain('region=US');
    await again.registry.remove('boston');
    expect(again.fleet.snapshot().shards.map((shard) => shard.id)).toEqual(['paris']);
  });
});

describe('an agent that fails in the middle', () => {
  const wide = (id: string): string => csv(`${id}${'x'.repeat(200)}`, 60_000);

  it('killed after some rows: an error in every mode', async () => {
    for (const onMissingAgent of ['fail', 'partial'] as const) {
      const proxy = await startProxy(world);
      const raw = await RawAgent.join(world, proxy, 'raw');
      const execution = await execute(proxy, streamPlan(['raw']), { onMissingAgent });
      const rows = execution.batches[Symbol.asyncIterator]();
      const first = rows.next();
      const { taskId } = await raw.task();
      raw.sendBytes(rawFrame(taskId, 0));
      expect((await first).value).toMatchObject({ rowCount: 1 });
      const second = rows.next();
      raw.terminate();
      const error = await failure(second);
      expect(error).toMatchObject({ code: '58000', message: 'agent "raw" is not connected' });
      expect(error.fields.detail).toContain('(region=EU)');
      await execution.close();
      expect(execution.tasks()).toMatchObject([{ agent: 'raw', state: 'failed', rows: 1 }]);
      await world.end();
    }
  });

  it('its gathered rows count wholly or not at all', async () => {
    const { proxy } = await pair();
    const raw = await RawAgent.join(world, proxy, 'raw');
    const fails = answer(proxy, sortPlan([...BOTH, 'raw']));
    const { taskId } = await raw.task();
    raw.sendBytes(rawFrame(taskId, 0));
    raw.terminate();
    expect((await failure(fails)).code).toBe('58000');

    const again = await RawAgent.join(world, proxy, 'raw');
    const partial = answer(proxy, sortPlan([...BOTH, 'raw']), { onMissingAgent: 'partial' });
    again.sendBytes(rawFrame((await again.task()).taskId, 0));
    again.terminate();
    const { rows, execution } = await partial;
    expect(rows).toHaveLength(5);
    expect(execution.missing()).toMatchObject([{ shard: 'raw', agents: ['raw'] }]);
    expect(execution.tasks().find((task) => task.agent === 'raw')).toMatchObject({
      state: 'failed',
      rows: 1,
    });
  });

  it('stalled: absent after some heartbeats, its task fails', async () => {
    const proxy = await startProxy(world);
    const raw = await RawAgent.join(world, proxy, 'raw');
    const fails = answer(proxy, sortPlan(['raw']));
    await raw.task();
    raw.freeze();
    const error = await failure(fails);
    expect(error.fields.detail).toMatch(/nothing was heard from it/);
    expect(stateOf(proxy.fleet.snapshot(), 'raw')).toBe('absent');
  });

  it('more rows than memory holds are staged, and dropped with their agent', async () => {
    const { proxy } = await pair();
    await startAgent(world, proxy, 'big', { labels: EU, files: { 't.csv': wide('big') } });
    await startAgent(world, proxy, 'huge', {
      labels: EU,
      files: { 't.csv': csv(`huge${'y'.repeat(900)}`, 60_000) },
    });
    await connected(proxy, 'big', 'huge');
    const { rows } = await answer(proxy, sortPlan([...BOTH, 'big', 'huge']));
    expect(rows).toHaveLength(120_005);
    await until('the engine is idle', () => proxy.context.engine.busy === 0);
    expect(await proxy.context.engine.texts('SELECT name FROM (SHOW ALL TABLES)', 1)).toEqual([]);
  });
});

describe('replicas', () => {
  const shard = { shard: 's', labels: EU };

  it('one is asked, the other takes over', async () => {
    const proxy = await startProxy(world);
    const one = await startAgent(world, proxy, 'one', { ...shard, files: { 't.csv': csv('s', 3) } });
    await startAgent(world, proxy, 'two', { ...shard, files: { 't.csv': csv('s', 3) } });
    await connected(proxy, 'one', 'two');
    const { rows, execution } = await answer(proxy, sortPlan(['s']));
    expect(rows).toHaveLength(3);
    expect(execution.tasks()).toHaveLength(1);
    await one.close();
    await until('one is away', () => stateOf(proxy.fleet.snapshot(), 'one') === 'absent');
    for (let i = 0; i < 3; i++) {
      const after = await answer(proxy, streamPlan(['s']));
      expect(after.rows).toHaveLength(3);
      expect(after.execution.tasks()).toMatchObject([{ agent: 'two', shard: 's' }]);
    }
  });

  it('the other takes over in the middle, as long as no row has left', async () => {
    const proxy = await startProxy(world);
    // First: while an agent starts in this process, no other's heartbeats come.
    await startAgent(world, proxy, 'two', { ...shard, files: { 't.csv': csv('s', 3) } });
    const raw = await RawAgent.join(world, proxy, 'raw', { shard: 's' });
    await connected(proxy, 'raw', 'two');
    let taken = 0;
    for (let i = 0; i < 10 && taken === 0; i++) {
      const asking = answer(proxy, sortPlan(['s']));
      const asked = await Promise.race([raw.task(), asking]);
      if ('type' in asked) {
        taken++;
        raw.sendBytes(rawFrame(asked.taskId, 0));
        raw.terminate();
      }
      const { rows, execution } = await asking;
      expect(rows).toHaveLength(3);
      if (taken === 1) {
        expect(execution.tasks()).toMatchObject([
          { agent: 'raw', state: 'failed' },
          { agent: 'two', state: 'done', rows: 3 },
        ]);
      }
    }
    expect(taken).toBe(1);
  });

  it('other labels or tables are refused by name', async () => {
    const proxy = await startProxy(world);
    await startAgent(world, proxy, 'one', shard);
    await connected(proxy, 'one');
    const label = await RawAgent.join(world, proxy, 'two', { shard: 's', labels: US });
    expect(label.received).toMatchObject([
      { type: 'refused', reason: expect.stringMatching(/labels differ from those of agent "one"/) },
    ]);
    const table = await RawAgent.join(world, proxy, 'two', {
      shard: 's',
      inventory: { version: '1', tables: [] },
    });
    expect(table.received).toMatchObject([
      { type: 'refused', reason: expect.stringMatching(/agent "one".* which has table "t"/) },
    ]);
    expect(proxy.fleet.snapshot().refused).toMatchObject([{ id: 'two', state: 'refused', shard: 's' }]);
  });
});

describe('joining', () => {
  it('needs a token that is its own and not revoked', async () => {
    const proxy = await startProxy(world, { tokens: 'required' });
    const token = await proxy.registry.createToken('raw');
    const other = await proxy.registry.createToken('other');
    const reasons: string[] = [];
    for (const wrong of [undefined, 'skein_guess', other]) {
      const raw = await RawAgent.join(world, proxy, 'raw', { token: wrong });
      const [first] = raw.received;
      if (first?.type === 'refused') reasons.push(first.reason);
    }
    expect(reasons).toEqual([
      'no join token was given',
      'the join token is wrong or was revoked',
      'the join token belongs to another agent id',
    ]);
    expect(proxy.fleet.snapshot().shards).toEqual([]);
    expect(proxy.fleet.snapshot().refused).toMatchObject([{ id: 'raw', reason: reasons[2] }]);

    const welcome = await RawAgent.join(world, proxy, 'raw', { token });
    expect(welcome.received[0]).toMatchObject({ type: 'welcome' });
    expect(proxy.fleet.snapshot().refused).toEqual([]);
    await proxy.registry.revokeTokens('raw');
    await until('raw is cut off', () => welcome.received.at(-1)?.type === 'refused');
    expect(stateOf(proxy.fleet.snapshot(), 'raw')).toBe('refused');
    await RawAgent.join(world, proxy, 'raw', { token });
    expect(stateOf(proxy.fleet.snapshot(), 'raw')).toBe('refused');
  });

  it('tokens are nowhere in the state directory', async () => {
    const proxy = await startProxy(world, { tokens: 'required' });
    const token = await proxy.registry.createToken('raw');
    const { readFile } = await import('node:fs/promises');
    const file = path.join(await world.directory('proxy'), 'registry', 'tokens.json');
    expect(await readFile(file, 'utf8')).not.toContain(token.slice(6));
  });

  it('other versions are refused by name', async () => {
    const proxy = await startProxy(world);
    const unlike = [
      [{ protocol: 999 }, /it speaks protocol 999, the proxy \d+/],
      [{ prelude: 'old' }, /it has prelude old, the proxy /],
      [{ duckdb: 'v0.1' }, /it has DuckDB v0\.1, the proxy v/],
    ] as const;
    for (const [change, reason] of unlike) {
      const raw = await RawAgent.join(world, proxy, 'raw', change);
      expect(raw.received).toMatchObject([{ type: 'refused', reason: expect.stringMatching(reason) }]);
    }
    expect(proxy.fleet.snapshot().shards).toEqual([]);
  });

  it('a label that is not of its declared type is refused by name', async () => {
    const declarations = { labels: new Map([['storeid', { oid: 23, typmod: -1 }]]), columns: new Map() };
    const proxy = await startProxy(world, { declarations });
    const raw = await RawAgent.join(world, proxy, 'raw', { labels: { storeid: 'one' } });
    expect(raw.received).toMatchObject([
      { type: 'refused', reason: 'label "storeid": "one" is not a valid integer' },
    ]);
  });

  it('a second process with the id of a living agent is refused; a dead connection makes room', async () => {
    const proxy = await startProxy(world, { fleet: { heartbeatMs: 60_000 } });
    const first = await RawAgent.join(world, proxy, 'raw');
    first.stayAlive();
    const second = await RawAgent.join(world, proxy, 'raw');
    expect(second.received).toMatchObject([
      { type: 'refused', reason: 'another process is connected with the same agent id' },
    ]);
    expect(stateOf(proxy.fleet.snapshot(), 'raw')).toBe('connected');
    first.freeze();
    const third = await RawAgent.join(world, proxy, 'raw');
    expect(third.received[0]).toMatchObject({ type: 'welcome' });
  });

  it('changed labels are a new version; another shard needs the operator', async () => {
    const proxy = await startProxy(world);
    const first = await RawAgent.join(world, proxy, 'raw');
    const { version } = proxy.fleet.snapshot();
    first.terminate();
    await until('raw is away', () => stateOf(proxy.fleet.snapshot(), 'raw') === 'absent');
    expect(proxy.fleet.snapshot().version).toBe(version);
    const second = await RawAgent.join(world, proxy, 'raw', { labels: { region: 'Asia', city: 'Tokyo' } });
    expect(proxy.fleet.snapshot().version).toBe(version + 1);
    expect(proxy.fleet.snapshot().labels.map((label) => label.name)).toEqual(['region', 'city']);
    second.terminate();
    await until('raw is away', () => stateOf(proxy.fleet.snapshot(), 'raw') === 'absent');
    const third = await RawAgent.join(world, proxy, 'raw', { shard: 'elsewhere' });
    expect(third.received).toMatchObject([
      { type: 'refused', reason: expect.stringContaining('skein agent remove raw') },
    ]);
  });

  it('removing a connected agent cuts it off', async () => {
    const proxy = await startProxy(world);
    const raw = await RawAgent.join(world, proxy, 'raw');
    await proxy.registry.remove('raw');
    await until('cut off', () => raw.closeReason !== undefined);
    expect(raw.closeReason).toBe('the agent was removed');
    expect(proxy.fleet.snapshot()).toMatchObject({ shards: [], tables: [] });
  });
});

describe('tables', () => {
  it('an agent that returns with fewer is missed by name, until the operator gives the table up', async () => {
    const proxy = await startProxy(world);
    const both = await startAgent(world, proxy, 'paris', {
      labels: EU,
      files: { 't.csv': csv('paris', 1), 'u.csv': csv('paris', 1) },
    });
    await connected(proxy, 'paris');
    await both.close();
    const fewer = await startAgent(world, proxy, 'paris', {
      labels: EU,
      files: { 'u.csv': csv('paris', 1) },
    });
    await connected(proxy, 'paris');
    const error = await failure(answer(proxy, sortPlan(['paris'])));
    expect(error).toMatchObject({ code: '58000', message: 'agent "paris" has table "t" out of service' });
    expect(error.fields.detail).toMatch(/no longer announces it.*skein agent remove paris --table t/);
    const partial = await answer(proxy, sortPlan(['paris']), { onMissingAgent: 'partial' });
    expect(partial.execution.missing()).toMatchObject([{ shard: 'paris' }]);
    await proxy.registry.removeTable('paris', 't');
    expect(proxy.fleet.snapshot().tables.map((table) => table.name)).toEqual(['u']);
    await fewer.close();
  });

  it('a conflicting type puts the newcomer’s table out of service, a declaration puts it back', async () => {
    const { proxy } = await pair();
    const odd = await startAgent(world, proxy, 'odd', { labels: EU, files: { 't.csv': 'a,b\nabc,x\n' } });
    await connected(proxy, 'odd');
    expect((await answer(proxy, sortPlan(BOTH))).rows).toHaveLength(5);
    const error = await failure(answer(proxy, sortPlan([...BOTH, 'odd'])));
    expect(error.message).toBe('agent "odd" has table "t" out of service');
    expect(error.fields.detail).toMatch(/"a" is text on agent "odd", but bigint on agent "paris".*declare/);
    await writeFile(path.join(odd.directory, 't.csv'), csv('odd', 1));
    await odd.runtime.refresh();
    await until('odd is back in service', () =>
      (proxy.fleet.snapshot().tables[0]?.pieces ?? []).every((piece) => piece.outOfService === undefined),
    );
    expect((await answer(proxy, sortPlan([...BOTH, 'odd']))).rows).toHaveLength(6);
  });

  it('all agents are told when a newcomer widens a type', async () => {
    const { proxy } = await pair();
    const { version } = proxy.fleet.snapshot();
    const wider = rawHello('raw');
    const [table] = wider.inventory.tables;
    const columns = [{ name: 'a', type: numericType(10, 2), declared: true, allNull: false }];
    const inventory = { version: '1', tables: table === undefined ? [] : [{ ...table, columns }] };
    const raw = await RawAgent.join(world, proxy, 'raw', { inventory });
    await until('accepted', () => raw.got('accepted') === 1);
    expect(proxy.fleet.snapshot().version).toBe(version + 1);
    expect(proxy.fleet.snapshot().tables[0]?.columns[0]?.type).toEqual(numericType(21, 2));
    expect(raw.received.find((message) => message.type === 'accepted')).toMatchObject({
      tables: [{ name: 't', columns: [{ name: 'a' }, { name: 'b' }] }],
    });
  });

  it('a table whose file vanished fails by name and comes back', async () => {
    const { proxy, boston } = await pair();
    const file = path.join(boston.directory, 't.csv');
    await rm(file);
    await boston.runtime.refresh();
    await until('out of service', () =>
      (proxy.fleet.snapshot().tables[0]?.pieces ?? []).some((piece) => piece.outOfService !== undefined),
    );
    const error = await failure(answer(proxy, sortPlan(BOTH)));
    expect(error.message).toBe('agent "boston" has table "t" out of service');
    expect((await answer(proxy, sortPlan(['paris']))).rows).toHaveLength(3);
    await writeFile(file, csv('boston', 4));
    await boston.runtime.refresh();
    await until('in service', () =>
      (proxy.fleet.snapshot().tables[0]?.pieces ?? []).every((piece) => piece.outOfService === undefined),
    );
    expect((await answer(proxy, sortPlan(BOTH))).rows).toHaveLength(7);
  });
});

describe('an agent that lies', () => {
  type Lie = (raw: RawAgent, taskId: string) => void;
  const lies: readonly (readonly [string, Lie, RegExp])[] = [
    ['bytes that are no frame', (raw) => raw.sendBytes(Buffer.alloc(100, 255)), /malformed data frame/],
    [
      'a frame cut short',
      (raw, id) => raw.sendBytes(rawFrame(id, 0).subarray(0, 50)),
      /malformed data frame/,
    ],
    ['text that is no message', (raw) => raw.sendText('{"type":"hack"}'), /malformed message/],
    ['a second hello', (raw) => raw.send(rawHello('raw')), /hello twice/],
    ['a frame out of sequence', (raw, id) => raw.sendBytes(rawFrame(id, 5)), /frame 5 as frame 0/],
    ['too few columns', (raw, id) => raw.sendBytes(rawFrame(id, 0, 1)), /1 columns instead of 2/],
    ['a frame of an unknown task', (raw) => raw.sendBytes(rawFrame('nobody', 0)), /unknown task/],
    [
      'the end of an unknown task',
      (raw) => raw.send({ type: 'task-done', taskId: 'nobody', report: REPORT }),
      /unknown task/,
    ],
    [
      'more frames than it has credit for',
      (raw, id) => {
        for (let i = 0; i < 100; i++) raw.sendBytes(rawFrame(id, i));
      },
      /more frames than it had credit for/,
    ],
  ];

  it.each(lies)('%s: cut off, the query fails by name, everyone else goes on', async (_, lie, reason) => {
    const { proxy } = await pair();
    const raw = await RawAgent.join(world, proxy, 'raw');
    const execution = await execute(proxy, streamPlan([...BOTH, 'raw']));
    const rows = execution.batches[Symbol.asyncIterator]();
    const first = rows.next();
    lie(raw, (await raw.task()).taskId);
    const failed = first.then(async () => {
      await until('cut off', () => stateOf(proxy.fleet.snapshot(), 'raw') === 'absent');
      while (!(await rows.next()).done);
    });
    const error = await failure(failed);
    expect(error).toMatchObject({ code: '58000', message: 'agent "raw" is not connected' });
    expect(error.fields.detail).toMatch(reason);
    await execution.close();
    expect((await answer(proxy, sortPlan(BOTH))).rows).toHaveLength(5);
  });

  it('a wrong count of rows fails the query', async () => {
    const proxy = await startProxy(world);
    const raw = await RawAgent.join(world, proxy, 'raw');
    const fails = answer(proxy, sortPlan(['raw']));
    const { taskId } = await raw.task();
    raw.sendBytes(rawFrame(taskId, 0));
    raw.send({ type: 'task-done', taskId, report: { ...REPORT, rows: 1000 } });
    expect(await failure(fails)).toMatchObject({
      code: 'XX001',
      message: 'agent "raw" (region=EU) reported 1000 rows but sent 1',
    });
  });

  it('garbage before hello closes the connection, nothing else', async () => {
    const { proxy } = await pair();
    for (const say of [
      (raw: RawAgent) => raw.sendText('garbage'),
      (raw: RawAgent) => raw.sendBytes(rawFrame('x', 0)),
      (raw: RawAgent) => raw.send({ type: 'pong', sentAt: 1 }),
    ]) {
      const raw = await RawAgent.dial(world, proxy);
      say(raw);
      await until('closed', () => raw.closeReason !== undefined);
    }
    expect((await answer(proxy, sortPlan(BOTH))).rows).toHaveLength(5);
  });

  it('a hello without end is cut off', async () => {
    const { proxy } = await pair();
    const raw = await RawAgent.dial(world, proxy);
    for (let i = 0; i < 3; i++) raw.sendText('x'.repeat(10 << 20));
    await until('closed', () => raw.closeReason !== undefined);
    const greedy = await RawAgent.dial(world, proxy);
    greedy.sendText('x'.repeat(40 << 20));
    await until('closed', () => greedy.closeReason !== undefined);
    expect((await answer(proxy, sortPlan(BOTH))).rows).toHaveLength(5);
  });

  it('silence instead of hello is not waited for', async () => {
    const proxy = await startProxy(world, { fleet: { helloTimeoutMs: 100 } });
    const raw = await RawAgent.dial(world, proxy);
    await until('closed', () => raw.closeReason !== undefined);
    expect(raw.closeReason).toBe('it did not say hello');
  });
});

describe('cancel', () => {
  it('ends a stream that nobody reads, on the agents too', async () => {
    const proxy = await startProxy(world);
    const big = await startAgent(world, proxy, 'big', { files: { 't.csv': csv('x'.repeat(500), 200_000) } });
    await connected(proxy, 'big');
    const abort = new AbortController();
    const execution = await execute(proxy, streamPlan(['big']), {}, abort.signal);
    const rows = execution.batches[Symbol.asyncIterator]();
    expect((await rows.next()).done).toBe(false);
    expect(proxy.fleet.taskCount).toBe(1);
    abort.abort();
    expect((await failure(rows.next())).code).toBe('57014');
    await execution.close();
    await until('no task is left', () => proxy.fleet.taskCount === 0);
    await until('the agent is idle', () => big.runtime.busy === 0);
    expect(execution.tasks()).toMatchObject([{ state: 'cancelled' }]);
  });

  it('ends gathers and the combine; the reason is what the client is told', async () => {
    const proxy = await startProxy(world);
    const big = await startAgent(world, proxy, 'big', { files: { 't.csv': csv('x'.repeat(100), 300_000) } });
    await connected(proxy, 'big');
    for (const delay of [0, 5, 20, 80, 200, 400]) {
      const abort = new AbortController();
      const execution = await execute(proxy, sortPlan(['big']), {}, abort.signal);
      const rows = execution.batches[Symbol.asyncIterator]();
      const timer = setTimeout(() => abort.abort(), delay);
      const outcome = await rows.next().then(
        () => 'rows',
        (error: SkeinError) => error.code,
      );
      clearTimeout(timer);
      expect(['57014', 'rows']).toContain(outcome);
      await execution.close();
      await until('no task is left', () => proxy.fleet.taskCount === 0);
      await until('all is idle', () => big.runtime.busy === 0 && proxy.context.engine.busy === 0);
    }
  });

  it('an execution that is never read leaves nothing', async () => {
    const { proxy } = await pair();
    const execution = await execute(proxy, sortPlan(BOTH));
    await execution.close();
    await execution.close();
    expect(proxy.fleet.taskCount).toBe(0);
    expect(proxy.context.engine.busy).toBe(0);
  });

  it('leaving early ends the tasks', async () => {
    const proxy = await startProxy(world);
    const big = await startAgent(world, proxy, 'big', { files: { 't.csv': csv('x'.repeat(500), 200_000) } });
    await connected(proxy, 'big');
    const execution = await execute(proxy, streamPlan(['big']));
    for await (const batch of execution.batches) {
      expect(batch.rowCount).toBeGreaterThan(0);
      break;
    }
    await execution.close();
    await until('no task is left', () => proxy.fleet.taskCount === 0);
    await until('the agent is idle', () => big.runtime.busy === 0);
  });

  it('an agent that ignores a cancel is cut off', async () => {
    const proxy = await startProxy(world, { fleet: { cancelGraceMs: 200 } });
    const raw = await RawAgent.join(world, proxy, 'raw');
    raw.stayAlive();
    const abort = new AbortController();
    const execution = await execute(proxy, sortPlan(['raw']), {}, abort.signal);
    const fails = failure(execution.batches[Symbol.asyncIterator]().next());
    await raw.task();
    abort.abort();
    expect((await fails).code).toBe('57014');
    await execution.close();
    await until('cut off', () => stateOf(proxy.fleet.snapshot(), 'raw') === 'absent');
    expect(proxy.fleet.taskCount).toBe(0);
  });
});

describe('limits', () => {
  it('gathers over budget are refused, with the remedy', async () => {
    const { proxy } = await pair();
    const rows = await failure(answer(proxy, sortPlan(BOTH), { gatherLimit: { bytes: 1 << 20, rows: 4 } }));
    expect(rows).toMatchObject({ code: '54000', message: expect.stringContaining('skein.gather_limit') });
    expect(rows.fields.hint).toContain('Filter');
    const bytes = await failure(answer(proxy, sortPlan(BOTH), { gatherLimit: { bytes: 10, rows: 100 } }));
    expect(bytes.code).toBe('54000');
    expect((await answer(proxy, streamPlan(BOTH), { gatherLimit: { bytes: 1, rows: 1 } })).rows).toHaveLength(
      5,
    );
  });

  it('tasks over the limit wait for their turn', async () => {
    const proxy = await startProxy(world, { maxTasks: 1 });
    for (const id of ['one', 'two', 'three']) await startAgent(world, proxy, id);
    await connected(proxy, 'one', 'two', 'three');
    for (const plan of [streamPlan(['one', 'two', 'three']), sortPlan(['one', 'two', 'three'])]) {
      expect((await answer(proxy, plan)).rows).toHaveLength(9);
    }
  });
});
