import { Command, Option } from 'commander';
import { logLevel, port } from './options.ts';
import type { ProxyFlags } from './run-proxy.ts';

export function proxyCommand(): Command {
  return new Command('proxy')
    .description('run the proxy that clients connect to and agents dial')
    .option('-c, --config <file>', 'YAML file; flags win over it')
    .option('--host <address>', 'where PostgreSQL clients connect (default: 127.0.0.1)')
    .option('--port <number>', 'port for PostgreSQL clients (default: 5433)', port)
    .option('--http-host <address>', 'where agents dial in (default: 127.0.0.1)')
    .option('--http-port <number>', 'port for agents (default: 5480)', port)
    .option('--state <directory>', 'where the proxy keeps its state (default: .skein/proxy)')
    .option('--database <name>', 'name of the database (default: skein)')
    .option('--label-type <name=type...>', 'types of labels, such as storeid=integer; others are text')
    .addOption(
      new Option('--tokens <kind>', 'whether agents need a join token (default: required)').choices([
        'required',
        'open',
      ]),
    )
    .addOption(
      new Option(
        '--authentication <kind>',
        'scram-sha-256: users have passwords (the default where there are users); trust: any user, no password',
      ).choices(['trust', 'scram-sha-256']),
    )
    .option(
      '--tls-certificate <file>',
      'PEM file with the certificate to show to clients, and those that it rests on',
    )
    .option('--tls-key <file>', 'PEM file with its key')
    .option('--tls-self-signed', 'for trial: a certificate that the proxy makes itself')
    .option('--tls-required', 'clients that do not encrypt may not log in')
    .addOption(logLevel())
    .addHelpText('after', HELP)
    .action(async (flags: ProxyFlags) => (await import('./run-proxy.ts')).runProxy(flags));
}

const HELP = `
A configuration file has the same settings, and some more. Relative paths begin at the file.

  host: 127.0.0.1            # PostgreSQL clients
  port: 5433
  httpHost: 0.0.0.0          # agents
  httpPort: 5480
  stateDirectory: /var/lib/skein
  database: skein
  labels: { storeid: integer }                 # types of labels
  tables:                                      # types of columns that files don't tell
    transactions: { columns: { Invoice: text } }
  tokens: required                             # or open, on loopback only
  authentication: scram-sha-256                # or trust
  users:                                       # beside those of skein user add; its --print prints such a line
    ann: SCRAM-SHA-256$4096:…
  tls:
    certificate: server.crt                    # or selfSigned: true
    key: server.key
    required: true
  maxConnections: 100
  memory: 2GB                                  # of the combining DuckDB
  maxSpill: 20GB
  threads: 8
  maxTasks: 64                                 # tasks in flight
  log: info

Invite an agent with \`skein agent token <id>\`, a person with \`skein user add <name>\`. SIGINT and SIGTERM stop the proxy.`;
