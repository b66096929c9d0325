import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SkeinError } from '../base/errors.ts';
import { readConfigFile } from './config-file.ts';

/** The proxy that a client command talks to: flag, SKEIN_URL, ./skein.yaml, ~/.config/skein.yaml; in this order. */
export async function proxyUrl(flag: string | undefined): Promise<string> {
  const url = flag ?? process.env['SKEIN_URL'] ?? (await urlInFile());
  if (url === undefined) {
    throw new SkeinError('invalidParameterValue', 'no proxy was named', {
      hint: 'Set SKEIN_URL=postgres://me@localhost:5433/skein, write `url: …` into skein.yaml, or use --url.',
    });
  }
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new SkeinError('invalidParameterValue', `"${url}" is not a proxy's URL`, {
      hint: 'Expected postgres://user@host:port/database.',
    });
  }
  return url;
}

async function urlInFile(): Promise<string | undefined> {
  const file = ['skein.yaml', join(homedir(), '.config', 'skein.yaml')].find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const { url } = await readConfigFile(file);
  if (url !== undefined && typeof url !== 'string')
    throw new SkeinError('invalidParameterValue', `${file}: url: expected text`);
  return url;
}
