import { besideFile, type ConfigValues } from './config-file.ts';

/** An agent's configuration with its relative paths made absolute. What isn't as it should be is left for validation. */
export function agentPaths(file: string, config: ConfigValues): ConfigValues {
  const at = (path: unknown) => besideFile(file, path);
  return mapKeys(config, {
    stateDirectory: at,
    store: at,
    tokenFile: at,
    allowedDirectories: (paths) => mapList(paths, at),
    tables: (tables) =>
      mapList(tables, (table) =>
        isMapping(table) ? mapKeys(table, { path: at, paths: (paths) => mapList(paths, at) }) : table,
      ),
  });
}

type Change = (value: unknown) => unknown;

function mapKeys(values: ConfigValues, changes: Readonly<Record<string, Change>>): ConfigValues {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, changes[key]?.(value) ?? value]),
  );
}

function mapList(value: unknown, change: Change): unknown {
  return Array.isArray(value) ? value.map(change) : value;
}

function isMapping(value: unknown): value is ConfigValues {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
