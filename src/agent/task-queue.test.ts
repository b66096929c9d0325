import { expect, test } from 'vitest';
import { TaskQueue } from './task-queue.ts';

const never = new AbortController().signal;

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  await new Promise(setImmediate);
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

test('a task that pauses lets the next one run, and waits for its own next turn', async () => {
  const queue = new TaskQueue({ running: 1, open: 10, queued: 10 });
  const first = await queue.enter(never);
  const second = queue.enter(never);
  expect(await isSettled(second)).toBe(false);
  first.pause();
  const again = first.resume(never);
  expect(await isSettled(again)).toBe(false);
  (await second).end();
  await again;
});

test('as many as may be open are, paused or not', async () => {
  const queue = new TaskQueue({ running: 2, open: 2, queued: 10 });
  const [first, second] = [await queue.enter(never), await queue.enter(never)];
  first.pause();
  second.pause();
  const third = queue.enter(never);
  expect(await isSettled(third)).toBe(false);
  first.end();
  await third;
});

test('too many in the queue are refused; none waits for nothing', async () => {
  const queue = new TaskQueue({ running: 1, open: 1, queued: 1 });
  const first = await queue.enter(never);
  const second = queue.enter(never);
  await expect(queue.enter(never)).rejects.toMatchObject({ code: '53000' });
  first.end();
  (await second).end();
  (await queue.enter(never)).end();
});

test('who is cancelled while waiting gives up the place', async () => {
  const queue = new TaskQueue({ running: 1, open: 2, queued: 1 });
  const first = await queue.enter(never);
  const leaving = new AbortController();
  const second = queue.enter(leaving.signal);
  leaving.abort();
  await expect(second).rejects.toMatchObject({ code: '57014' });
  first.pause();
  const third = await queue.enter(never);
  third.end();
  third.end();
  await first.resume(never);
  first.end();
  await queue.enter(never);
});
