import { timingSafeEqual } from 'node:crypto';
import { assert } from '../../base/assert.ts';
import { SkeinError } from '../../base/errors.ts';
import { AttributeReader, malformed, printable } from './scram-attributes.ts';
import { base64, hmac, KEY_BYTES, type ScramVerifier, sha256 } from './verifier.ts';

export const SCRAM_SHA_256 = 'SCRAM-SHA-256';
export const SCRAM_SHA_256_PLUS = 'SCRAM-SHA-256-PLUS';

export interface ScramServerOptions {
  readonly verifier: ScramVerifier;
  /** Printable, without commas. */
  readonly serverNonce: string;
  /** The certificate's hash, where the client may bind the channel to it: SCRAM-SHA-256-PLUS was offered. */
  readonly endPoint: Uint8Array | undefined;
  /** The client chose SCRAM-SHA-256-PLUS. */
  readonly bindsChannel: boolean;
}

interface ClientFirst {
  readonly gs2Header: string;
  readonly bare: string;
  readonly nonce: string;
}

/**
 * The server's side of one SCRAM exchange (RFC 5802, RFC 7677). Texts are latin1, so that what is signed is what was sent, byte
 * for byte. Errors are worded as PostgreSQL's auth-scram.c.
 */
export class ScramServer {
  readonly #options: ScramServerOptions;
  #clientFirst: ClientFirst | undefined;
  #serverFirst = '';

  constructor(options: ScramServerOptions) {
    this.#options = options;
  }

  /** @returns the server-first-message. @throws 08P01, 28000, 0A000 */
  first(message: string): string {
    const { serverNonce, verifier } = this.#options;
    this.#clientFirst = readClientFirst(checked(message), this.#options);
    this.#serverFirst = `r=${this.#clientFirst.nonce}${serverNonce},s=${base64(verifier.salt)},i=${verifier.iterations}`;
    return this.#serverFirst;
  }

  /** @returns the server-final-message; undefined: the password is wrong. @throws 08P01, 28000 */
  final(message: string): string | undefined {
    assert(this.#clientFirst !== undefined, 'the client-first-message came before');
    const { nonce, bare, gs2Header } = this.#clientFirst;
    const { verifier, serverNonce } = this.#options;
    const read = readClientFinal(checked(message), (binding) => this.#checkBinding(binding, gs2Header));
    if (read.nonce !== nonce + serverNonce) {
      throw new SkeinError('protocolViolation', 'invalid SCRAM response', {
        detail: 'Nonce does not match.',
      });
    }
    const signed = Buffer.from(`${bare},${this.#serverFirst},${read.withoutProof}`, 'latin1');
    const signature = hmac(verifier.storedKey, signed);
    const clientKey = read.proof.map((byte, i) => byte ^ (signature[i] ?? 0));
    if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return undefined;
    return `v=${base64(hmac(verifier.serverKey, signed))}`;
  }

  #checkBinding(binding: string, gs2Header: string): void {
    const { bindsChannel, endPoint } = this.#options;
    if (!bindsChannel) {
      if (binding === base64(Buffer.from(gs2Header, 'latin1'))) return;
      throw new SkeinError(
        'protocolViolation',
        'unexpected SCRAM channel-binding attribute in client-final-message',
      );
    }
    assert(endPoint !== undefined, 'the mechanism was offered');
    const expected = base64(Buffer.concat([Buffer.from(gs2Header, 'latin1'), endPoint]));
    if (binding !== expected) {
      throw new SkeinError('invalidAuthorization', 'SCRAM channel binding check failed');
    }
  }
}

function checked(message: string): string {
  if (message === '') throw malformed('The message is empty.');
  if (message.includes('\0')) throw malformed('Message length does not match input length.');
  return message;
}

function readClientFirst(message: string, options: ScramServerOptions): ClientFirst {
  const reader = new AttributeReader(message);
  readBindingFlag(reader, options);
  if (reader.peek() === 'a') {
    throw new SkeinError('notSupported', 'client uses authorization identity, but it is not supported');
  }
  if (reader.peek() !== ',') {
    throw malformed(`Unexpected attribute "${printable(reader.peek())}" in client-first-message.`);
  }
  reader.skip();
  const gs2Header = message.slice(0, reader.position);
  const bare = message.slice(reader.position);
  if (reader.peek() === 'm') {
    throw new SkeinError('notSupported', 'client requires an unsupported SCRAM extension');
  }
  // PostgreSQL ignores this name too: the user is the startup message's.
  reader.attribute('n');
  const nonce = reader.attribute('r');
  if (!/^[\x21-\x2b\x2d-\x7e]*$/.test(nonce)) {
    throw new SkeinError('protocolViolation', 'non-printable characters in SCRAM nonce');
  }
  while (!reader.atEnd) reader.anyAttribute();
  return { gs2Header, bare, nonce };
}

/** Whether the client can bind the channel, did, or believes that we can't (RFC 5802, 6). */
function readBindingFlag(reader: AttributeReader, { bindsChannel, endPoint }: ScramServerOptions): void {
  const flag = reader.peek();
  switch (flag) {
    case 'n':
    case 'y':
      if (bindsChannel) {
        throw malformed(
          'The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data.',
        );
      }
      if (flag === 'y' && endPoint !== undefined) throw downgraded();
      reader.skip();
      reader.comma();
      return;
    case 'p': {
      if (!bindsChannel) {
        throw malformed(
          'The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data.',
        );
      }
      const type = reader.attribute('p');
      if (type === 'tls-server-end-point') return;
      const shown = type.replace(/[^\x21-\x7e]/g, '?').slice(0, 30);
      throw new SkeinError('protocolViolation', `unsupported SCRAM channel-binding type "${shown}"`);
    }
    default:
      throw malformed(`Unexpected channel-binding flag "${printable(flag)}".`);
  }
}

function downgraded(): SkeinError {
  return new SkeinError('invalidAuthorization', 'SCRAM channel binding negotiation error', {
    detail:
      'The client supports SCRAM channel binding but thinks the server does not.  However, this server does support channel binding.',
  });
}

interface ClientFinal {
  readonly nonce: string;
  readonly proof: Uint8Array;
  readonly withoutProof: string;
}

function readClientFinal(message: string, checkBinding: (binding: string) => void): ClientFinal {
  const reader = new AttributeReader(message);
  checkBinding(reader.attribute('c'));
  const nonce = reader.attribute('r');
  for (;;) {
    const start = reader.position;
    const { name, value } = reader.anyAttribute();
    if (name !== 'p') continue;
    const proof = readProof(value);
    if (!reader.atEnd) throw malformed('Garbage found at the end of client-final-message.');
    return { nonce, proof, withoutProof: message.slice(0, start - 1) };
  }
}

function readProof(text: string): Uint8Array {
  const proof = Buffer.from(text, 'base64');
  if (proof.length === KEY_BYTES && proof.toString('base64') === text) return proof;
  throw malformed('Malformed proof in client-final-message.');
}
