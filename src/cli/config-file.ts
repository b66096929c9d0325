import { readFile } from 'node:fs/promises';
import { parse, YAMLParseError } from 'yaml';
import { SkeinError } from '../base/errors.ts';

/** A YAML file's mapping; an empty file is an empty mapping. @throws 58P01, 22023 with line and column. */
export async function readConfigFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SkeinError(
      'undefinedFile',
      `can't read the configuration ${path}: ${error.code ?? error.message}`,
    );
  });
  const value = parseYaml(path, text);
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new SkeinError('invalidParameterValue', `${path}: expected a mapping of keys to values`);
  }
  return { ...value };
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new SkeinError('invalidParameterValue', `${path}: ${error.message}`);
    throw error;
  }
}

/** Flags win over the file. Flags that weren't given are undefined. */
export function withFlags(
  file: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { ...file, ...Object.fromEntries(given) };
}
