import { Command } from 'commander';
import type { ExplainFlags } from './explain.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .description('show how a statement would run, without running it')
    .argument('<sql>', 'the statement')
    .option('--url <url>', 'ask this proxy; otherwise the demo’s catalog is used, and nothing need run')
    .option('--analyze', 'run it, and show what moved; needs --url')
    .option('--json', 'print JSON')
    .option('--state <directory>', 'where the embedded PostgreSQL is kept', '.skein/explain')
    .addHelpText('after', '\n  skein explain "SELECT count(*) FROM transactions WHERE region = \'EU\'"')
    .action(async (sql: string, flags: ExplainFlags) =>
      (await import('./explain.ts')).runExplain(sql, flags),
    );
}
