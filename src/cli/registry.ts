import { join } from 'node:path';
import type { Log } from '../fleet/log.ts';
import { Registry } from '../fleet/registry.ts';
import { fileStore } from '../fleet/store.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** The registry in the proxy's state directory, with the types that its config declares. */
export function openRegistry(config: ProxyConfig, log: Log): Promise<Registry> {
  return Registry.open({
    store: fileStore(join(config.stateDirectory, 'registry')),
    labels: new Map(Object.entries(config.labels)),
    declared: new Map(
      Object.entries(config.tables).map(([name, { columns }]) => [name, new Map(Object.entries(columns))]),
    ),
    tokens: config.tokens,
    log,
  });
}
