import { startLoginPostgres, USERS } from '../../support/login-postgres.ts';
import { startLoginProxy } from '../../support/login-proxy.ts';
import { type Both, type RunOptions, runBoth, type Target } from './fixture.ts';

/** A Skein without agents and a PostgreSQL 18, which let the same users in by SCRAM, with TLS or without. */
export interface LoginServers {
  /**
   * As {@link runBoth}, as the user `ann` of the host `localhost`, whose certificate PGSSLROOTCERT names. libpq takes one
   * address of the host, so that its messages are the same.
   */
  runBoth(command: string, args: readonly string[], options?: RunOptions): Promise<Both>;
  close(): Promise<void>;
}

export async function startLoginServers(): Promise<LoginServers> {
  const [postgres, skein] = await Promise.all([startLoginPostgres(), startLoginProxy()]);
  const targets = { skein: target(skein.port), postgres: target(postgres.port) };
  const trusted = { PGSSLROOTCERT: skein.certificate, PGHOSTADDR: '127.0.0.1' };
  return {
    runBoth: (command, args, options = {}) =>
      runBoth(targets, command, args, { ...options, env: { ...trusted, ...options.env } }),
    async close() {
      await Promise.all([postgres.close(), skein.close()]);
    },
  };
}

function target(port: number): Target {
  const place = { host: 'localhost', port, user: 'ann', password: USERS['ann'] ?? '', database: 'skein' };
  const url = `postgresql://${place.user}:${place.password}@${place.host}:${port}/${place.database}`;
  return { ...place, url };
}
