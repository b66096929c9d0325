import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import { makeTlsIdentity } from '../../src/pgwire/make-tls-identity.ts';
import type { TlsIdentity } from '../../src/pgwire/tls-identity.ts';

const KINDS = {
  'ECDSA with SHA-256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'ECDSA with SHA-384': { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  'RSA with SHA-256': rsa('RSASSA-PKCS1-v1_5', 'SHA-256'),
  'RSA with SHA-512': rsa('RSASSA-PKCS1-v1_5', 'SHA-512'),
  'RSA-PSS with SHA-384': { ...rsa('RSA-PSS', 'SHA-384'), saltLength: 48 },
  Ed25519: { name: 'Ed25519' },
};

export type CertificateKind = keyof typeof KINDS;

function rsa(name: string, hash: string) {
  return { name, hash, publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
}

/** A certificate for `localhost`, signed with its own key in this way. */
export async function testIdentity(kind: CertificateKind): Promise<TlsIdentity> {
  const algorithm = KINDS[kind];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  if (!('privateKey' in keys)) throw new Error('not a pair of keys');
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: 'CN=localhost', signingAlgorithm: algorithm, keys },
    webcrypto,
  );
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return makeTlsIdentity(
    certificate.toString('pem'),
    `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
  );
}
