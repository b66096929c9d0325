import { Command } from 'commander';
import type { StateFlag } from './admin-commands.ts';
import { proxyState } from './options.ts';

export function checkCommand(): Command {
  const command = new Command('check')
    .description('verify what configs declare of the data: colocation groups, constants, replicated tables')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Runs on the proxy's machine, against the running proxy. The keys of colocation groups are compared anew, whatever their size.
Exit code 1 if a declaration doesn't hold, or could not be verified.`,
    )
    .action(async (flags: StateFlag & { json?: true }) =>
      (await import('./check.ts')).checkDeclarations(flags),
    );
  return proxyState(command);
}
