import { labelsOf, labelValueProblem } from '../catalog/label-values.ts';
import type { Hello } from '../protocol/messages.ts';
import { replicaProblem } from './replicas.ts';
import type { AgentRecord, Declarations } from './state.ts';

type Labels = Readonly<Record<string, string>>;

/** What a hello is judged by, beside its token. */
export interface JoinContext {
  /** The agent, as it was when it last joined. */
  readonly before: AgentRecord | undefined;
  readonly declared: Declarations['labels'];
  /** The connected agents of the same shard. */
  readonly replicas: readonly AgentRecord[];
  readonly shardLabels: Labels | undefined;
}

/** Why the agent may not join; undefined: it may. */
export function joinProblem(hello: Hello, context: JoinContext): string | undefined {
  const { before, declared, replicas, shardLabels } = context;
  const shard = shardOf(hello);
  if (before !== undefined && before.shard !== shard) {
    return `the agent owns shard "${before.shard}" and now says "${shard}"; first remove it: skein agent remove ${hello.agentId}`;
  }
  for (const label of labelsOf(declared, [hello.labels])) {
    const value = hello.labels[label.name];
    const problem = value === undefined ? undefined : labelValueProblem(label, value);
    if (problem !== undefined) return `label "${label.name}": ${problem}`;
  }
  const [replica] = replicas;
  if (replica !== undefined && shardLabels !== undefined && !equalLabels(shardLabels, hello.labels)) {
    return `its labels differ from those of agent "${replica.id}", a replica of the same shard "${shard}"`;
  }
  return replicaProblem(hello.inventory.tables, replicas);
}

export function shardOf(hello: Pick<Hello, 'agentId' | 'shard'>): string {
  return hello.shard ?? hello.agentId;
}

export function equalLabels(a: Labels, b: Labels): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
