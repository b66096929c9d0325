import { describe, expect, it } from 'vitest';
import { type LockMode, Locks } from './locks.ts';

const never = new AbortController().signal;
const NO_LIMIT = { timeoutMs: 0, signal: never };

function want(mode: LockMode, ...names: readonly string[]): ReadonlyMap<string, LockMode> {
  return new Map(names.map((name) => [name, mode]));
}

describe('locks', () => {
  const [a, b, c] = [{}, {}, {}];

  it('are shared by readers, and one writer’s alone', async () => {
    const locks = new Locks();
    expect(await locks.acquire(a, want('shared', 'x'), NO_LIMIT)).toBe(false);
    expect(await locks.acquire(b, want('shared', 'x'), NO_LIMIT)).toBe(false);
    const writer = locks.acquire(c, want('exclusive', 'x'), NO_LIMIT);
    const late = locks.acquire({}, want('shared', 'x', 'y'), NO_LIMIT);
    expect(await locks.acquire(b, want('shared', 'x'), NO_LIMIT), 'what is held is held').toBe(false);
    locks.release(a);
    expect(locks.holds(c, want('exclusive', 'x'))).toBe(false);
    locks.release(b);
    expect(await writer).toBe(true);
    expect(locks.holds(c, want('shared', 'x'))).toBe(true);
    locks.release(c);
    expect(await late).toBe(true);
  });

  it('are given to one that holds a lesser one as soon as the others let go', async () => {
    const locks = new Locks();
    await locks.acquire(a, want('shared', 'x'), NO_LIMIT);
    await locks.acquire(b, want('shared', 'x'), NO_LIMIT);
    const first = locks.acquire(a, want('exclusive', 'x'), NO_LIMIT);
    await expect(locks.acquire(b, want('exclusive', 'x'), NO_LIMIT)).rejects.toMatchObject({ code: '40P01' });
    locks.release(b);
    expect(await first).toBe(true);
  });

  it('end a wait in a circle, over any number of transactions', async () => {
    const locks = new Locks();
    await locks.acquire(a, want('exclusive', 'x'), NO_LIMIT);
    await locks.acquire(b, want('exclusive', 'y'), NO_LIMIT);
    await locks.acquire(c, want('exclusive', 'z'), NO_LIMIT);
    const waits = [
      locks.acquire(a, want('shared', 'y'), NO_LIMIT),
      locks.acquire(b, want('shared', 'z'), NO_LIMIT),
    ];
    await expect(locks.acquire(c, want('shared', 'x'), NO_LIMIT)).rejects.toMatchObject({ code: '40P01' });
    locks.release(c);
    expect(await waits[1]).toBe(true);
    locks.release(b);
    expect(await waits[0]).toBe(true);
  });

  it('are waited for as long as the client wants', async () => {
    const locks = new Locks();
    await locks.acquire(a, want('exclusive', 'x'), NO_LIMIT);
    const brief = locks.acquire(b, want('shared', 'x'), { timeoutMs: 1, signal: never });
    await expect(brief).rejects.toMatchObject({ code: '55P03' });
    const controller = new AbortController();
    const canceled = locks.acquire(b, want('exclusive', 'x'), { timeoutMs: 0, signal: controller.signal });
    const behind = locks.acquire(c, want('shared', 'x'), NO_LIMIT);
    controller.abort();
    await expect(canceled).rejects.toMatchObject({ code: '57014' });
    locks.release(a);
    expect(await behind).toBe(true);
  });
});
