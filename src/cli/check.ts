import { SkeinError } from '../base/errors.ts';
import { withAdmin } from './admin-client.ts';
import type { StateFlag } from './admin-commands.ts';
import { grid } from './grid.ts';

/** `skein check`. @throws if a declaration doesn't hold, after all were told. */
export async function checkDeclarations({
  state,
  json,
}: StateFlag & { readonly json?: true }): Promise<void> {
  const found = await withAdmin(state, (admin) => admin.check());
  if (found === undefined) {
    throw new SkeinError('objectNotInState', 'no proxy is running with this state directory', {
      hint: 'Start the proxy: its agents must be asked.',
    });
  }
  if (json === true) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else if (found.length === 0) process.stdout.write('nothing is declared\n');
  else {
    const columns = ['kind', 'of', 'agent', 'state', 'detail'].map((name) => ({ name }));
    const rows = found.map(({ kind, subject, agent = '', state: verdict, detail }) => [
      kind,
      subject,
      agent,
      verdict,
      detail,
    ]);
    process.stdout.write(grid(columns, rows));
  }
  const wrong = found.filter((finding) => finding.state !== 'ok').length;
  if (wrong > 0) {
    throw new SkeinError(
      'objectNotInState',
      `${wrong} of ${found.length} declarations do not hold, or could not be verified`,
    );
  }
}
