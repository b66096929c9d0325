import { SkeinError } from '../base/errors.ts';
import type { MissingShard } from './execution.ts';

type Missing = Pick<MissingShard, 'agents' | 'labels' | 'problem' | 'reason'>;

/** `agent "x" (country=FR, region=EU)`. */
export function nameAgent(id: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? `agent "${id}"` : `agent "${id}" (${pairs.join(', ')})`;
}

export const NOT_CONNECTED = 'is not connected';

/** What a client is told if shards that its statement needs can't answer. */
export function missingAgentError(missing: readonly Missing[]): SkeinError {
  return new SkeinError('agentUnavailable', summarize(missing), {
    detail: missing.map(describeMissing).join('\n'),
    hint: "To get an answer without the rows of agents that can't answer: SET skein.on_missing_agent = 'partial'; to wait for them: 'wait'.",
  });
}

function summarize(missing: readonly Missing[]): string {
  const agents = missing.flatMap((shard) => shard.agents).map((id) => `"${id}"`);
  const [first] = missing;
  if (agents.length === 1 && first !== undefined) return `agent ${agents[0]} ${first.problem}`;
  const away = missing.every((shard) => shard.problem === NOT_CONNECTED);
  return `agents ${agents.join(', ')} ${away ? 'are not connected' : "can't answer"}`;
}

export function describeMissing({ agents, labels, problem, reason }: Missing): string {
  return `${agents.map((id) => nameAgent(id, labels)).join(' or ')} ${problem}: ${reason}`;
}
