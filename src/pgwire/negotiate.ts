import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { GSS_MINOR, SSL_MINOR, unsupportedProtocol } from './decode-startup.ts';
import { FatalError } from './fatal-error.ts';
import { FrontendInput } from './frontend-input.ts';
import type { StartupRequest } from './messages.ts';
import type { TlsIdentity } from './tls-identity.ts';

const TLS_HANDSHAKE = 0x16;
const ALPN = ['postgresql'];

export interface NegotiationOptions {
  /** The certificate to show now; undefined: none. */
  readonly tls: () => TlsIdentity | undefined;
  readonly maxMessageBytes: number;
  /** The client is gone. */
  readonly onEnd: () => void;
  /** Called with what the client is read from and written to: a second time after an upgrade to TLS. */
  readonly onAttach: (socket: Socket, input: FrontendInput) => void;
}

export type Opening = Extract<StartupRequest, { type: 'startup' | 'cancel-request' }>;

export interface Negotiated {
  /** The client's socket, or the TLS socket around it. */
  readonly socket: Socket;
  readonly input: FrontendInput;
  /** What encrypts the socket; undefined: nothing. */
  readonly tls: TlsIdentity | undefined;
  readonly request: Opening;
}

/** Settles encryption and reads the first real request. @returns undefined: the client left without one. */
export async function negotiate(raw: Socket, options: NegotiationOptions): Promise<Negotiated | undefined> {
  let current = attach(raw, undefined, options);
  const offered = new Set<string>();
  if ((await current.input.firstByte()) === TLS_HANDSHAKE) current = beginDirectly(current, options);
  for (;;) {
    const request = await current.input.nextStartup();
    if (request === undefined) return undefined;
    if (request.type === 'startup' || request.type === 'cancel-request') return { ...current, request };
    if (offered.has(request.type) || current.tls !== undefined) {
      throw unsupportedProtocol(1234, request.type === 'ssl-request' ? SSL_MINOR : GSS_MINOR);
    }
    offered.add(request.type);
    const tls = request.type === 'gss-request' ? undefined : options.tls();
    if (tls === undefined) current.socket.write('N');
    // Whoever sent it did so before there was an answer, perhaps in the client's name (CVE-2021-23214).
    if (current.input.hasUnread) throw unencryptedData(request.type);
    if (tls !== undefined) {
      current.socket.write('S');
      current = upgrade(current, tls, options);
    }
  }
}

function unencryptedData(request: 'ssl-request' | 'gss-request'): FatalError {
  const what = request === 'ssl-request' ? 'SSL' : 'GSSAPI encryption';
  return new FatalError('protocolViolation', `received unencrypted data after ${what} request`, {
    detail:
      'This could be either a client-software bug or evidence of an attempted man-in-the-middle attack.',
  });
}

interface Attached {
  readonly socket: Socket;
  readonly input: FrontendInput;
  readonly tls: TlsIdentity | undefined;
}

function attach(socket: Socket, tls: TlsIdentity | undefined, options: NegotiationOptions): Attached {
  const input = new FrontendInput(socket, options.maxMessageBytes, options.onEnd);
  options.onAttach(socket, input);
  return { socket, input, tls };
}

/** A client that begins with TLS must name the protocol in it, so that no other's bytes are taken for ours (ALPN). */
function beginDirectly(current: Attached, options: NegotiationOptions): Attached {
  const tls = options.tls();
  if (tls === undefined) {
    throw new FatalError(
      'protocolViolation',
      'received direct SSL connection request: SSL is not configured',
    );
  }
  const direct = upgrade(current, tls, options);
  direct.socket.once('secure', () => {
    if (direct.socket.alpnProtocol === false) direct.socket.destroy();
  });
  return direct;
}

function upgrade(
  current: Attached,
  tls: TlsIdentity,
  options: NegotiationOptions,
): Attached & { readonly socket: TLSSocket } {
  current.input.detach();
  const { secureContext } = tls;
  const socket = new TLSSocket(current.socket, { isServer: true, secureContext, ALPNProtocols: ALPN });
  socket.disableRenegotiation();
  return { ...attach(socket, tls, options), socket };
}
