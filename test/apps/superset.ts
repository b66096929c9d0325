import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from '../clients/programs/cache.ts';
import { run } from '../clients/programs/fixture.ts';
import { freePort } from '../support/free-port.ts';
import { Background } from './background.ts';

const HOME = fileURLToPath(new URL('./superset/', import.meta.url));
const INSTALL_TIMEOUT_MS = 900_000;
const START_TIMEOUT_MS = 180_000;
/** The script `superset` itself has the path of the Python that it was installed for. */
const PROGRAM = ['-c', 'from superset.cli.main import superset; superset()'];
const USER = { username: 'admin', password: 'admin' };

/** An Apache Superset from PyPI, used through its REST API as its own pages use it. */
export class Superset {
  readonly url: string;
  readonly #server: Background;
  #token = '';

  /** @param directory where it keeps its own database. */
  static async start(directory: string): Promise<Superset> {
    const bin = await install();
    const env = {
      SUPERSET_HOME: directory,
      SUPERSET_CONFIG_PATH: join(HOME, 'superset_config.py'),
      FLASK_APP: 'superset',
      PYTHONWARNINGS: 'ignore',
    };
    const command = (...args: string[]) =>
      run(bin, [...PROGRAM, ...args], { env, timeoutMs: START_TIMEOUT_MS });
    await command('db', 'upgrade');
    const { username, password } = USER;
    const name = ['--firstname', 'A', '--lastname', 'B', '--email', 'a@example.org'];
    await command('fab', 'create-admin', '--username', username, '--password', password, ...name);
    await command('init');
    const port = await freePort();
    const server = new Background(bin, [...PROGRAM, 'run', '--port', String(port)], env);
    const superset = new Superset(`http://127.0.0.1:${port}`, server);
    await superset.#logIn();
    return superset;
  }

  private constructor(url: string, server: Background) {
    this.url = url;
    this.#server = server;
  }

  /** @throws with what it answered, unless that is a success. */
  async api(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}\n${this.#server.log()}`);
    return JSON.parse(text);
  }

  /** The cookie of a person who logged in on its page. */
  async cookie(): Promise<{ readonly name: string; readonly value: string }> {
    const response = await fetch(`${this.url}/login/`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams(USER),
    });
    const [name, value] = /^(\w+)=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.slice(1) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no cookie: ${response.status}`);
    return { name, value };
  }

  async close(): Promise<void> {
    await this.#server.stop();
  }

  async #logIn(): Promise<void> {
    await this.#server.until('Superset to answer', START_TIMEOUT_MS, async () => {
      const health = await fetch(`${this.url}/health`).catch(() => undefined);
      return health?.ok === true;
    });
    const answer = await this.api('POST', 'security/login', { ...USER, provider: 'db', refresh: true });
    this.#token = String(field(answer, 'access_token'));
  }
}

async function install(): Promise<string> {
  const requirements = join(HOME, 'requirements.txt');
  const contents = [await run('python3', ['--version']), await readFile(requirements, 'utf8')].join('\n');
  const home = await cached('superset', contents, async (draft) => {
    await run('python3', ['-m', 'venv', draft]);
    await run(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements], {
      timeoutMs: INSTALL_TIMEOUT_MS,
    });
  });
  return join(home, 'bin', 'python');
}

/** The value at the path of an answer. */
export function field(value: unknown, ...path: readonly string[]): unknown {
  let found: unknown = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null)
      throw new Error(`no ${name} in ${JSON.stringify(value)}`);
    found = Reflect.get(found, name);
  }
  return found;
}
