import { expect, test } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import type { Task } from '../execution/fleet.ts';
import { AgentLink, type LinkOwner } from './agent-link.ts';

const nothing = async () => undefined;
const owner: LinkOwner = {
  hello: nothing,
  inventory: nothing,
  heard: () => undefined,
  closed: () => undefined,
  unavailable: (agentId, reason) => new SkeinError('agentUnavailable', `${agentId}: ${reason}`),
  agentName: (agentId) => agentId,
};

test('a statement that is cancelled sends an agent no further rows', async () => {
  const cancel = new AbortController();
  let frames = 0;
  const link = new AgentLink(
    {
      sendMessage: () => undefined,
      sendFrame: async () => {
        frames += 1;
        cancel.abort();
      },
      close: () => undefined,
    },
    owner,
    1000,
  );
  const batch = { rowCount: 1, columns: [] };
  const task: Task = {
    queryId: 'q',
    taskId: 'q.1',
    agentId: 'paris',
    plan: { kind: 'relation', name: 'b1', columns: [] },
    columns: [],
    inputs: [{ name: 'b1', columns: [], batches: [batch, batch, batch] }],
    maxRows: undefined,
    expects: undefined,
    keep: undefined,
  };
  const { report } = link.run(task, cancel.signal);
  await report;
  expect(frames).toBe(1);
});
