import { Command, Option } from 'commander';
import type { QueryFlags } from './query/run-query.ts';

export function queryCommand(): Command {
  return new Command('query')
    .description('run one statement and print its rows')
    .argument('<sql>', 'the statement; - reads it from standard input')
    .option('--url <url>', 'the proxy, such as postgres://me@localhost:5433/skein')
    .addOption(
      new Option('-f, --format <format>', 'how rows are printed (default: table)').choices([
        'table',
        'csv',
        'json',
      ]),
    )
    .option('-o, --output <file>', 'write the rows to a file that ends in .csv, .json or .parquet')
    .option('--null <text>', 'how a table shows NULL', 'NULL')
    .option('--set <name=value>', 'a setting, such as statement_timeout=5s; may be repeated', repeated)
    .addHelpText('after', HELP)
    .action(async (sql: string, flags: QueryFlags) =>
      (await import('./query/run-query.ts')).runQueryCommand(sql, flags),
    );
}

/** Not `<name=value...>`, which would take the statement too. */
function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const HELP = `
The proxy is named by --url, SKEIN_URL, or \`url: postgres://…\` in ./skein.yaml or ~/.config/skein.yaml; the first that is there
is taken. A password belongs into PGPASSWORD or ~/.pgpass, not into a URL on the command line.

In CSV, NULL is an empty field and an empty text is "". In JSON, numbers have all their digits, as PostgreSQL's to_json prints them.

  skein query "SELECT region, count(*) FROM transactions GROUP BY 1"
  skein query "SELECT * FROM transactions WHERE storeid = 1" -o paris.parquet
  skein query -f json "SELECT * FROM skein.agents" | jq .`;
