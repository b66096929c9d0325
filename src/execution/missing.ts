import { SkeinError } from '../base/errors.ts';
import type { MissingShard } from './execution.ts';

type Missing = Pick<MissingShard, 'agents' | 'labels' | 'problem' | 'reason'>;

/** `agent "x" (country=FR, region=EU)`. */
export function nameAgent(id: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? `agent "${id}"` : `agent "${id}" (${pairs.join(', ')})`;
}

/** What a client is told if shards that its statement needs can't answer. */
export function missingAgentError(missing: readonly Missing[]): SkeinError {
  const agents = missing.flatMap((shard) => shard.agents);
  const [first] = missing;
  const message =
    agents.length === 1 && first !== undefined
      ? `agent "${first.agents[0]}" ${first.problem}`
      : `agents ${agents.map((id) => `"${id}"`).join(', ')} can't answer`;
  return new SkeinError('agentUnavailable', message, {
    detail: missing.map(describeMissing).join('\n'),
    hint: "To get an answer without the rows of agents that can't answer: SET skein.on_missing_agent = 'partial'; to wait for them: 'wait'.",
  });
}

export function describeMissing({ agents, labels, problem, reason }: Missing): string {
  return `${agents.map((id) => nameAgent(id, labels)).join(' or ')} ${problem}: ${reason}`;
}
