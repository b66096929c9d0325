import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where psql connects. */
export interface Target {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const TIMEOUT_MS = 60_000;

function environment({ port, user, password, database }: Target): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    HOME: '/nonexistent',
    PSQL_PAGER: 'cat',
    PGHOST: '127.0.0.1',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
  };
}

/** What psql prints, standard error among it, for a script as it would be typed; every line is echoed before its outcome. */
export async function runScript(psql: string, target: Target, script: string): Promise<string> {
  const child = spawn('sh', ['-c', `exec ${psql} -X -a -f - 2>&1`], { env: environment(target) });
  const output = collect(child);
  child.stdin.end(script);
  await endOf(child, output);
  return output.text;
}

/** psql with a terminal, as a person has it; what is typed comes back in {@link Terminal.screen}. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #output: Output;

  constructor(psql: string, target: Target) {
    this.#child = spawn('script', ['-qec', `${psql} -X`, '/dev/null'], { env: environment(target) });
    this.#output = collect(this.#child);
  }

  get screen(): string {
    return this.#output.text;
  }

  type(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async shows(pattern: RegExp): Promise<void> {
    for (const end = Date.now() + TIMEOUT_MS; !pattern.test(this.screen); await sleep(20)) {
      if (Date.now() > end) throw new Error(`waited in vain for ${pattern}:\n${this.screen}`);
    }
  }

  /** Forgets what was shown until now. */
  clear(): void {
    this.#output.text = '';
  }

  async quit(): Promise<void> {
    this.type('\u0015\\q\n');
    await endOf(this.#child, this.#output);
  }
}

interface Output {
  text: string;
}

function collect(child: ChildProcessWithoutNullStreams): Output {
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  }
  return output;
}

async function endOf(child: ChildProcessWithoutNullStreams, output: Output): Promise<void> {
  const late = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(late);
  if (code === null) throw new Error(`psql took too long:\n${output.text}`);
}
