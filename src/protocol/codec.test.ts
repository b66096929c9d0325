import { describe, expect, test } from 'vitest';
import type { Plan } from '../plan/logical.ts';
import { numericType, OID, sqlType } from '../types/sql-type.ts';
import { decodeAgentMessage, decodeProxyMessage, encodeMessage } from './codec.ts';
import type { ProxyMessage } from './messages.ts';

const int4 = sqlType(OID.int4);
const bool = sqlType(OID.bool);
const scan: Plan = {
  kind: 'scan',
  table: 't',
  tableKind: 'federated',
  columns: [{ id: 1, type: int4, name: 'a', source: { kind: 'physical', name: 'a' } }],
  shards: ['s1'],
};

const plan: Plan = {
  kind: 'limit',
  input: {
    kind: 'aggregate',
    input: {
      kind: 'filter',
      input: scan,
      predicate: {
        kind: 'and',
        args: [
          {
            kind: 'call',
            fn: 'int4 = int4',
            args: [
              { kind: 'column', id: 1, type: int4 },
              { kind: 'const', type: int4, value: '1' },
            ],
            type: bool,
          },
          { kind: 'exists', plan: scan },
        ],
      },
    },
    groups: [{ column: { id: 2, type: int4, name: 'g' }, expr: { kind: 'column', id: 1, type: int4 } }],
    aggregates: [
      {
        column: { id: 3, type: numericType(38, 0), name: 's' },
        call: {
          fn: 'sum(int8)',
          args: [],
          distinct: false,
          orderBy: [],
          filter: undefined,
          type: { ...numericType(38, 0), quotient: 'direct' },
        },
      },
    ],
  },
  limit: { kind: 'const', type: sqlType(OID.int8), value: '10' },
  offset: undefined,
  withTies: false,
};

function task(over: Plan): ProxyMessage {
  return {
    type: 'task',
    queryId: 'q',
    taskId: 't',
    plan: over,
    columns: [{ id: 2, type: int4, name: 'g' }],
    inputs: [],
    maxRows: undefined,
  };
}

describe('a task message', () => {
  test('comes back as it was', () => {
    expect(decodeProxyMessage(encodeMessage(task(plan)))).toEqual(task(plan));
  });

  test.each([
    ['an unknown field', { ...scan, sql: 'DROP TABLE t' }],
    ['an unknown operator', { kind: 'raw-sql', text: 'SELECT 1' }],
    [
      'a parameter that was not bound',
      { kind: 'filter', input: scan, predicate: { kind: 'param', index: 1, type: bool } },
    ],
    ['a gather, which only the proxy may hold', { kind: 'gather', input: scan, id: 1, reason: '' }],
    ['a missing field', { kind: 'filter', input: scan }],
  ])('with %s is refused', (_, hostile) => {
    const json = JSON.stringify({ ...task(scan), plan: hostile });
    expect(() => decodeProxyMessage(json)).toThrow(/malformed message/);
  });

  test('of the same plan gives the same object, and of another one another', () => {
    const decoded = (over: Plan, change = {}): Plan | undefined => {
      const message = decodeProxyMessage(encodeMessage({ ...task(over), ...change }));
      return message.type === 'task' ? message.plan : undefined;
    };
    expect(decoded(plan, { taskId: 'another' })).toBe(decoded(plan));
    const filtered: Plan = { ...plan, input: scan };
    expect(decoded(filtered)).toEqual(filtered);
    expect(decoded({ ...filtered })).toBe(decoded(filtered));
  });

  test('that is nested without end is refused before it is walked', () => {
    const json = `{"type":"task","plan":${'{"kind":"distinct","input":'.repeat(100_000)}`;
    expect(() => decodeProxyMessage(json)).toThrow('it is nested too deep');
  });

  test('as deep as allowed is validated without exhausting the stack', () => {
    let deep: Plan = scan;
    for (let i = 0; i < 790; i++) deep = { kind: 'distinct', input: deep };
    expect(decodeProxyMessage(encodeMessage(task(deep)))).toMatchObject({ type: 'task' });
  });
});

test.each([
  '',
  '{',
  '[]',
  '{"type":"nothing"}',
  '{"type":"task-done","taskId":1}',
  'null',
  '{"type":"pong"}',
])('an agent that sends %j is told what is malformed', (json) => {
  expect(() => decodeAgentMessage(json)).toThrow(/malformed message/);
});
