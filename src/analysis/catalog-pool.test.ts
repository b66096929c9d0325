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
