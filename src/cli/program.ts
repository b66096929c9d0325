import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { agentCommand } from './agent-command.ts';
import { demoCommand } from './demo/demo-command.ts';
import { explainCommand } from './explain-command.ts';
import { integer, logLevel } from './options.ts';
import { runProxyCommand } from './proxy-command.ts';
import { proxyUrl } from './proxy-url.ts';
import { type OutputFormat, runQuery } from './query-command.ts';

/** `skein …`, as people type it. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('skein')
    .description('A federated SQL proxy: data stays in its region, every PostgreSQL client works.')
    .version(version)
    // `skein agent` and its commands have options of the same names.
    .enablePositionalOptions();
  program.addCommand(proxyProgram());
  program.addCommand(agentCommand());
  program.addCommand(demoCommand());
  program.addCommand(queryProgram());
  program.addCommand(explainCommand());
  return program;
}

function proxyProgram(): Command {
  return new Command('proxy')
    .description('run the proxy that clients connect to and agents dial')
    .option('-c, --config <file>', 'YAML file; flags win over it')
    .option('--host <address>', 'where PostgreSQL clients connect (default 127.0.0.1)')
    .option('--port <number>', 'port for PostgreSQL clients (default 5433)', integer)
    .option('--http-host <address>', 'where agents dial in (default 127.0.0.1)')
    .option('--http-port <number>', 'port for agents (default 5480)', integer)
    .option('--state <directory>', 'where the proxy keeps its state (default .skein/proxy)')
    .option('--database <name>', 'name of the database (default skein)')
    .option('--label-type <name=type...>', 'types of labels, such as storeid=integer')
    .addOption(
      new Option('--tokens <kind>', 'whether agents need a join token (default required)').choices([
        'required',
        'open',
      ]),
    )
    .addOption(
      new Option('--authentication <kind>', 'said explicitly where other machines can connect').choices([
        'trust',
      ]),
    )
    .addOption(logLevel())
    .action(runProxyCommand);
}

function queryProgram(): Command {
  return new Command('query')
    .description('run one statement and print its rows')
    .argument('<sql>', 'the statement')
    .option(
      '--url <url>',
      'the proxy, such as postgres://me@localhost:5433/skein (default: SKEIN_URL, or url in skein.yaml)',
    )
    .addOption(
      new Option('-f, --format <format>', 'how rows are printed')
        .choices(['table', 'csv', 'json'])
        .default('table'),
    )
    .option('-o, --output <file>', 'write the rows to a file instead; CSV or Parquet by its ending')
    .action(async (sql: string, flags: { url?: string; format: OutputFormat; output?: string }) => {
      await runQuery(
        sql,
        { url: await proxyUrl(flags.url), format: flags.format, output: flags.output },
        process.stdout,
      );
    });
}
