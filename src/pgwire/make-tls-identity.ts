import 'reflect-metadata';
import { createHash, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { X509Certificate as ParsedCertificate } from '@peculiar/x509';
import type { TlsIdentity } from './tls-identity.ts';

/** @param certificate PEM: the server's own first, then those that it rests on. @throws what OpenSSL says is wrong. */
export function makeTlsIdentity(certificate: string, key: string): TlsIdentity {
  const secureContext = createSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' });
  return { secureContext, endPoint: endPointOf(new X509Certificate(certificate).raw) };
}

/** RFC 5929, 4.1: by the hash of the certificate's signature, and SHA-256 in place of the broken ones. */
function endPointOf(certificate: Buffer): Uint8Array | undefined {
  const algorithm: object = new ParsedCertificate(certificate).signatureAlgorithm;
  const name = 'hash' in algorithm ? hashName(algorithm.hash) : undefined;
  if (name === undefined) return undefined;
  return createHash(name).update(certificate).digest();
}

function hashName(hash: unknown): string | undefined {
  if (typeof hash !== 'object' || hash === null || !('name' in hash)) return undefined;
  switch (hash.name) {
    case 'SHA-1':
    case 'MD5':
    case 'SHA-256':
      return 'sha256';
    case 'SHA-384':
      return 'sha384';
    case 'SHA-512':
      return 'sha512';
    default:
      return undefined;
  }
}
