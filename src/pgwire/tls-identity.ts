import type { SecureContext } from 'node:tls';

/** What a server shows of itself in a TLS handshake. */
export interface TlsIdentity {
  readonly secureContext: SecureContext;
  /**
   * Hash of the certificate, to which SCRAM-SHA-256-PLUS binds a channel (`tls-server-end-point`, RFC 5929); undefined where the
   * certificate's signature doesn't say by which hash.
   */
  readonly endPoint: Uint8Array | undefined;
}
