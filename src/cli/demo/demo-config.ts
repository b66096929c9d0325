import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { STORES, type Store } from './retail.ts';

export const DATABASE = 'skein';

export interface DemoPlace {
  readonly pgPort: number;
  readonly httpPort: number;
  /** Absolute. */
  readonly state: string;
}

export interface DemoConfigs {
  readonly proxy: string;
  /** Name of an agent -> its file. */
  readonly agents: ReadonlyMap<string, string>;
}

export function dataDirectory({ state }: DemoPlace): string {
  return join(state, 'data');
}

export function agentId({ storeid }: Store): string {
  return `store-${storeid}`;
}

/** The processes are configured by files, which the user can read and copy. */
export async function writeConfigs(place: DemoPlace): Promise<DemoConfigs> {
  const directory = join(place.state, 'config');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const write = async (name: string, config: object) => {
    const file = join(directory, `${name}.yaml`);
    await writeFile(file, stringify(config));
    return file;
  };
  const agents = STORES.map(
    async (store) => [agentId(store), await write(agentId(store), agentConfig(store, place))] as const,
  );
  return { proxy: await write('proxy', proxyConfig(place)), agents: new Map(await Promise.all(agents)) };
}

function proxyConfig({ pgPort, httpPort }: DemoPlace): object {
  return {
    port: pgPort,
    httpPort,
    stateDirectory: '../proxy',
    database: DATABASE,
    labels: { storeid: 'integer' },
    tokens: 'open',
    log: 'error',
  };
}

function agentConfig(store: Store, { httpPort }: DemoPlace): object {
  const data = `../data/${agentId(store)}`;
  return {
    id: agentId(store),
    proxies: [`ws://127.0.0.1:${httpPort}/agent`],
    labels: store.labels,
    allowedDirectories: [data],
    stateDirectory: `../${agentId(store)}`,
    store: `../${agentId(store)}/pieces`,
    pollIntervalMs: 1000,
    log: 'error',
    tables: [
      {
        name: 'transactions',
        path: `${data}/transactions.csv`,
        comment: 'what the tills sold; returns are negative',
        // Invoice numbers look like numbers in two stores and like words in the others.
        columns: {
          Invoice: 'text',
          StockCode: 'text',
          Description: 'text',
          Quantity: 'integer',
          InvoiceDate: 'timestamp',
          Price: 'numeric(10,2)',
          'Customer ID': 'integer',
          Country: 'text',
        },
      },
      {
        name: 'events',
        path: `${data}/events/*.jsonl`,
        comment: 'what customers did on the web; context is a nested object',
        columns: { event_id: 'bigint', at: 'timestamp', customer_id: 'integer', amount: 'numeric(12,2)' },
      },
      {
        name: 'stores',
        path: `${data}/stores.parquet`,
        replicated: true,
        comment: 'the stores; the same rows on every agent',
      },
    ],
  };
}
