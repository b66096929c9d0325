import { Command } from 'commander';
import type { StateFlag, TokenFlags } from './admin-commands.ts';
import { logLevel, proxyState } from './options.ts';
import type { AgentFlags } from './run-agent.ts';

export function agentCommand(): Command {
  const agent = new Command('agent')
    .description('run an agent beside the data; or, on the proxy’s machine, list, invite and remove agents')
    .enablePositionalOptions()
    .option('-c, --config <file>', 'YAML file; flags win over it')
    .option('--proxy <url...>', 'proxies to dial, such as ws://localhost:5480/agent')
    .option('--token-file <file>', 'file with the join token (or put the token into SKEIN_TOKEN)')
    .option('--id <name>', 'identity of this agent; keep it over restarts')
    .option('--label <name=value...>', 'labels, such as region=EU')
    .option(
      '--shard <name>',
      'shard whose rows this agent holds (default: its id); agents with the same shard are replicas',
    )
    .option('--allow <directory...>', 'directories that tables may read from')
    .option('--table <name=path...>', 'tables: a file or glob of CSV, JSON, JSONL or Parquet')
    .option('--state <directory>', 'where the agent keeps its state (default: .skein/agent-<id>)')
    .addOption(logLevel())
    .addHelpText('after', HELP)
    .action(async (flags: AgentFlags) => (await import('./run-agent.ts')).runAgent(flags));
  for (const command of [listCommand(), tokenCommand(), removeCommand()])
    agent.addCommand(proxyState(command));
  return agent;
}

function listCommand(): Command {
  return new Command('list')
    .description('agents that the proxy knows, connected or not')
    .option('--json', 'print JSON')
    .action(async (flags: StateFlag & { json?: true }) =>
      (await import('./admin-commands.ts')).listAgents(flags),
    );
}

function tokenCommand(): Command {
  return new Command('token')
    .description('make a join token for an agent; it is shown once, or written to a file')
    .argument('<id>', "the agent's id")
    .option('-o, --output <file>', 'write it to a new file that only you can read')
    .option('--revoke', 'revoke all tokens of the agent instead')
    .action(async (id: string, flags: TokenFlags) =>
      (await import('./admin-commands.ts')).makeToken(id, flags),
    );
}

function removeCommand(): Command {
  return new Command('remove')
    .description('forget an agent, its tokens and its shard; or one table of it')
    .argument('<id>', "the agent's id")
    .option('--table <name>', 'forget only this table, which the agent no longer announces')
    .action(async (id: string, flags: StateFlag & { table?: string }) =>
      (await import('./admin-commands.ts')).removeAgent(id, flags),
    );
}

const HELP = `
An agent without a file:
  skein agent --proxy ws://localhost:5480/agent --id paris --token-file paris.token \\
    --label region=EU city=Paris --allow ./data --table sales=./data/sales.csv

A configuration file has the same settings, and more. Relative paths begin at the file; those inside of a query don't.

  proxies: [ws://proxy.example:5480/agent]
  tokenFile: paris.token
  id: paris
  labels: { region: EU, city: Paris }
  allowedDirectories: [data]
  stateDirectory: state
  tables:
    - name: sales
      path: data/sales/*.csv                   # a file or glob; or paths: [a.csv, b.csv]
      columns: { Invoice: text, Price: "numeric(10,2)" }   # types that the files don't tell
      csv: { delimiter: ";", nulls: ["", "NA"] }
      constants: { StoreId: 17 }               # one value in every row: verified, then used as a label is
    - name: products
      path: data/products.parquet
      replicated: true                         # the same rows on every agent
    - name: returns
      query: SELECT * FROM read_parquet('/srv/data/returns.parquet')
  pollIntervalMs: 5000                         # how often files are looked at
  memory: 1GB
  maxSpill: 10GB
  maxConcurrentTasks: 32                       # at work at once; maxOpenTasks counts those too whose reader pauses
  taskTimeoutMs: 600000
  log: info`;
