import { join } from 'node:path';
import type { Log } from '../fleet/log.ts';
import { Registry, type RegistryOptions } from '../fleet/registry.ts';
import { fileStore } from '../fleet/store.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** The registry in a proxy's state directory. */
export function openRegistry(
  place: Pick<ProxyConfig, 'stateDirectory' | 'tokens'>,
  declarations: RegistryOptions['declarations'],
  log: Log,
): Promise<Registry> {
  const store = fileStore(join(place.stateDirectory, 'registry'));
  return Registry.open({ store, declarations, tokens: place.tokens, log });
}

/** What a proxy's config says of types and places. */
export function declarationsOf(config: ProxyConfig): NonNullable<RegistryOptions['declarations']> {
  return {
    labels: new Map(Object.entries(config.labels)),
    columns: new Map(
      Object.entries(config.tables).map(([name, { columns }]) => [name, new Map(Object.entries(columns))]),
    ),
    colocation: new Map(
      Object.entries(config.colocation).map(([group, keys]) => [group, new Map(Object.entries(keys))]),
    ),
  };
}
