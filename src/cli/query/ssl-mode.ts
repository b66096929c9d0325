import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { SkeinError } from '../../base/errors.ts';

/** How a connection is encrypted, and whom it trusts. */
export interface Encryption {
  /** The proxy's URL without what is said here. */
  readonly url: string;
  /** undefined: not at all. */
  readonly tls: ConnectionOptions | undefined;
  /** A proxy that can't encrypt is taken as it is. */
  readonly optional: boolean;
}

const MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof MODES)[number];

/** `sslmode` and `sslrootcert` of a URL, or of PGSSLMODE and PGSSLROOTCERT, mean what they mean to psql. @throws 22023 */
export function encryptionOf(url: string, env: NodeJS.ProcessEnv): Encryption {
  const { searchParams } = new URL(url);
  const mode = checkedMode(searchParams.get('sslmode') ?? (env['PGSSLMODE'] || 'prefer'));
  const rootCertificate = searchParams.get('sslrootcert') ?? (env['PGSSLROOTCERT'] || undefined);
  const bare = withoutParameters(url, ['sslmode', 'sslrootcert']);
  const optional = mode === 'prefer' || mode === 'allow';
  return { url: bare, tls: mode === 'disable' ? undefined : tlsOptions(mode, rootCertificate), optional };
}

function tlsOptions(
  mode: Exclude<SslMode, 'disable'>,
  rootCertificate: string | undefined,
): ConnectionOptions {
  // As libpq: who names a root certificate wants it checked.
  const verifies = mode.startsWith('verify-') || (mode === 'require' && rootCertificate !== undefined);
  if (!verifies) return { rejectUnauthorized: false };
  const ca = rootOf(rootCertificate);
  if (mode === 'verify-full') return ca === undefined ? {} : { ca };
  if (ca === undefined) {
    throw new SkeinError('invalidParameterValue', 'sslmode=verify-ca needs sslrootcert', {
      hint: 'Name the file with the certificate, or use sslmode=verify-full.',
    });
  }
  return { ca, checkServerIdentity: anyHost };
}

/** The certificate need not name the host. */
function anyHost(): undefined {
  return undefined;
}

/** @returns undefined: the authorities that come with Node. */
function rootOf(rootCertificate: string | undefined): string | undefined {
  const usual = join(homedir(), '.postgresql', 'root.crt');
  const path = rootCertificate ?? (existsSync(usual) ? usual : 'system');
  if (path === 'system') return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SkeinError('invalidParameterValue', `sslrootcert: can't read ${path}: ${reason}`);
  }
}

function checkedMode(text: string): SslMode {
  const mode = MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new SkeinError('invalidParameterValue', `"${text}" is not an sslmode`, {
    hint: `Expected one of ${MODES.join(', ')}.`,
  });
}

/** The rest of the URL stays as it was written. */
function withoutParameters(url: string, names: readonly string[]): string {
  const at = url.indexOf('?');
  if (at < 0) return url;
  const kept = url
    .slice(at + 1)
    .split('&')
    .filter((part) => !names.includes(part.replace(/=.*$/s, '')));
  return kept.length === 0 ? url.slice(0, at) : `${url.slice(0, at)}?${kept.join('&')}`;
}
