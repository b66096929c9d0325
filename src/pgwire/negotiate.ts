import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { FatalError } from './fatal-error.ts';
import { FrontendInput } from './frontend-input.ts';
import type { StartupRequest } from './messages.ts';

const TLS_HANDSHAKE = 0x16;
const ALPN = ['postgresql'];

export interface NegotiationOptions {
  readonly secureContext: SecureContext | undefined;
  readonly maxMessageBytes: number;
  /** The client is gone. */
  readonly onEnd: () => void;
  /** Called with each input that is read from: a second one after an upgrade to TLS. */
  readonly onInput: (input: FrontendInput) => void;
}

export type Opening = Extract<StartupRequest, { type: 'startup' | 'cancel-request' }>;

export interface Negotiated {
  /** The client's socket, or the TLS socket around it. */
  readonly socket: Socket;
  readonly input: FrontendInput;
  readonly encrypted: boolean;
  readonly request: Opening;
}

/** Settles encryption and reads the first real request. @returns undefined: the client left without one. */
export async function negotiate(raw: Socket, options: NegotiationOptions): Promise<Negotiated | undefined> {
  let current = attach(raw, options);
  const offered = new Set<string>();
  if ((await current.input.firstByte()) === TLS_HANDSHAKE) current = upgrade(current, options);
  for (;;) {
    const request = await current.input.nextStartup();
    if (request === undefined) return undefined;
    if (request.type === 'startup' || request.type === 'cancel-request') return { ...current, request };
    if (offered.has(request.type) || current.encrypted) {
      throw new FatalError('protocolViolation', `unexpected second ${request.type}`);
    }
    offered.add(request.type);
    if (request.type === 'gss-request' || options.secureContext === undefined) {
      current.socket.write('N');
    } else {
      if (current.input.hasUnread) {
        throw new FatalError('protocolViolation', 'received unencrypted data after SSL request');
      }
      current.socket.write('S');
      current = upgrade(current, options);
    }
  }
}

interface Attached {
  readonly socket: Socket;
  readonly input: FrontendInput;
  readonly encrypted: boolean;
}

function attach(socket: Socket, options: NegotiationOptions): Attached {
  const input = new FrontendInput(socket, options.maxMessageBytes, options.onEnd);
  options.onInput(input);
  return { socket, input, encrypted: socket instanceof TLSSocket };
}

function upgrade(current: Attached, options: NegotiationOptions): Attached {
  const { secureContext } = options;
  if (secureContext === undefined) {
    throw new FatalError(
      'protocolViolation',
      'received direct SSL connection request: SSL is not configured',
    );
  }
  current.input.detach();
  return attach(
    new TLSSocket(current.socket, { isServer: true, secureContext, ALPNProtocols: ALPN }),
    options,
  );
}
