import { describe, expect, it } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import { parseProxyConfig } from '../cli/proxy-config.ts';
import { splitStatements } from '../sql/parse.ts';
import { HeldBytes, parameterBytes, statementBytes } from './held-bytes.ts';
import { Portals } from './portals.ts';
import { Statements } from './statements.ts';

const failure = async (work: () => unknown): Promise<SkeinError | undefined> => {
  try {
    await work();
  } catch (error) {
    if (error instanceof SkeinError) return error;
    throw error;
  }
  return undefined;
};

const open = (portals: Portals, name: string, bytes: number) =>
  portals.open({
    name,
    sql: '',
    bytes,
    columns: undefined,
    formats: [],
    holdable: false,
    start: async () => ({ kind: 'empty' }),
  });

describe('what a session holds', () => {
  it('is bounded over statements and portals together, and named when it is too much', async () => {
    const held = new HeldBytes(1000);
    const statements = new Statements<{ readonly bytes: number }>(10, held);
    const portals = new Portals(10, held);
    statements.add('a', { bytes: 500 });
    await open(portals, 'p', 400);
    const error = await failure(() => statements.add('b', { bytes: 101 }));
    expect(error).toMatchObject({ code: '53200', message: 'out of memory' });
    expect(error?.fields.detail).toContain(
      'hold 900 bytes; 101 more would exceed maxSessionMemory, 1000 bytes',
    );
    expect((await failure(() => open(portals, 'q', 101)))?.code).toBe('53200');
    statements.add('b', { bytes: 100 });
  });

  it('is given back, however it is let go', async () => {
    const held = new HeldBytes(1000);
    const statements = new Statements<{ readonly bytes: number }>(10, held);
    const portals = new Portals(10, held);
    const full = { bytes: 1000 };
    statements.add('', full);
    statements.add('', full);
    statements.close('');
    statements.close('');
    statements.add('a', full);
    statements.deallocate('a');
    statements.add('b', full);
    statements.noteRun('b');
    statements.deallocateAll();
    expect(statements.runs('b')).toBe(0);
    await open(portals, '', 1000);
    await open(portals, '', 1000);
    await portals.close('');
    await portals.close('');
    await open(portals, 'p', 1000);
    await portals.ended(false);
    await open(portals, 'p', 1000);
    await portals.closeAll();
    statements.add('c', full);
    expect((await failure(() => statements.add('d', { bytes: 1 })))?.code).toBe('53200');
  });

  it('counts texts, trees and parameters', () => {
    const bytesOf = (sql: string) => statementBytes(sql, splitStatements(sql)[0]);
    expect(bytesOf(`SELECT '${'x'.repeat(10_000)}'`)).toBeGreaterThan(10_000);
    const wide = `SELECT ${Array(1000).fill('1').join()}`;
    expect(bytesOf(wide)).toBeGreaterThan(100_000);
    expect(
      parameterBytes([
        { format: 0, value: new Uint8Array(5000) },
        { format: 0, value: null },
      ]),
    ).toBeGreaterThan(5000);
  });

  it.each([
    [undefined, 256_000_000],
    ['5MB', 5_000_000],
    ['1.5 KiB', 1536],
    ['2GiB', 2 ** 31],
    ['700B', 700],
  ])('is limited by maxSessionMemory: %s', (maxSessionMemory, bytes) => {
    expect(parseProxyConfig({ stateDirectory: '/x', maxSessionMemory }).maxSessionMemory).toBe(bytes);
  });
});
