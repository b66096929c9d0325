import { writeFile } from 'node:fs/promises';
import { SkeinError } from '../base/errors.ts';
import { withAdmin } from './admin-client.ts';
import { grid } from './grid.ts';
import { printable } from './printable.ts';

export interface StateFlag {
  readonly state: string;
}

export async function listAgents({ state, json }: StateFlag & { readonly json?: true }): Promise<void> {
  const listed = await withAdmin(state, (admin) => admin.list());
  const listings = [...listed].sort((a, b) => (a.agent < b.agent ? -1 : 1));
  if (json === true) {
    process.stdout.write(`${JSON.stringify(listings, null, 2)}\n`);
    return;
  }
  if (listings.length === 0) {
    process.stdout.write('no agent is known; invite one with `skein agent token <id>`\n');
    return;
  }
  const columns = ['agent', 'state', 'shard', 'labels', 'last seen', 'reason'].map((name) => ({ name }));
  const rows = listings.map(({ agent, state: connection, shard, labels, lastSeen, reason }) => {
    const shown = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return [agent, connection, shard, shown.join(' '), lastSeen, reason];
  });
  process.stdout.write(grid(columns, rows));
}

export interface TokenFlags extends StateFlag {
  readonly revoke?: true;
  readonly output?: string;
}

export async function makeToken(agent: string, { state, revoke, output }: TokenFlags): Promise<void> {
  assertAgentId(agent);
  if (revoke === true) {
    const revoked = await withAdmin(state, (admin) => admin.revoke(agent));
    process.stdout.write(`revoked ${revoked} ${revoked === 1 ? 'token' : 'tokens'} of agent "${agent}"\n`);
    return;
  }
  const token = await withAdmin(state, (admin) => admin.createToken(agent));
  if (output === undefined) {
    process.stdout.write(`${token}\n`);
    return;
  }
  await writeFile(output, `${token}\n`, { mode: 0o600, flag: 'wx' });
  process.stdout.write(`wrote the token of agent "${agent}" to ${output}\n`);
}

export async function removeAgent(
  agent: string,
  { state, table }: StateFlag & { readonly table?: string },
): Promise<void> {
  const what = table === undefined ? `agent "${agent}"` : `table "${table}" of agent "${agent}"`;
  if (!(await withAdmin(state, (admin) => admin.remove(agent, table)))) {
    const reason = table === undefined ? 'does not exist' : 'does not exist, or is in service';
    throw new SkeinError('undefinedObject', `${what} ${reason}`);
  }
  process.stdout.write(`removed ${what}\n`);
}

/** As an agent's own configuration has it: a token of another id could never be used. */
function assertAgentId(agent: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(agent)) return;
  throw new SkeinError(
    'invalidParameterValue',
    `"${printable(agent)}" is not an agent's id: expected letters, digits, dots, dashes and underscores`,
  );
}
