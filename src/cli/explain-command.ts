import { Command } from 'commander';
import pg from 'pg';
import { SkeinError } from '../base/errors.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { Fleet, TaskRun } from '../execution/fleet.ts';
import { PgServer } from '../pgwire/server.ts';
import { DEMO_CATALOG } from './demo/demo-catalog.ts';
import { silentLog } from './log.ts';
import { openCore } from './proxy.ts';
import { parseProxyConfig } from './proxy-config.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'show how a statement would run; without --url, against the demo’s catalog and with no agent running',
    )
    .argument('<sql>', 'the statement')
    .option('--url <url>', 'ask this proxy instead')
    .option('--json', 'print JSON')
    .option('--state <directory>', 'where the embedded PostgreSQL is kept', '.skein/explain')
    .action(async (sql: string, flags: { url?: string; json?: true; state: string }) => {
      const explain = `EXPLAIN (FORMAT ${flags.json === true ? 'JSON' : 'TEXT'}) ${sql}`;
      const lines =
        flags.url === undefined ? await explainDemo(explain, flags.state) : await ask(flags.url, explain);
      process.stdout.write(`${lines.join('\n')}\n`);
    });
}

/** The whole path up to execution, over a fleet that has a catalog and no agents. */
async function explainDemo(explain: string, stateDirectory: string): Promise<readonly string[]> {
  const config = parseProxyConfig({ stateDirectory });
  const core = await openCore(config, catalogOnly(DEMO_CATALOG), silentLog);
  const server = new PgServer({ sessions: core.sessions, reportBug: (error) => silentLog.error(error) });
  try {
    const { port } = await server.listen(0, '127.0.0.1');
    return await ask(`postgres://explain@127.0.0.1:${port}/${config.database}`, explain);
  } finally {
    await server.close();
    await core.close();
  }
}

async function ask(url: string, explain: string): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser: () => String } });
  await client.connect();
  try {
    const { rows } = await client.query<[string]>({ text: explain, rowMode: 'array' });
    return rows.map(([line]) => line);
  } finally {
    await client.end();
  }
}

function catalogOnly(snapshot: Snapshot): Fleet {
  return {
    snapshot: () => snapshot,
    onChange: () => () => undefined,
    run: (): TaskRun => {
      throw new SkeinError('agentUnavailable', 'there is no agent behind this catalog');
    },
    endStatement: () => undefined,
    close: async () => undefined,
  };
}
