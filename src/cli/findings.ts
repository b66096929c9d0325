import type { Colocation, Snapshot } from '../catalog/snapshot.ts';

/** What `skein check` says of one declaration. */
export interface Finding {
  readonly kind: 'colocation' | 'constants' | 'replicated' | 'table';
  readonly subject: string;
  /** Of an agent's declaration. */
  readonly agent: string | undefined;
  readonly state: 'ok' | 'failed' | 'unknown';
  readonly detail: string;
}

/** Everything that configs declare, with what the data say of it. */
export function findings(groups: readonly Colocation[], snapshot: Snapshot): readonly Finding[] {
  return [...groups.map(ofGroup), ...ofTables(snapshot)];
}

function ofGroup({ name, members, state, reason }: Colocation): Finding {
  const keys = members.map(({ table, column }) => `${table}.${column}`).join(', ');
  const verdict = state === 'verified' ? 'ok' : state === 'unverified' ? 'unknown' : 'failed';
  return {
    kind: 'colocation',
    subject: name,
    agent: undefined,
    state: verdict,
    detail: state === 'verified' ? `equal keys of ${keys} lie in one shard` : `${keys}: ${reason}`,
  };
}

function ofTables(snapshot: Snapshot): Finding[] {
  return snapshot.tables.flatMap((table) =>
    table.pieces.flatMap(({ shard, outOfService, outOfServiceOn = [], constants, contradictions = [] }) => {
      const agents = snapshot.shards.find(({ id }) => id === shard)?.agents.map(({ id }) => id) ?? [];
      return agents.flatMap((agent): Finding[] => {
        const subject = table.name;
        const outage = outOfServiceOn.find((entry) => entry.agent === agent)?.reason ?? outOfService;
        if (outage !== undefined) return [{ kind: 'table', subject, agent, state: 'failed', detail: outage }];
        const wrong = contradictions.find((entry) => entry.agent === agent)?.reason;
        const held = Object.entries(constants ?? {}).map(([column, value]) => `${column} = ${value}`);
        return [
          ...(table.kind === 'replicated'
            ? [
                {
                  kind: 'replicated',
                  subject,
                  agent,
                  state: 'ok',
                  detail: 'its rows are those of the other agents',
                } as const,
              ]
            : []),
          ...(wrong === undefined
            ? []
            : [{ kind: 'constants', subject, agent, state: 'failed', detail: wrong } as const]),
          ...(held.length === 0
            ? []
            : [{ kind: 'constants', subject, agent, state: 'ok', detail: held.join(', ') } as const]),
        ];
      });
    }),
  );
}
