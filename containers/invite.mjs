// Makes a join token for each agent, unless it has one: node invite.mjs <proxy's state directory> <directory> <agent>...
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const skein = fileURLToPath(new URL('../dist/cli/skein.cjs', import.meta.url));
const [state, directory, ...agents] = process.argv.slice(2);
for (const agent of agents) {
  const file = join(directory, agent);
  if (existsSync(file)) continue;
  execFileSync(process.execPath, [skein, 'agent', 'token', agent, '--state', state, '--output', file], {
    stdio: 'inherit',
  });
}
