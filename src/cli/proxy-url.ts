import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { configMistakes } from '../base/config-mistakes.ts';
import { SkeinError } from '../base/errors.ts';
import { readConfigFile } from './config-file.ts';

const fileSchema = z.strictObject({ url: z.string() });

/** The proxy that a client command talks to: flag, SKEIN_URL, ./skein.yaml, ~/.config/skein.yaml; in this order. */
export async function proxyUrl(flag: string | undefined): Promise<string> {
  const url = flag ?? (process.env['SKEIN_URL'] || undefined) ?? (await urlInFile());
  if (url === undefined) {
    throw new SkeinError('invalidParameterValue', 'no proxy was named', {
      hint: 'Set SKEIN_URL=postgres://me@localhost:5433/skein, write `url: …` into skein.yaml, or use --url.',
    });
  }
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new SkeinError('invalidParameterValue', `"${withoutPassword(url)}" is not a proxy's URL`, {
      hint: 'Expected postgres://user@host:port/database.',
    });
  }
  return url;
}

async function urlInFile(): Promise<string | undefined> {
  const file = ['skein.yaml', join(homedir(), '.config', 'skein.yaml')].find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const checked = configMistakes(fileSchema, await readConfigFile(file));
  if ('value' in checked) return checked.value.url;
  throw new SkeinError('invalidParameterValue', `${file}:\n  ${checked.mistakes.join('\n  ')}`);
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, ':…@');
}
