import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { configMistakes } from '../base/config-mistakes.ts';
import { SkeinError } from '../base/errors.ts';
import type { LogLevel } from './log.ts';

export type ConfigValues = Readonly<Record<string, unknown>>;

/** A YAML file's mapping; an empty file is an empty mapping. @throws 58P01, 22023 with line and column. */
export async function readConfigFile(path: string): Promise<ConfigValues> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new SkeinError('undefinedFile', `can't read the configuration ${path}: ${reason}`);
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
    return parse(text, { prettyErrors: true });
  } catch (error) {
    if (error instanceof YAMLParseError)
      throw new SkeinError('invalidParameterValue', `${path}: ${error.message}`);
    throw error;
  }
}

/** Flags win over the file. Flags that weren't given are undefined. */
export function withFlags(file: ConfigValues, flags: ConfigValues): ConfigValues {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { ...file, ...Object.fromEntries(given) };
}

const levels = z.looseObject({
  log: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).optional(),
});

/** `log` of a file, which is the command's own, and the rest. */
export function takeLogLevel(
  path: string | undefined,
  file: ConfigValues,
  flag: LogLevel | undefined,
): { readonly level: LogLevel; readonly rest: ConfigValues } {
  const checked = configMistakes(levels, file);
  if ('mistakes' in checked) {
    throw new SkeinError('invalidParameterValue', `${path}:\n  ${checked.mistakes.join('\n  ')}`);
  }
  const { log, ...rest } = checked.value;
  return { level: flag ?? log ?? 'info', rest };
}

/** A relative path of a configuration file begins at the file; URLs stay. */
export function besideFile(file: string, path: unknown): unknown {
  if (typeof path !== 'string' || /^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return path;
  return resolve(dirname(file), path);
}
