import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AgentWorld, accept, int8, rowsOf, scanTask, text } from '../../test/support/agent.ts';
import type { TaskMessage } from '../protocol/messages.ts';
import type { Batch } from '../types/batch.ts';
import { numericType, OID, sqlType } from '../types/sql-type.ts';
import type { AgentRuntime, ProxyPort } from './runtime.ts';

let world: AgentWorld;

beforeEach(() => {
  world = new AgentWorld();
});

afterEach(() => world.end());

const COLUMNS = [
  { name: 'id', type: int8 },
  { name: 'price', type: numericType(30, 2) },
  { name: 'took', type: sqlType(OID.interval) },
  { name: 'note', type: text },
];
const CSV = 'id,price,took,note\n1,12.30,1 day 00:00:00.000001,é\n2,,,\n';

function open(more: object = { store: world.path('pieces') }): Promise<AgentRuntime> {
  const path = world.file('t.csv', CSV);
  const columns = { id: 'int8', price: 'numeric(30,2)', took: 'interval', note: 'text' };
  return world.open([{ name: 't', path, columns }], more);
}

function keepTask(piece: string): TaskMessage {
  const task = scanTask(
    't',
    COLUMNS.map(({ name, type }) => [name, type] as const),
  );
  const rows = { id: 900, name: 'rows', type: int8 };
  return { ...task, taskId: piece, columns: [rows], keep: { name: piece, columns: COLUMNS } };
}

/** The rows as DuckDB's vectors: nothing of a value may be lost. */
async function vectors(port: ProxyPort, table: string): Promise<Batch[]> {
  const task = scanTask(
    table,
    COLUMNS.map(({ name, type }) => [name, type] as const),
  );
  const batches: Batch[] = [];
  for await (const batch of port.runTask(task, [], new AbortController().signal).batches) batches.push(batch);
  return batches;
}

const PIECE = '@test.t.1';
const OTHER = '@test.t.2';

describe('a piece', () => {
  test('is kept whole, sends its number of rows only, and is served like a table, also after a restart', async () => {
    const runtime = await open();
    const port = accept(runtime);
    const expected = await vectors(port, 't');
    expect(await rowsOf(port, keepTask(PIECE))).toEqual([['2']]);
    const announced = runtime.inventory().tables.find(({ name }) => name === PIECE);
    expect(announced).toMatchObject({ piece: true, rowEstimate: 2, outOfService: undefined });
    const announcedColumns = announced?.columns.map(({ name, type }) => ({ name, type }));
    expect(announcedColumns).toEqual([...COLUMNS, { name: '@0', type: int8 }]);
    expect(await vectors(accept(runtime), PIECE)).toEqual(expected);
    await world.stop();
    const again = await open();
    expect(await vectors(accept(again), PIECE)).toEqual(expected);
  });

  test('is there whole or not at all, wherever the log of the store ends', async () => {
    await rowsOf(accept(await open()), keepTask(PIECE));
    await world.stop();
    const runtime = await open();
    const port = accept(runtime);
    await rowsOf(port, keepTask(OTHER));
    port.forget([PIECE]);
    await expect.poll(() => runtime.inventory().tables.map(({ name }) => name)).toEqual(['t', OTHER]);
    const file = world.path('pieces/pieces.duckdb');
    const [data, log] = [readFileSync(file), readFileSync(`${file}.wal`)];
    const found = new Set<string>();
    for (const part of [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1]) {
      await world.stop();
      writeFileSync(file, data);
      writeFileSync(`${file}.wal`, log.subarray(0, Math.floor(part * log.length)));
      const again = await open();
      const { tables } = again.inventory();
      found.add(tables.map(({ name, rowEstimate }) => `${name} ${rowEstimate}`).join(', '));
    }
    expect([...found]).toEqual([`t 2, ${PIECE} 2`, `t 2, ${PIECE} 2, ${OTHER} 2`, `t 2, ${OTHER} 2`]);
  });

  test('is not there after a failure, and its name is free', async () => {
    const runtime = await open();
    const port = accept(runtime);
    appendFileSync(world.path('t.csv'), 'x,1,,\n');
    await expect(rowsOf(port, keepTask(PIECE))).rejects.toMatchObject({ code: '22P02' });
    expect(runtime.inventory().tables.map(({ name }) => name)).toEqual(['t']);
    world.file('t.csv', CSV);
    port.endStatement('q');
    expect(await rowsOf(accept(runtime), keepTask(PIECE))).toEqual([['2']]);
    await expect(rowsOf(accept(runtime), keepTask(PIECE))).rejects.toMatchObject({ code: '42P07' });
  });

  test('is forgotten by the proxy that it is of, and by no other', async () => {
    const runtime = await open();
    const port = accept(runtime);
    await rowsOf(port, keepTask(PIECE));
    const other = runtime.openPort('somebody');
    other.forget([PIECE]);
    await expect(rowsOf(other, keepTask('@test.t.2'))).rejects.toMatchObject({ code: '08P01' });
    expect(runtime.inventory().tables.map(({ name }) => name)).toEqual(['t', PIECE]);
    port.forget([PIECE]);
    await expect.poll(() => runtime.inventory().tables.map(({ name }) => name)).toEqual(['t']);
  });

  test('is refused where the agent only reads', async () => {
    const runtime = await open({});
    await expect(rowsOf(accept(runtime), keepTask(PIECE))).rejects.toMatchObject({ code: '0A000' });
  });
});
