import { describe, expect, it } from 'vitest';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import type { Claim, ClaimedColumn, ClaimedTable } from './claims.ts';
import { type UniteInput, unite } from './unite.ts';

const int4 = sqlType(OID.int4);
const int8 = sqlType(OID.int8);
const text = sqlType(OID.text);

const sniffed = (name: string, type: SqlType): ClaimedColumn => ({
  name,
  type,
  declared: false,
  allNull: false,
});
const declared = (name: string, type: SqlType): ClaimedColumn => ({ ...sniffed(name, type), declared: true });
const empty = (name: string): ClaimedColumn => ({ ...sniffed(name, text), allNull: true });

function table(columns: readonly ClaimedColumn[], more: Partial<ClaimedTable> = {}): ClaimedTable {
  return {
    name: 't',
    replicated: false,
    columns,
    rowEstimate: 10,
    byteEstimate: 100,
    contentHash: undefined,
    outOfService: undefined,
    comment: undefined,
    ...more,
  };
}

const claim = (agent: string, ...tables: readonly ClaimedTable[]): Claim => ({ agent, shard: agent, tables });

function run(claims: readonly Claim[], more: Partial<UniteInput> = {}) {
  const united = unite({ claims, labels: [], declared: new Map(), remembered: [], ...more });
  return {
    ...united,
    columns: Object.fromEntries((united.tables[0]?.columns ?? []).map(({ name, type }) => [name, type])),
    order: united.tables[0]?.columns.map(({ name }) => name),
    reason: (agent: string) => united.verdicts.get(agent)?.get('t'),
  };
}

describe('types', () => {
  it('widens as UNION does, whatever the order', () => {
    for (const agents of [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ]) {
      const types: Record<string, SqlType> = { a: int4, b: int8, c: numericType(10, 2) };
      const united = run(agents.map((agent) => claim(agent, table([sniffed('x', types[agent] ?? text)]))));
      expect(united.columns).toEqual({ x: numericType(21, 2) });
      expect(united.reason('a') ?? united.reason('b') ?? united.reason('c')).toBeUndefined();
    }
  });

  it('an all-NULL column adopts the others’ type, before and after them', () => {
    for (const order of [
      ['empty', 'full'],
      ['full', 'empty'],
    ]) {
      const tables: Record<string, ClaimedTable> = {
        empty: table([empty('x')]),
        full: table([sniffed('x', int8)]),
      };
      const united = run(order.map((agent) => claim(agent, tables[agent] ?? table([]))));
      expect(united.columns).toEqual({ x: int8 });
      expect(united.reason('empty')).toBeUndefined();
    }
  });

  it('a column that is all NULL everywhere keeps the type it had, else is text', () => {
    const remembered = [{ name: 't', kind: 'federated', columns: [{ name: 'x', type: int8 }] }] as const;
    expect(run([claim('a', table([empty('x'), empty('y')]))], { remembered }).columns).toEqual({
      x: int8,
      y: text,
    });
  });

  it('of two in conflict the earlier stays; the later says both types and the remedy', () => {
    const united = run([
      claim('a', table([sniffed('invoice', int8), sniffed('only_a', text)])),
      claim('b', table([sniffed('invoice', text), sniffed('only_b', text)])),
      claim('c', table([sniffed('invoice', int4)])),
    ]);
    expect(united.columns).toEqual({ invoice: int8, only_a: text });
    expect(united.reason('a')).toBeUndefined();
    expect(united.reason('c')).toBeUndefined();
    expect(united.reason('b')).toBe(
      'column "invoice" is text on agent "b", but bigint on agent "a": bigint and text have no common type; ' +
        'declare its type for table "t" in the config of the proxy or of the agents',
    );
    expect(united.tables[0]?.pieces.map(({ shard, outOfService }) => [shard, outOfService])).toEqual([
      ['a', undefined],
      ['b', united.reason('b')],
      ['c', undefined],
    ]);
  });

  it('a type that an agent declares beats earlier sniffed ones', () => {
    const united = run([
      claim('a', table([sniffed('x', int8)])),
      claim('b', table([declared('x', text)])),
      claim('c', table([sniffed('x', text)])),
    ]);
    expect(united.columns).toEqual({ x: text });
    expect(united.reason('a')).toMatch(/x" is bigint on agent "a", but text on agent "b"/);
    expect(united.reason('b') ?? united.reason('c')).toBeUndefined();
  });

  it('a type that the proxy declares beats all', () => {
    const united = run([claim('a', table([sniffed('x', int8)])), claim('b', table([declared('x', text)]))], {
      declared: new Map([['t', new Map([['x', text]])]]),
    });
    expect(united.columns).toEqual({ x: text });
    expect(united.reason('a') ?? united.reason('b')).toBeUndefined();
  });

  it('a table in conflict leaves no trace in the others’ types', () => {
    const united = run([
      claim('a', table([sniffed('x', int8), sniffed('y', int4)])),
      claim('b', table([sniffed('y', int8), sniffed('x', text)])),
    ]);
    expect(united.columns).toEqual({ x: int8, y: int4 });
  });

  it('types without a carrier and bare numerics are out of service by name', () => {
    expect(run([claim('a', table([sniffed('x', sqlType(600))]))]).reason('a')).toMatch(/column "x".*600/);
    expect(run([claim('a', table([sniffed('x', sqlType(OID.numeric))]))]).reason('a')).toMatch(/precision/);
  });
});

describe('columns', () => {
  it('missing columns are no conflict, and the order is that of first acceptance', () => {
    const first = run([claim('a', table([sniffed('x', int4), sniffed('y', int4)]))]);
    const claims = [
      claim('a', table([sniffed('new', int4), sniffed('y', int4), sniffed('x', int4)])),
      claim('b', table([sniffed('z', int4), sniffed('x', int4)])),
    ];
    const second = run(claims, { remembered: first.remembered });
    expect(second.order).toEqual(['x', 'y', 'new', 'z']);
    expect(run(claims, { remembered: second.remembered })).toMatchObject({ order: second.order });
  });

  it('a column that no agent has any more is gone, and comes back to its place', () => {
    const first = run([claim('a', table([sniffed('x', int4), sniffed('y', int4), sniffed('z', int4)]))]);
    const second = run([claim('a', table([sniffed('x', int4), sniffed('z', int4)]))], {
      remembered: first.remembered,
    });
    expect(second.order).toEqual(['x', 'z']);
    const third = run([claim('a', table([sniffed('z', int4), sniffed('y', int8), sniffed('x', int4)]))], {
      remembered: second.remembered,
    });
    expect(third.order).toEqual(['x', 'y', 'z']);
    expect(third.columns['y']).toEqual(int8);
  });

  it('names are verbatim', () => {
    expect(run([claim('a', table([sniffed('Country', text), sniffed('country', text)]))]).order).toEqual([
      'Country',
      'country',
    ]);
  });

  it('a table that nobody can serve keeps its columns', () => {
    const first = run([claim('a', table([sniffed('x', int4)]))]);
    const second = run([claim('a', table([], { outOfService: 'file not found' }))], {
      remembered: first.remembered,
    });
    expect(second.columns).toEqual({ x: int4 });
    expect(second.tables[0]?.pieces[0]?.outOfService).toBe('file not found');
  });

  it.each([
    ['two columns are named "x"', [sniffed('x', int4), sniffed('x', text)]],
    ['system column', [sniffed('ctid', int4)]],
    ['longer than 63 bytes', [sniffed('é'.repeat(32), int4)]],
    ['more than 1500 columns', Array.from({ length: 1501 }, (_, i) => sniffed(`c${i}`, int4))],
  ])('%s: out of service', (reason, columns) => {
    const united = run([claim('a', table([sniffed('ok', int4)])), claim('b', table(columns))]);
    expect(united.reason('b')).toContain(reason);
    expect(united.order).toEqual(['ok']);
  });

  it('a table announced twice by one agent is out of service', () => {
    expect(run([claim('a', table([]), table([]))]).reason('a')).toMatch(/more than once/);
  });
});

describe('labels', () => {
  const labels = [{ name: 'country', type: text }];

  it('a column with a label’s name is out of service, and not a column of the table', () => {
    const remembered = [
      { name: 't', kind: 'federated', columns: [{ name: 'country', type: text }] },
    ] as const;
    const united = run(
      [claim('a', table([sniffed('Country', text)])), claim('b', table([sniffed('country', text)]))],
      { labels, remembered },
    );
    expect(united.reason('a')).toBeUndefined();
    expect(united.reason('b')).toMatch(/name of a label.*constant in the config of agent "b"/);
    expect(united.order).toEqual(['Country']);
  });

  it('replicated tables have no label columns, so no clash', () => {
    const copy = table([sniffed('country', text)], { replicated: true, contentHash: '1' });
    const united = run([claim('a', copy)], { labels });
    expect(united.reason('a')).toBeUndefined();
    expect(united.order).toEqual(['country']);
  });
});

describe('replicated tables', () => {
  const copy = (contentHash: string, columns = [sniffed('x', int4)]) =>
    table(columns, { replicated: true, contentHash });

  it('equal copies are served', () => {
    const united = run([claim('a', copy('1')), claim('b', copy('1'))]);
    expect(united.tables[0]?.kind).toBe('replicated');
    expect(united.reason('a') ?? united.reason('b')).toBeUndefined();
  });

  it('what most agents hold stays; of equally many the earliest', () => {
    const pair = run([claim('a', copy('1')), claim('b', copy('2'))]);
    expect([pair.reason('a'), pair.reason('b')]).toEqual([
      undefined,
      'the rows of replicated table "t" differ from those of agent "a"',
    ]);
    const three = run([claim('a', copy('1')), claim('b', copy('2')), claim('c', copy('2'))]);
    expect([three.reason('a') !== undefined, three.reason('b'), three.reason('c')]).toEqual([
      true,
      undefined,
      undefined,
    ]);
  });

  it('other columns are out of service', () => {
    const united = run([claim('a', copy('1')), claim('b', copy('1', [sniffed('x', int8)]))]);
    expect(united.reason('b')).toMatch(/columns of replicated table/);
    expect(united.columns).toEqual({ x: int4 });
  });

  it('federated here and replicated there: the earlier stays', () => {
    const united = run([claim('a', table([sniffed('x', int4)])), claim('b', copy('1'))]);
    expect(united.tables[0]?.kind).toBe('federated');
    expect(united.reason('b')).toMatch(/change `replicated`/);
  });
});

describe('replicas of a shard', () => {
  it('make one piece, in service as long as one of them is', () => {
    const ok = table([sniffed('x', int4)]);
    const broken = table([sniffed('x', int4)], { outOfService: 'file not found' });
    const replica = (agent: string, of: ClaimedTable): Claim => ({ agent, shard: 's', tables: [of] });
    const half = run([replica('a', broken), replica('b', ok)]);
    expect(half.tables[0]?.pieces).toEqual([
      {
        shard: 's',
        rowEstimate: 10,
        byteEstimate: 100,
        outOfService: undefined,
        outOfServiceOn: [{ agent: 'a', reason: 'file not found' }],
      },
    ]);
    const none = run([replica('a', broken), replica('b', broken)]);
    expect(none.tables[0]?.pieces[0]?.outOfService).toBe('file not found');
  });
});

it('a table that no agent claims is forgotten; the input order of claims decides, nothing else', () => {
  const first = run([claim('a', table([sniffed('x', int4)]))]);
  expect(run([], { remembered: first.remembered })).toMatchObject({ tables: [], remembered: [] });
});

it('a table that did not change is reused, with its verdicts', () => {
  const other = { ...table([sniffed('x', int4)]), name: 'u' };
  const claims = [claim('a', table([sniffed('x', int8)]), other), claim('b', table([sniffed('x', text)]))];
  const input = { claims, labels: [], declared: new Map(), remembered: [] };
  const first = unite(input);
  const wider = claims.map((each) =>
    each.agent === 'a'
      ? claim('a', table([sniffed('x', int8)]), { ...table([sniffed('x', int8)]), name: 'u' })
      : each,
  );
  const next = { ...input, claims: wider, remembered: first.remembered };
  const second = unite(next, { united: first, changed: new Set(['u']) });
  expect(second).toEqual(unite(next));
  expect(second.tables[0]).toBe(first.tables[0]);
  expect(second.tables[1]?.columns).toEqual([{ name: 'x', type: int8 }]);
});
