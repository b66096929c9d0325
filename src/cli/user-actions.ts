import { SkeinError } from '../base/errors.ts';
import { DEFAULT_ITERATIONS, formatVerifier, MAX_ITERATIONS, makeVerifier } from '../pgwire/auth/verifier.ts';
import { withAdmin } from './admin-client.ts';
import type { StateFlag } from './admin-commands.ts';
import { grid } from './grid.ts';
import { readPassword } from './password.ts';
import { printable } from './printable.ts';

export interface AddUserFlags extends StateFlag {
  readonly replace?: true;
  readonly iterations: number;
  readonly print?: true;
}

export async function addUser(
  name: string,
  { state, replace, iterations, print }: AddUserFlags,
): Promise<void> {
  assertUserName(name);
  if (iterations < DEFAULT_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw new SkeinError(
      'invalidParameterValue',
      `--iterations: expected ${DEFAULT_ITERATIONS} to ${MAX_ITERATIONS}, not ${iterations}`,
    );
  }
  const verifier = formatVerifier(await makeVerifier(await readPassword(name), iterations));
  if (print === true) {
    process.stdout.write(`${JSON.stringify(name)}: ${verifier}\n`);
    return;
  }
  await withAdmin(state, (admin) => admin.addUser(name, verifier, replace === true), { create: true });
  process.stdout.write(`user "${name}" may log in\n`);
}

export async function listUsers({ state, json }: StateFlag & { readonly json?: true }): Promise<void> {
  const users = await withAdmin(state, (admin) => admin.users());
  if (json === true) {
    process.stdout.write(`${JSON.stringify(users, null, 2)}\n`);
    return;
  }
  if (users.length === 0) {
    process.stdout.write('there are no users; add one with `skein user add <name>`\n');
    return;
  }
  const columns = ['user', 'written in'].map((name) => ({ name }));
  process.stdout.write(
    grid(
      columns,
      users.map(({ name, source }) => [name, source]),
    ),
  );
}

export async function removeUser(name: string, { state }: StateFlag): Promise<void> {
  await withAdmin(state, (admin) => admin.removeUser(name));
  process.stdout.write(`removed user "${printable(name)}"\n`);
}

const MAX_NAME_BYTES = 63;

/** As PostgreSQL: it cuts a longer name. */
function assertUserName(name: string): void {
  if (name !== '' && Buffer.byteLength(name) <= MAX_NAME_BYTES && printable(name) === name) return;
  throw new SkeinError(
    'invalidParameterValue',
    `"${printable(name)}" is not a user's name: expected 1 to ${MAX_NAME_BYTES} bytes without control characters`,
  );
}
