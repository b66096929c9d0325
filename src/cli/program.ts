import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { agentCommand } from './agent-command.ts';
import { checkCommand } from './check-command.ts';
import { demoCommand } from './demo/demo-command.ts';
import { explainCommand } from './explain-command.ts';
import { proxyCommand } from './proxy-command.ts';
import { queryCommand } from './query-command.ts';
import { userCommand } from './user-command.ts';

/** `skein …`, as people type it. What a command needs is loaded when it runs: nobody waits for another's parts. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('skein')
    .description('A federated SQL proxy: data stays in its region, every PostgreSQL client works.')
    .version(version)
    // `skein agent` and its commands have options of the same names.
    .enablePositionalOptions();
  const proxySide = [proxyCommand(), agentCommand(), userCommand(), checkCommand(), demoCommand()];
  for (const command of [...proxySide, queryCommand(), explainCommand()]) program.addCommand(command);
  program.addHelpText(
    'after',
    '\nBegin with `skein demo`. Exit codes: 0 done, 1 it failed, 2 wrongly used or configured, 130 cancelled.',
  );
  throwErrors(program);
  return program;
}

/** Commander says what is wrong and throws, so that there is one place that ends the process. */
function throwErrors(command: Command): void {
  command.exitOverride().showHelpAfterError('(--help says more)');
  command.commands.forEach(throwErrors);
}
