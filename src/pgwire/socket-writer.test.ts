import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { writeReadyForQuery } from './encode.ts';
import { SocketWriter } from './socket-writer.ts';

const READY_FOR_QUERY_BYTES = 6;

async function socketPair(): Promise<{ near: Socket; far: Socket; close(): void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const far = connect(address.port, '127.0.0.1').pause();
  const near = await accepted;
  const close = () => {
    near.destroy();
    far.destroy();
    server.close();
  };
  return { near, far, close };
}

it('waits for a client that does not read, also where each answer is tiny', async () => {
  const { near, close } = await socketPair();
  const writer = new SocketWriter(near);
  let written = 0;
  const writing = (async () => {
    for (;;) {
      writeReadyForQuery(writer.out, 'I');
      writer.flush();
      written += 1;
      await writer.ready();
    }
  })();
  const ended = writing.catch((error: unknown) => error);
  for (let before = -1; before !== written; await sleep(300)) before = written;
  expect(near.writableLength / READY_FOR_QUERY_BYTES).toBeLessThan(1_000);
  const reason = new Error('the end');
  writer.abort(reason);
  expect(await ended).toBe(reason);
  close();
});
