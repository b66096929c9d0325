import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { PRELUDE } from '../../../src/dialect/prelude.ts';
import { duckdbVersion, preludeVersion } from '../../../src/engine/duckdb.ts';
import { encodeMessage } from '../../../src/protocol/codec.ts';
import { type Hello, PROTOCOL_VERSION } from '../../../src/protocol/messages.ts';
import { runSkein } from '../../support/processes.ts';
import { failure, SMALL, useSystem } from './fixture.ts';

const system = useSystem({ proxy: { tokens: 'required' } });

const operator = (...args: string[]): Promise<string> =>
  runSkein('agent', ...args, '--state', system().proxyState);
const newToken = async (id: string): Promise<string> => (await operator('token', id)).trim();
const agent = (id: string, token?: string) => ({
  id,
  labels: { site: id },
  tables: [SMALL],
  ...(token !== undefined && { token }),
});

async function listed(id: string): Promise<unknown> {
  const [row] = await system().rows('SELECT state, reason, labels FROM skein.agents WHERE agent = $1', [id]);
  return row;
}

const count = () => system().rows('SELECT count(*)::int AS n FROM small');

describe('join tokens', () => {
  test('without one, with a wrong one or another agent’s: refused, visibly; whoever has one goes on', async () => {
    const token = await newToken('paris');
    await system().startAgent(agent('paris', token));
    await system().launchAgent(agent('nobody'));
    await system().launchAgent(agent('guesser', 'skein_guess'));
    await system().launchAgent(agent('thief', token));
    await system().agentsAre('refused', ['nobody', 'guesser', 'thief']);
    const refused = (id: string, reason: string) => ({ state: 'refused', reason, labels: { site: id } });
    expect(await listed('nobody')).toEqual(refused('nobody', 'no join token was given'));
    expect(await listed('guesser')).toEqual(refused('guesser', 'the join token is wrong or was revoked'));
    expect(await listed('thief')).toEqual(refused('thief', 'the join token belongs to another agent id'));
    expect(await count()).toEqual([{ n: 10 }]);
    expect(await system().agent('nobody').line('refused this agent')).toContain('no join token was given');
    const list = await operator('list');
    expect(list).toMatch(/paris .*connected/);
    expect(list).toMatch(/nobody .*refused .*no join token was given/);
    for (const id of ['nobody', 'guesser', 'thief']) await system().agent(id).kill();
    expect(JSON.stringify(system().log())).not.toContain(token);
  });

  test('a token made while the proxy is down lets its agent in', async () => {
    await system().proxy.stop();
    const token = await newToken('late');
    expect(await operator('list')).toMatch(/late .*invited/);
    expect(await operator('list')).toMatch(/paris .*absent/);
    await system().startProxy();
    await system().connected(['paris']);
    await system().startAgent(agent('late', token));
    expect(await count()).toEqual([{ n: 20 }]);
  });

  test('a revoked token lets nobody in, and the agent is missed by name until it has a new one', async () => {
    expect(await operator('token', 'late', '--revoke')).toContain('revoked 1 token of agent "late"');
    await system().agentsAre('refused', ['late']);
    expect(await listed('late')).toMatchObject({ reason: 'its join token was revoked' });
    const error = await failure(system().rows('SELECT n FROM small'));
    expect(error).toMatchObject({ code: '58000' });
    expect(error.detail).toMatch(/agent "late" \(site=late\) .*revoked/);
    await system().agent('late').kill();
    await system().startAgent(agent('late', await newToken('late')));
    expect(await count()).toEqual([{ n: 20 }]);
  });

  test('of a token revoked while its agent was away, the agent hears when it returns', async () => {
    await system().agent('late').kill();
    await system().agentsAre('absent', ['late']);
    await operator('token', 'late', '--revoke');
    await system().launchAgent(agent('late', 'skein_old'));
    await system().agentsAre('refused', ['late']);
    expect(await listed('late')).toMatchObject({ reason: 'the join token is wrong or was revoked' });
    await system().agent('late').kill();
  });

  test('a table in service can not be given up, nor what is not there', async () => {
    const refusal = /does not exist, or is in service/;
    await expect(operator('remove', 'paris', '--table', 'small')).rejects.toThrow(refusal);
    await expect(operator('remove', 'paris', '--table', 'nothing')).rejects.toThrow(refusal);
    await expect(operator('remove', 'nobody-knows')).rejects.toThrow(/does not exist/);
    expect(await system().rows("SELECT count(*)::int AS n FROM small WHERE site = 'paris'")).toEqual([
      { n: 10 },
    ]);
  });

  test('a removed agent is no longer missed, also after a restart', async () => {
    await failure(count());
    await operator('remove', 'late');
    expect(await count()).toEqual([{ n: 10 }]);
    await system().proxy.kill();
    await system().startProxy();
    await system().connected(['paris']);
    expect(await count()).toEqual([{ n: 10 }]);
    expect(await listed('late')).toBeUndefined();
  });

  test('an agent removed while it is connected is cut off and stays out', async () => {
    const token = await newToken('brief');
    await system().startAgent(agent('brief', token));
    expect(await count()).toEqual([{ n: 20 }]);
    await operator('remove', 'brief');
    await system().agentsAre('refused', ['brief']);
    expect(await count()).toEqual([{ n: 10 }]);
    await system().agent('brief').kill();
  });

  test('removed while the proxy is down', async () => {
    const token = await newToken('brief');
    await system().startAgent(agent('brief', token));
    await system().agent('brief').kill();
    await system().proxy.kill();
    await operator('remove', 'brief');
    await system().startProxy();
    await system().connected(['paris']);
    expect(await count()).toEqual([{ n: 10 }]);
  });
});

/** What an agent would say first, over a WebSocket of the test's own. @returns what the proxy answers until it hangs up. */
async function greet(hello: string | Uint8Array): Promise<string[]> {
  const socket = new WebSocket(`ws://127.0.0.1:${system().httpPort}/agent`);
  const answers: string[] = [];
  socket.on('message', (data) => answers.push(String(data)));
  await once(socket, 'open');
  socket.send(hello);
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
  return [...answers, `${code} ${reason.toString()}`];
}

describe('another version', () => {
  const hello = async (id: string, changes: Partial<Hello>): Promise<string[]> =>
    greet(
      encodeMessage({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        prelude: preludeVersion(PRELUDE),
        duckdb: duckdbVersion(),
        agentId: id,
        token: await newToken(id),
        labels: {},
        shard: undefined,
        inventory: { version: '1', tables: [] },
        ...changes,
      }),
    );

  test.each<[string, Partial<Hello>, RegExp]>([
    ['protocol', { protocol: 99 }, /it speaks protocol 99, the proxy \d+/],
    ['prelude', { prelude: 'feed' }, /it has prelude feed, the proxy [0-9a-f]+/],
    ['duckdb', { duckdb: 'v0.1.0' }, /it has DuckDB v0\.1\.0, the proxy v\d/],
  ])('of %s is refused by name', async (id, changes, reason) => {
    const answers = await hello(id, changes);
    expect(answers[0]).toMatch(/"type":"refused"/);
    expect(answers[0]).toMatch(reason);
    expect(await listed(id)).toMatchObject({ state: 'refused', reason: expect.stringMatching(reason) });
    expect(await count()).toEqual([{ n: 10 }]);
  });

  test('a message of a later version, with fields that this one does not know, is refused too', async () => {
    const answers = await greet(JSON.stringify({ type: 'hello', protocol: 99, agentId: 'future', wings: 2 }));
    expect(answers.join('\n')).toContain('protocol');
    expect(await count()).toEqual([{ n: 10 }]);
  });

  test('garbage from a stranger ends only its own connection', async () => {
    for (const garbage of ['', '{', '[]', '{"type":"hello"}', Buffer.from([0, 1, 2]), '['.repeat(100_000)]) {
      expect((await greet(garbage)).at(-1)).toMatch(/^1000 /);
    }
    expect(await count()).toEqual([{ n: 10 }]);
  });
});
