import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/cli/log.ts';
import { startProxy } from '../../src/cli/proxy.ts';
import { parseProxyConfig } from '../../src/cli/proxy-config.ts';
import { formatVerifier, makeVerifier } from '../../src/pgwire/auth/verifier.ts';
import { USERS } from './login-postgres.ts';
import { lendPostgresTemplate } from './postgres-template.ts';
import { CERTIFICATE, KEY } from './test-certificate.ts';

export interface LoginProxy {
  readonly port: number;
  /** The file with the certificate that it shows. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** A proxy as `skein proxy` starts it, without agents, where {@link USERS} log in. @param overrides of its configuration. */
export async function startLoginProxy(
  overrides: Readonly<Record<string, unknown>> = {},
): Promise<LoginProxy> {
  const directory = await mkdtemp(join(tmpdir(), 'skein-login-'));
  const certificate = join(directory, 'test.crt');
  const key = join(directory, 'test.key');
  await writeFile(certificate, CERTIFICATE);
  await writeFile(key, KEY);
  const users = Object.entries(USERS).map(
    async ([name, password]) => [name, formatVerifier(await makeVerifier(password))] as const,
  );
  const config = parseProxyConfig({
    stateDirectory: join(directory, 'state'),
    port: 0,
    httpPort: 0,
    threads: 1,
    users: Object.fromEntries(await Promise.all(users)),
    tls: { certificate, key },
    ...overrides,
  });
  await mkdir(config.stateDirectory, { recursive: true });
  await lendPostgresTemplate(config.stateDirectory, config.database);
  const proxy = await startProxy(config, silentLog);
  return {
    port: proxy.pgPort,
    certificate: config.tls?.certificate ?? join(config.stateDirectory, 'tls', 'server.crt'),
    async close() {
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
