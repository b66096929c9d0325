import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { FLIGHTS } from '../examples/flights/split.ts';
import { runDuckDb, text } from '../examples/support/duckdb.ts';
import { freePort, type Processes, startProcesses } from '../examples/support/processes.ts';

const AGENTS = 4;
export const MILLION = 1_000_000;
const SMALL = 400;

/** SQL: a million rows of six columns. */
export const MILLION_ROWS = `SELECT row_number() OVER () AS id, * FROM (FROM read_parquet(${text(FLIGHTS)}) LIMIT ${MILLION})`;

/** Four agents with a quarter of each table: `small` has 100 rows an agent, `million` 250,000. */
export async function startFourAgents(directory: string, threads: number): Promise<Processes> {
  await mkdir(directory, { recursive: true });
  const configs = await Promise.all(
    Array.from({ length: AGENTS }, (_, agent) => writeAgent(directory, agent, threads)),
  );
  const proxyConfig = join(directory, 'proxy.yaml');
  await writeFile(proxyConfig, stringify({ stateDirectory: 'proxy', tokens: 'open', threads }));
  return startProcesses({
    directory,
    proxyConfig,
    agentConfigs: configs,
    pgPort: await freePort(),
    httpPort: await freePort(),
  });
}

/** DuckDB's views of what the four agents have together. */
export function unionOfFour(directory: string): Readonly<Record<string, string>> {
  const files = (name: string) =>
    `FROM read_parquet([${Array.from({ length: AGENTS }, (_, agent) => text(join(directory, `agent-${agent}`, `${name}.parquet`))).join(', ')}])`;
  return { small: files('small'), million: files('million') };
}

async function writeAgent(directory: string, agent: number, threads: number): Promise<string> {
  const data = join(directory, `agent-${agent}`);
  await mkdir(data, { recursive: true });
  const part = (rows: number, name: string) =>
    `COPY (SELECT * FROM (${MILLION_ROWS}) WHERE id <= ${rows} AND id % ${AGENTS} = ${agent}) TO ${text(join(data, `${name}.parquet`))} (FORMAT parquet)`;
  await runDuckDb([part(SMALL, 'small'), part(MILLION, 'million')]);
  const config = join(directory, `agent-${agent}.yaml`);
  await writeFile(
    config,
    stringify({
      id: `agent-${agent}`,
      proxies: ['ws://127.0.0.1/agent'],
      labels: { part: agent },
      allowedDirectories: [`agent-${agent}`],
      stateDirectory: `agent-${agent}-state`,
      threads,
      tables: ['small', 'million'].map((name) => ({ name, path: `agent-${agent}/${name}.parquet` })),
    }),
  );
  return config;
}
