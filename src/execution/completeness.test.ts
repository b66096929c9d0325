import { describe, expect, it } from 'vitest';
import type { AgentEntry, Piece, Shard, Snapshot, Table } from '../catalog/snapshot.ts';
import type { DistributedPlan, Fragment, FragmentTarget } from '../plan/distributed.ts';
import type { Plan } from '../plan/logical.ts';
import { assign } from './completeness.ts';

const agent = (id: string, state: AgentEntry['state'] = 'connected', reason?: string): AgentEntry => ({
  id,
  state,
  duckdbVersion: 'v1',
  lastSeen: '2024-01-01T00:00:00.000Z',
  reason,
});

const shard = (id: string, ...agents: readonly AgentEntry[]): Shard => ({
  id,
  labels: { region: id },
  agents,
});

const piece = (of: string, more: Partial<Piece> = {}): Piece => ({
  shard: of,
  rowEstimate: undefined,
  byteEstimate: undefined,
  outOfService: undefined,
  ...more,
});

const table = (name: string, ...pieces: readonly Piece[]): Table => ({
  name,
  kind: 'federated',
  columns: [],
  pieces,
  comment: undefined,
});

const snapshot = (shards: readonly Shard[], tables: readonly Table[]): Snapshot => ({
  version: 1,
  labels: [],
  shards,
  tables,
});

const scan = (name: string, shards?: readonly string[]): Plan => ({
  kind: 'scan',
  table: name,
  tableKind: shards === undefined ? 'replicated' : 'federated',
  columns: [],
  shards,
});

const fragment = (id: number, plan: Plan, target: FragmentTarget): Fragment => ({
  id,
  plan,
  columns: [],
  target,
  inputs: [],
  reason: '',
  estimate: { rows: 0, bytes: 0 },
});

const plan = (...fragments: readonly Fragment[]): DistributedPlan => ({
  fragments,
  broadcasts: [],
  combine: { kind: 'values', columns: [], rows: [] },
  passThrough: undefined,
  output: [],
  prunings: [],
  rewrites: [],
});

const each = (...shards: readonly string[]): FragmentTarget => ({ kind: 'each', shards });

describe('assign', () => {
  it('asks every shard once, wherever it is connected', () => {
    const now = snapshot(
      [shard('a', agent('a')), shard('b', agent('b'))],
      [table('t', piece('a'), piece('b'))],
    );
    const { assignments, missing } = assign(plan(fragment(1, scan('t', ['a', 'b']), each('a', 'b'))), now, 0);
    expect(assignments.map(({ agents }) => agents)).toEqual([['a'], ['b']]);
    expect(missing).toEqual([]);
  });

  it('misses what is absent, refused or removed, with the reason', () => {
    const now = snapshot(
      [shard('a', agent('a', 'absent', 'cut')), shard('b', agent('b', 'refused', 'old DuckDB'))],
      [table('t', piece('a'), piece('b'))],
    );
    const { assignments, missing } = assign(
      plan(fragment(1, scan('t', ['a', 'b', 'c']), each('a', 'b', 'c'))),
      now,
      0,
    );
    expect(assignments).toEqual([]);
    expect(missing).toMatchObject([
      {
        shard: 'a',
        agents: ['a'],
        labels: { region: 'a' },
        problem: 'is not connected',
        reason: 'cut; last seen 2024-01-01T00:00:00.000Z',
      },
      { shard: 'b', reason: expect.stringContaining('old DuckDB') },
      { shard: 'c', problem: 'is not registered' },
    ]);
  });

  it('a shard that can’t answer one fragment answers none', () => {
    const now = snapshot(
      [shard('a', agent('a')), shard('b', agent('b'))],
      [
        table('t', piece('a'), piece('b')),
        table('u', piece('a', { outOfService: 'conflict', outOfServiceOn: [] }), piece('b')),
      ],
    );
    const both = plan(
      fragment(1, scan('t', ['a', 'b']), each('a', 'b')),
      fragment(2, scan('u', ['a', 'b']), each('a', 'b')),
    );
    const { assignments, missing } = assign(both, now, 0);
    expect(assignments.map(({ fragment: { id }, shard: of }) => [id, of])).toEqual([
      [1, 'b'],
      [2, 'b'],
    ]);
    expect(missing).toMatchObject([
      { shard: 'a', problem: 'has table "u" out of service', reason: 'conflict' },
    ]);
  });

  it('needs a table only on the shards that the scan reads', () => {
    const now = snapshot(
      [shard('a', agent('a')), shard('b', agent('b'))],
      [table('t', piece('a'), piece('b')), table('u', piece('a', { outOfService: 'broken' }), piece('b'))],
    );
    const union: Plan = {
      kind: 'set-operation',
      op: 'union',
      all: true,
      inputs: [scan('t', ['a', 'b']), scan('u', ['b'])],
      columns: [],
    };
    expect(assign(plan(fragment(1, union, each('a', 'b'))), now, 0).missing).toEqual([]);
  });

  it('takes the replica that serves the table, and rotates among them', () => {
    const replicas = shard('s', agent('one'), agent('two'), agent('three', 'absent'));
    const read = plan(fragment(1, scan('t', ['s']), each('s')));
    const fine = snapshot([replicas], [table('t', piece('s'))]);
    expect(assign(read, fine, 0).assignments[0]?.agents).toEqual(['one', 'two']);
    expect(assign(read, fine, 1).assignments[0]?.agents).toEqual(['two', 'one']);
    const broken = snapshot(
      [replicas],
      [table('t', piece('s', { outOfServiceOn: [{ agent: 'one', reason: 'file not found' }] }))],
    );
    for (const turn of [0, 1, 2]) expect(assign(read, broken, turn).assignments[0]?.agents).toEqual(['two']);
  });

  it('any: an agent that is asked anyway, else one of all', () => {
    const shards = ['a', 'b', 'c'].map((id) => shard(id, agent(id)));
    const now = snapshot(shards, [
      table('t', piece('b')),
      table('dim', piece('a'), piece('b'), piece('c', { outOfService: 'differs' })),
    ]);
    const dim = fragment(2, scan('dim'), { kind: 'any', shards: ['a', 'b', 'c'] });
    for (const turn of [0, 1, 2, 3]) {
      const joined = assign(plan(fragment(1, scan('t', ['b']), each('b')), dim), now, turn);
      expect(joined.assignments[1]?.agents[0]).toBe('b');
      const alone = assign(plan(dim), now, turn);
      expect(['a', 'b']).toContain(alone.assignments[0]?.agents[0]);
      expect(alone.assignments).toHaveLength(1);
    }
  });

  it('any: nobody is there', () => {
    const now = snapshot([shard('a', agent('a', 'absent'))], [table('dim', piece('a'))]);
    const { missing, unanswerable } = assign(
      plan(fragment(1, scan('dim'), { kind: 'any', shards: ['a'] })),
      now,
      0,
    );
    expect(missing).toEqual([]);
    expect(unanswerable).toMatchObject([{ shard: 'a', problem: 'is not connected' }]);
  });
});
