import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { SkeinError } from '../base/errors.ts';
import type { TlsIdentity } from '../pgwire/tls-identity.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { selfSignedFiles, type TlsFiles } from './self-signed.ts';

const LOOK_EVERY_MS = 30_000;

/** The certificate that the proxy shows, as it is in its files now. */
export class TlsCertificate {
  readonly #files: TlsFiles;
  readonly #log: Logger;
  #identity: TlsIdentity;
  #stamp: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(files: TlsFiles, log: Logger, identity: TlsIdentity, stamp: string) {
    this.#files = files;
    this.#log = log;
    this.#identity = identity;
    this.#stamp = stamp;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  /** @throws 58P01, 22023 */
  static async open(files: TlsFiles, log: Logger): Promise<TlsCertificate> {
    const stamp = await stampOf(files);
    return new TlsCertificate(files, log, await load(files), stamp);
  }

  get identity(): TlsIdentity {
    return this.#identity;
  }

  /** Takes a renewed certificate. One that can't be used leaves the old one in place. */
  async look(): Promise<void> {
    try {
      const stamp = await stampOf(this.#files);
      if (stamp === this.#stamp) return;
      this.#identity = await load(this.#files);
      this.#stamp = stamp;
      this.#log.info('the TLS certificate was renewed');
    } catch (error) {
      this.#log.error({ err: error }, 'the renewed TLS certificate cannot be used');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** undefined: the configuration has no TLS. */
export async function openTls(config: ProxyConfig, log: Logger): Promise<TlsCertificate | undefined> {
  const { certificate, key, selfSigned } = config.tls ?? {};
  if (certificate !== undefined && key !== undefined) return TlsCertificate.open({ certificate, key }, log);
  if (selfSigned !== true) return undefined;
  return TlsCertificate.open(await selfSignedFiles(config.stateDirectory, config.host), log);
}

async function stampOf({ certificate, key }: TlsFiles): Promise<string> {
  const stamps = [certificate, key].map(async (path) => {
    const { mtimeMs, size, ino } = await stat(path).catch((error: Error) => {
      throw unreadable(path, error);
    });
    return `${mtimeMs} ${size} ${ino}`;
  });
  return (await Promise.all(stamps)).join();
}

async function load({ certificate, key }: TlsFiles): Promise<TlsIdentity> {
  const [certificatePem, keyPem, { makeTlsIdentity }] = await Promise.all([
    read(certificate),
    read(key),
    import('../pgwire/make-tls-identity.ts'),
  ]);
  try {
    return makeTlsIdentity(certificatePem, keyPem);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SkeinError(
      'invalidParameterValue',
      `tls: can't use the certificate ${certificate} with the key ${key}: ${reason}`,
      {
        hint: 'Expected PEM files, the certificate before those that it rests on, the key without a passphrase.',
      },
    );
  }
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: Error) => {
    throw unreadable(path, error);
  });
}

function unreadable(path: string, error: Error): SkeinError {
  return new SkeinError('undefinedFile', `tls: can't read ${path}: ${error.message}`);
}
