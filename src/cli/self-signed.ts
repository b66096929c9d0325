import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

const DAYS = 365;
const DAY_MS = 86_400_000;
/** One that ends sooner is made anew. */
const MIN_DAYS_LEFT = 30;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate for trial, kept in the state directory, so that a client may trust it by its file. */
export async function selfSignedFiles(stateDirectory: string, host: string): Promise<TlsFiles> {
  const directory = join(stateDirectory, 'tls');
  const files = { certificate: join(directory, 'server.crt'), key: join(directory, 'server.key') };
  const names = namesOf(host);
  if (await isStillGood(files, names)) return files;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { certificate, key } = await generate(names);
  await writeFile(files.key, key, { mode: 0o600 });
  await writeFile(files.certificate, certificate);
  return files;
}

/** By which clients may reach this proxy. */
function namesOf(host: string): readonly string[] {
  const own = ['0.0.0.0', '::'].includes(host) ? [] : [host];
  return [...new Set(['localhost', '127.0.0.1', '::1', hostname(), ...own])];
}

async function isStillGood({ certificate, key }: TlsFiles, names: readonly string[]): Promise<boolean> {
  try {
    await readFile(key);
    const found = new X509Certificate(await readFile(certificate));
    const covered = names.every((name) =>
      isIP(name) === 0 ? found.checkHost(name) !== undefined : found.checkIP(name) !== undefined,
    );
    return covered && Date.parse(found.validTo) - Date.now() > MIN_DAYS_LEFT * DAY_MS;
  } catch {
    return false;
  }
}

async function generate(names: readonly string[]): Promise<{ certificate: string; key: string }> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Skein (self-signed)',
      notBefore: new Date(now - DAY_MS),
      notAfter: new Date(now + DAYS * DAY_MS),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        ),
      ],
    },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificate: certificate.toString('pem'), key: pem('PRIVATE KEY', key) };
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
