import { SkeinError } from '../base/errors.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { Fleet, TaskRun } from '../execution/fleet.ts';
import { PgServer } from '../pgwire/server.ts';
import { DEMO_CATALOG } from './demo/demo-catalog.ts';
import { silentLog } from './log.ts';
import { openCore } from './proxy.ts';
import { parseProxyConfig } from './proxy-config.ts';
import { proxyUrl } from './proxy-url.ts';
import { ask } from './query/answer.ts';
import { withStatement } from './query/run-query.ts';

export interface ExplainFlags {
  readonly url?: string;
  readonly analyze?: true;
  readonly json?: true;
  readonly state: string;
}

/** `skein explain`: against a proxy, or the demo's catalog with no agent running. */
export async function runExplain(sql: string, flags: ExplainFlags): Promise<void> {
  if (flags.analyze === true && flags.url === undefined) {
    throw new SkeinError('invalidParameterValue', '--analyze runs the statement, and needs --url');
  }
  const options = [`FORMAT ${flags.json === true ? 'JSON' : 'TEXT'}`, ...(flags.analyze ? ['ANALYZE'] : [])];
  const prefix = `EXPLAIN (${options.join(', ')}) `;
  await (flags.url === undefined
    ? explainDemo(prefix, sql, flags.state)
    : explainAt(await proxyUrl(flags.url), prefix, sql));
}

/** The whole path up to execution, over a fleet that has a catalog and no agents. */
async function explainDemo(prefix: string, sql: string, stateDirectory: string): Promise<void> {
  const config = parseProxyConfig({ stateDirectory });
  const core = await openCore(config, catalogOnly(DEMO_CATALOG), silentLog);
  const server = new PgServer({ sessions: core.sessions, reportBug: (error) => silentLog.error(error) });
  try {
    const { port } = await server.listen(0, '127.0.0.1');
    await explainAt(`postgres://explain@127.0.0.1:${port}/${config.database}`, prefix, sql);
  } finally {
    await server.close();
    await core.close();
  }
}

async function explainAt(url: string, prefix: string, sql: string): Promise<void> {
  await withStatement(url, {}, sql, prefix.length, async (client) => {
    const answer = await ask(client, `${prefix}${sql}`);
    for await (const [line] of answer.rows) process.stdout.write(`${line}\n`);
  });
}

function catalogOnly(snapshot: Snapshot): Fleet {
  return {
    snapshot: () => snapshot,
    onChange: () => () => undefined,
    run: (): TaskRun => {
      throw new SkeinError('agentUnavailable', 'there is no agent behind this catalog');
    },
    endStatement: () => undefined,
    settled: async () => undefined,
    piecePrefix: '@',
    forgetPieces: async () => undefined,
    close: async () => undefined,
  };
}
