import { Command } from 'commander';
import type { StateFlag } from './admin-commands.ts';
import { integer, proxyState } from './options.ts';
import type { AddUserFlags } from './user-actions.ts';

export function userCommand(): Command {
  const user = new Command('user').description(
    'on the proxy’s machine: add, list and remove those who may log in',
  );
  for (const command of [addCommand(), listCommand(), removeCommand()]) user.addCommand(proxyState(command));
  return user;
}

function addCommand(): Command {
  return new Command('add')
    .description('add a user; asks for the password, or reads it from standard input')
    .argument('<name>', 'the user, as clients name it')
    .option('--replace', 'change the password of a user who exists')
    .option('--iterations <number>', 'what guessing costs: 4096 to 100000', integer, 4096)
    .option('--print', 'only print the line for `users` of a configuration file')
    .action(async (name: string, flags: AddUserFlags) =>
      (await import('./user-actions.ts')).addUser(name, flags),
    );
}

function listCommand(): Command {
  return new Command('list')
    .description('users who may log in')
    .option('--json', 'print JSON')
    .action(async (flags: StateFlag & { json?: true }) =>
      (await import('./user-actions.ts')).listUsers(flags),
    );
}

function removeCommand(): Command {
  return new Command('remove')
    .description('let a user log in no more; sessions that are open stay')
    .argument('<name>', 'the user')
    .action(async (name: string, flags: StateFlag) =>
      (await import('./user-actions.ts')).removeUser(name, flags),
    );
}
