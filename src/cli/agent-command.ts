import Table from 'cli-table3';
import { Command } from 'commander';
import { parseAgentConfig } from '../agent/config.ts';
import { AgentConnection } from '../agent/connection.ts';
import { AgentRuntime } from '../agent/runtime.ts';
import { SkeinError } from '../base/errors.ts';
import { openAdmin } from './admin-client.ts';
import { readConfigFile, withFlags } from './config-file.ts';
import { createLog, type LogLevel } from './log.ts';
import { logLevel } from './options.ts';
import { namedValues } from './proxy-command.ts';
import { untilStopped } from './until-stopped.ts';

interface AgentFlags {
  readonly config?: string;
  readonly proxy?: readonly string[];
  readonly token?: string;
  readonly tokenFile?: string;
  readonly id?: string;
  readonly label?: readonly string[];
  readonly shard?: string;
  readonly allow?: readonly string[];
  readonly table?: readonly string[];
  readonly state?: string;
  readonly log: LogLevel;
}

const STATE_OPTION = ['--state <directory>', "the proxy's state directory", '.skein/proxy'] as const;

export function agentCommand(): Command {
  const agent = new Command('agent')
    .description('run an agent beside the data; or, on the proxy’s machine, list, invite and remove agents')
    .enablePositionalOptions()
    .option('-c, --config <file>', 'YAML file; flags win over it')
    .option('--proxy <url...>', 'proxies to dial, such as ws://localhost:5480/agent')
    .option('--token <token>', 'join token (better: --token-file)')
    .option('--token-file <file>', 'file with the join token')
    .option('--id <name>', 'identity of this agent; keep it over restarts')
    .option('--label <name=value...>', 'labels, such as region=EU')
    .option(
      '--shard <name>',
      'shard whose rows this agent holds (default: its id); agents with the same shard are replicas',
    )
    .option('--allow <directory...>', 'directories that tables may read from')
    .option('--table <name=path...>', 'tables: a file or glob of CSV, JSON, JSONL or Parquet')
    .option('--state <directory>', 'where the agent keeps its state')
    .addOption(logLevel())
    .action(runAgent);
  agent
    .command('list')
    .description('agents that the proxy knows, connected or not')
    .option(...STATE_OPTION)
    .action(async ({ state }: { state: string }) => printAgents(state));
  agent
    .command('token')
    .description('make a join token for an agent; it is shown once')
    .argument('<id>', "the agent's id")
    .option(...STATE_OPTION)
    .option('--revoke', 'revoke all tokens of the agent instead')
    .action(token);
  agent
    .command('remove')
    .description('forget an agent, its tokens and its shard; or one table of it')
    .argument('<id>', "the agent's id")
    .option(...STATE_OPTION)
    .option('--table <name>', 'forget only this table, which the agent no longer announces')
    .action(removeAgent);
  return agent;
}

async function runAgent(flags: AgentFlags): Promise<void> {
  const file = flags.config === undefined ? {} : await readConfigFile(flags.config);
  const { token, tokenFile, id, shard } = flags;
  const config = parseAgentConfig(
    withFlags(file, {
      token,
      tokenFile,
      id,
      shard,
      proxies: flags.proxy,
      labels: flags.label && namedValues(flags.label, '--label'),
      allowedDirectories: flags.allow,
      tables:
        flags.table &&
        Object.entries(namedValues(flags.table, '--table')).map(([name, path]) => ({ name, path })),
      stateDirectory: flags.state,
    }),
  );
  const log = createLog(`agent ${config.id}`, flags.log);
  const runtime = await AgentRuntime.open(config, log);
  for (const table of runtime.inventory().tables) {
    if (table.outOfService !== undefined)
      log.warn({ table: table.name, reason: table.outOfService }, 'table out of service');
  }
  const connections = config.proxies.map((url) => new AgentConnection(runtime, url, log));
  for (const connection of connections) connection.start();
  await untilStopped(log);
  for (const connection of connections) connection.close();
  await runtime.close();
}

async function printAgents(stateDirectory: string): Promise<void> {
  const admin = await openAdmin(stateDirectory);
  const table = new Table({
    head: ['agent', 'state', 'shard', 'labels', 'last seen', 'reason'],
    style: { head: [], border: [] },
  });
  for (const { agent, state, shard, labels, lastSeen, reason } of await admin.list()) {
    const shown = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    table.push([agent, state, shard, shown.join(' '), lastSeen, reason]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

async function token(id: string, { state, revoke }: { state: string; revoke?: boolean }): Promise<void> {
  const admin = await openAdmin(state);
  if (revoke === true) {
    process.stdout.write(`revoked ${await admin.revoke(id)} tokens of ${id}\n`);
    return;
  }
  process.stdout.write(`${await admin.createToken(id)}\n`);
}

async function removeAgent(id: string, { state, table }: { state: string; table?: string }): Promise<void> {
  const admin = await openAdmin(state);
  const what = table === undefined ? `agent "${id}"` : `table "${table}" of agent "${id}"`;
  if (!(await admin.remove(id, table)))
    throw new SkeinError('undefinedObject', `${what} does not exist, or is in service`);
  process.stdout.write(`removed ${what}\n`);
}
