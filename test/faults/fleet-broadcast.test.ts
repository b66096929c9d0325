import { afterEach, beforeEach, describe, expect, it, onTestFailed } from 'vitest';
import { AgentPeer } from '../../src/agent/peer.ts';
import { connectInMemory } from '../../src/fleet/memory.ts';
import { outputColumns } from '../../src/plan/columns.ts';
import type { DistributedPlan } from '../../src/plan/distributed.ts';
import type { Plan } from '../../src/plan/logical.ts';
import { OID, sqlType } from '../../src/types/sql-type.ts';
import {
  answer,
  column,
  connected,
  csv,
  fragmentOf,
  int8,
  planOf,
  scanOf,
  sortPlan,
  startAgent,
  startProxy,
  stateOf,
  streamPlan,
  text,
  until,
  World,
} from './fleet-fixture.ts';

let world: World;
beforeEach(() => {
  world = new World();
  onTestFailed(() => console.error(world.journal.lines.join('\n')));
});
afterEach(() => world.end());

const bool = sqlType(OID.bool);
const DIM = 'k,name\n1,one\n2,two\n';

function dimScan(): Extract<Plan, { kind: 'scan' }> {
  return { ...scanOf('dim', { k: int8, name: text }), tableKind: 'replicated' };
}

/** `SELECT name, b FROM t JOIN (all of dim, sent as b1) …`, where t stays on its agents. */
function broadcastPlan(shards: readonly string[]): DistributedPlan {
  const dim = dimScan();
  const dimColumns = outputColumns(dim);
  const [key] = dimColumns;
  const first = fragmentOf(dim, dimColumns, { id: 1, target: { kind: 'any', shards } });
  const gathered: Plan = { kind: 'relation', name: 'g1', columns: dimColumns };
  const t = scanOf('t', { a: int8, b: text });
  const [a, b] = outputColumns(t);
  const join: Plan = {
    kind: 'join',
    type: 'inner',
    left: t,
    right: { kind: 'relation', name: 'b1', columns: dimColumns },
    condition: {
      kind: 'call',
      fn: 'int8 = int8',
      args: [
        { kind: 'column', id: a!.id, type: int8 },
        { kind: 'column', id: key!.id, type: int8 },
      ],
      type: bool,
    },
    lateral: false,
  };
  const second = fragmentOf(join, outputColumns(join), {
    id: 2,
    target: { kind: 'each', shards },
    inputs: [1],
  });
  const combine: Plan = { kind: 'relation', name: 'g2', columns: outputColumns(join) };
  return planOf([first, second], combine, [dimColumns[1]!, b!], {
    broadcasts: [{ id: 1, plan: gathered, columns: dimColumns, reads: [1], estimate: { rows: 1, bytes: 8 } }],
    passThrough: 2,
  });
}

/** `SELECT count(*)` of t and, in the combine, of dim. */
function dimPlan(shards: readonly string[]): DistributedPlan {
  const dim = dimScan();
  const columns = outputColumns(dim);
  const relation: Plan = { kind: 'relation', name: 'g1', columns };
  const sorted: Plan = {
    kind: 'sort',
    input: relation,
    keys: [{ expr: { kind: 'column', id: columns[0]!.id, type: int8 }, descending: true, nullsFirst: false }],
  };
  return planOf([fragmentOf(dim, columns, { target: { kind: 'any', shards } })], sorted, columns);
}

async function withDimension() {
  const proxy = await startProxy(world);
  for (const id of ['paris', 'boston']) {
    await startAgent(world, proxy, id, { files: { 't.csv': csv(id, 3), 'dim.csv': DIM } });
  }
  await connected(proxy, 'paris', 'boston');
  return proxy;
}

describe('replicated tables', () => {
  it('one agent of any shard is asked', async () => {
    const proxy = await withDimension();
    const { rows, execution } = await answer(proxy, dimPlan(['paris', 'boston']));
    expect(rows).toEqual([
      ['2', 'two'],
      ['1', 'one'],
    ]);
    expect(execution.tasks()).toHaveLength(1);
  });

  it('a copy that differs is out of service, the others answer', async () => {
    const proxy = await withDimension();
    await startAgent(world, proxy, 'odd', {
      files: { 't.csv': csv('odd', 1), 'dim.csv': `${DIM}3,three\n` },
    });
    await connected(proxy, 'odd');
    const pieces = proxy.fleet.snapshot().tables.find((table) => table.name === 'dim')?.pieces;
    expect(pieces?.map((piece) => [piece.shard, piece.outOfService !== undefined])).toEqual([
      ['paris', false],
      ['boston', false],
      ['odd', true],
    ]);
    for (let i = 0; i < 5; i++) {
      const { execution } = await answer(proxy, dimPlan(['odd', 'paris', 'boston']));
      expect(execution.tasks()[0]?.agent).not.toBe('odd');
    }
  });

  it('nobody left: an error in every mode', async () => {
    const proxy = await withDimension();
    for (const id of ['paris', 'boston']) await proxy.registry.remove(id);
    for (const onMissingAgent of ['fail', 'partial'] as const) {
      await expect(answer(proxy, dimPlan(['paris', 'boston']), { onMissingAgent })).rejects.toMatchObject({
        code: '58000',
      });
    }
  });
});

describe('broadcasts', () => {
  it('are computed on the proxy and sent to each agent', async () => {
    const proxy = await withDimension();
    const { rows, execution } = await answer(proxy, broadcastPlan(['paris', 'boston']));
    expect([...rows].sort()).toEqual([
      ['one', 'boston'],
      ['one', 'paris'],
      ['two', 'boston'],
      ['two', 'paris'],
    ]);
    const sent = execution.tasks().filter((task) => task.fragment === 2);
    expect(sent).toHaveLength(2);
    for (const task of sent) expect(task.bytesIn).toBeGreaterThan(0);
    await until('the engine is idle', () => proxy.context.engine.busy === 0);
  });

  it('an empty one joins nothing', async () => {
    const columns = new Map([['dim', new Map([['k', int8]])]]);
    const proxy = await startProxy(world, { declarations: { labels: new Map(), columns } });
    for (const id of ['paris', 'boston']) {
      await startAgent(world, proxy, id, { files: { 't.csv': csv(id, 3), 'dim.csv': 'k,name\n' } });
    }
    await connected(proxy, 'paris', 'boston');
    expect((await answer(proxy, broadcastPlan(['paris', 'boston']))).rows).toEqual([]);
  });
});

describe('what the session computed itself', () => {
  it('is a relation of the combine', async () => {
    const proxy = await withDimension();
    const { runPlan } = await import('../../src/execution/run-plan.ts');
    const columns = [column('x', text)];
    const relation: Plan = { kind: 'relation', name: 's_tables', columns };
    const data = Buffer.from('ab');
    const execution = await runPlan(proxy.context, {
      queryId: 'session',
      plan: planOf([], relation, columns),
      snapshot: proxy.fleet.snapshot(),
      settings: {
        onMissingAgent: 'fail',
        missingAgentTimeoutMs: 0,
        gatherLimit: { bytes: 1, rows: 1 },
      },
      relations: new Map([
        [
          's_tables',
          {
            types: [text],
            batches: [
              {
                rowCount: 2,
                columns: [{ kind: 'bytes', validity: undefined, offsets: Uint32Array.of(0, 1, 2), data }],
              },
            ],
          },
        ],
      ]),
      signal: new AbortController().signal,
    });
    let rows = 0;
    for await (const batch of execution.batches) rows += batch.rowCount;
    await execution.close();
    expect(rows).toBe(2);
  });
});

describe('in memory', () => {
  it('the same agents answer without a socket', async () => {
    const proxy = await startProxy(world);
    const agent = await startAgent(world, { url: 'ws://127.0.0.1:9/agent' }, 'near', {
      labels: { region: 'EU' },
    });
    const wire = connectInMemory(
      proxy.fleet,
      (channel) =>
        new AgentPeer(agent.runtime, channel, { welcomed: () => undefined, refused: () => undefined }),
    );
    await connected(proxy, 'near');
    expect((await answer(proxy, streamPlan(['near'], ['region']))).rows).toEqual([
      ['1', 'near', 'EU'],
      ['2', 'near', 'EU'],
      ['3', 'near', 'EU'],
    ]);
    expect((await answer(proxy, sortPlan(['near']))).rows).toHaveLength(3);
    wire.close();
    await until('it is away', () => stateOf(proxy.fleet.snapshot(), 'near') === 'absent');
    await expect(answer(proxy, sortPlan(['near']))).rejects.toMatchObject({ code: '58000' });
  });
});
