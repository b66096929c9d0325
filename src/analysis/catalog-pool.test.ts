import { expect, it } from 'vitest';
import { CatalogPool } from './catalog-pool.ts';

it('fails who waits when no thread opens, and tries anew for the next', async () => {
  const said: unknown[] = [];
  const pool = new CatalogPool(
    { tables: new Map(), roles: new Map(), owned: undefined },
    {
      open: () => Promise.reject(new Error('no space left')),
      close: () => Promise.resolve(),
      log: (_, error) => said.push(error),
      maxThreads: 2,
      idleMs: 1000,
    },
  );
  const limits = { timeoutMs: 1000, maxBytes: 1000, isWhole: () => true };
  const failure = { code: 'XX000', message: 'the catalog engine does not start' };
  const both = [1, 2].map(() => pool.request(new Uint8Array(), limits));
  for (const request of both) await expect(request).rejects.toMatchObject(failure);
  await expect(pool.request(new Uint8Array(), limits)).rejects.toMatchObject(failure);
  expect(said.map(String)).toEqual(['Error: no space left', 'Error: no space left']);
  await pool.close();
});

it('keeps nobody who is cancelled before or while all threads work', async () => {
  const pool = new CatalogPool(
    { tables: new Map(), roles: new Map(), owned: undefined },
    {
      open: () => new Promise(() => undefined),
      close: () => Promise.resolve(),
      log: () => undefined,
      maxThreads: 1,
      idleMs: 1000,
    },
  );
  const ask = (signal: AbortSignal) =>
    pool.request(new Uint8Array(), { timeoutMs: 1000, maxBytes: 1000, isWhole: () => true, signal });
  await expect(ask(AbortSignal.abort())).rejects.toMatchObject({ code: '57014' });
  const abort = new AbortController();
  const waiting = ask(abort.signal);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: '57014' });
});
