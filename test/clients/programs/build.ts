import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cacheFolder } from './cache.ts';
import { run } from './fixture.ts';

/** How to start a client: what to run, and the arguments before its own. */
export type Command = readonly [command: string, ...args: string[]];

const HERE = fileURLToPath(new URL('.', import.meta.url));
const TIMEOUT_MS = 540_000;

/** pgJDBC. Needs a JDK 17 and Maven. */
export async function buildJava(): Promise<Command> {
  const home = join(HERE, 'java');
  const sources = (await readdir(join(home, 'src'))).sort().map((name) => join(home, 'src', name));
  const texts = await Promise.all(sources.map((source) => readFile(source, 'utf8')));
  const pom = join(home, 'pom.xml');
  const libraries = await cached('java-libraries', await readFile(pom, 'utf8'), async (draft) => {
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies';
    await build('mvn', ['-q', '-B', '-f', pom, goal, `-DoutputDirectory=${draft}`]);
  });
  const jars = join(libraries, '*');
  const classes = await cached('java-classes', [jars, ...texts].join('\n'), async (draft) => {
    await build('javac', ['-Xlint:all', '-Werror', '-cp', jars, '-d', draft, ...sources]);
  });
  return ['java', '-XX:TieredStopAtLevel=1', '-cp', `${jars}:${classes}`, 'Main'];
}

/** pgx and lib/pq. Needs Go. */
export async function buildGo(): Promise<Command> {
  const program = join(await cacheFolder('go'), 'clients');
  await build('go', ['build', '-o', program, '.'], join(HERE, 'go'));
  return [program];
}

/** tokio-postgres. Needs Cargo, and OpenSSL's headers. */
export async function buildRust(): Promise<Command> {
  const target = await cacheFolder('rust');
  await build('cargo', ['build', '--quiet', '--locked', '--target-dir', target], join(HERE, 'rust'));
  return [join(target, 'debug', 'clients')];
}

/** psqlODBC through Python. Needs Python 3.11 or newer with venv, and Debian's `odbc-postgresql`. */
export async function buildOdbc(): Promise<Command> {
  const requirements = join(HERE, 'odbc', 'requirements.txt');
  const contents = [await run('python3', ['--version']), await readFile(requirements, 'utf8')].join('\n');
  const home = await cached('odbc-python', contents, async (draft) => {
    await build('python3', ['-m', 'venv', draft]);
    await build(join(draft, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  });
  const driver = /\S+\/psqlodbcw\.so$/m.exec(await run('dpkg', ['-L', 'odbc-postgresql']))?.[0];
  if (driver === undefined) throw new Error('odbc-postgresql has no psqlodbcw.so');
  return [join(home, 'bin', 'python'), join(HERE, 'odbc', 'main.py'), driver];
}

async function build(command: string, args: readonly string[], cwd = HERE): Promise<void> {
  await run(command, args, { cwd, timeoutMs: TIMEOUT_MS });
}
