import { describe, expect, it } from 'vitest';
import { merge } from './merge.ts';

async function* numbers(from: number, to: number, seen?: number[]): AsyncGenerator<number> {
  for (let i = from; i < to; i++) {
    await Promise.resolve();
    seen?.push(i);
    yield i;
  }
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

describe('merge', () => {
  it('yields all items, those of one source in order', async () => {
    const items = await collect(merge([numbers(0, 50), numbers(100, 120), numbers(200, 200)]));
    expect(items.filter((item) => item < 100)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(items.filter((item) => item >= 100)).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
  });

  it('no sources: nothing', async () => {
    expect(await collect(merge([]))).toEqual([]);
  });

  it('reads a source on only once its item was taken', async () => {
    const seen: number[] = [];
    const merged = merge([numbers(0, 100, seen)]);
    await merged.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual([0]);
    await merged.next();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(seen).toEqual([0, 1]);
    await merged.return(undefined);
  });

  it('the first error ends it, and the sources', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (;;) yield 1;
      } finally {
        ended = true;
      }
    }
    async function* failing(): AsyncGenerator<number> {
      yield 2;
      throw new Error('broken');
    }
    await expect(collect(merge([endless(), failing()]))).rejects.toThrow('broken');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ended).toBe(true);
  });

  it('leaving early ends the sources', async () => {
    let ended = 0;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (;;) yield 1;
      } finally {
        ended++;
      }
    }
    for await (const item of merge([endless(), endless()])) if (item === 1) break;
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ended).toBe(2);
  });
});
