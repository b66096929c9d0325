import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { assertNever } from '../base/assert.ts';
import { SkeinError, SQLSTATE, toSkeinError } from '../base/errors.ts';
import type { AuthenticationExchange, Authenticator, LoginRequest } from './auth/authenticator.ts';
import {
  writeAuthentication,
  writeBackendKeyData,
  writeErrorResponse,
  writeNegotiateProtocolVersion,
  writeParameterStatus,
  writeReadyForQuery,
} from './encode.ts';
import { FatalError } from './fatal-error.ts';
import type { FrontendInput } from './frontend-input.ts';
import type { FrontendMessage } from './messages.ts';
import { type Negotiated, type NegotiationOptions, negotiate, type Opening } from './negotiate.ts';
import { respond } from './respond.ts';
import type { Encryption, SessionFactory, SessionHandler } from './session-handler.ts';
import { SocketSink } from './socket-sink.ts';
import { SocketWriter } from './socket-writer.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** Newest minor version of protocol 3 that we speak. */
const NEWEST_MINOR = 2;

/** `skipping`: an error made us discard messages until Sync (54.2.3). */
export type Phase = 'startup' | 'authentication' | 'ready' | 'skipping' | 'ending';

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly sessions: SessionFactory;
  readonly authenticator: Authenticator;
  readonly negotiation: Pick<NegotiationOptions, 'tls' | 'maxMessageBytes'>;
  /** Who doesn't encrypt may not log in. */
  readonly tlsRequired: boolean;
  /** Counts the connection. @throws FatalError 53300, or 57P03 while the server shuts down. */
  admit(connection: Connection, minor: number): Identity;
  cancelRequest(processId: number, key: Uint8Array): void;
  /** An error that is a bug (XX000): told to the operator with its stack, to the client without. */
  reportBug(error: unknown): void;
}

export interface Identity {
  readonly processId: number;
  readonly key: Uint8Array;
}

/** One client, from its first byte to its last. */
export class Connection {
  /** The TLS socket, once there is one. */
  #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #remoteAddress: string;
  #phase: Phase = 'startup';
  #input: FrontendInput | undefined;
  #writer: SocketWriter | undefined;
  #handler: SessionHandler | undefined;
  #ending: FatalError | undefined;
  readonly #gone = new AbortController();

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#remoteAddress = socket.remoteAddress ?? '';
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Ends what the session runs, as a CancelRequest would. */
  cancel(): void {
    this.#handler?.cancel();
  }

  /** Ends the connection as soon as what runs has stopped: the client is told the reason. */
  terminate(reason: FatalError): void {
    this.#ending ??= reason;
    this.#input?.abort(reason);
    this.#writer?.abort(reason);
    this.#handler?.cancel();
    this.#gone.abort();
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Resolves when the connection has ended and its session is closed. */
  async run(): Promise<void> {
    try {
      const negotiated = await negotiate(this.#socket, {
        ...this.#host.negotiation,
        onEnd: () => this.#clientLeft(),
        onAttach: (socket, input) => this.#attach(socket, input),
      });
      if (negotiated !== undefined) await this.#open(negotiated);
    } catch (error) {
      this.#sayFatal(error);
    } finally {
      this.#phase = 'ending';
      await this.#closeSession();
      this.#input?.discard();
      this.#socket.end();
    }
  }

  #clientLeft(): void {
    this.#writer?.abort(new SkeinError('connectionFailure', 'the client has disconnected'));
    this.#handler?.cancel();
    this.#gone.abort();
  }

  #attach(socket: Socket, input: FrontendInput): void {
    this.#socket = socket;
    this.#input = input;
    if (this.#ending !== undefined) input.abort(this.#ending);
  }

  async #closeSession(): Promise<void> {
    try {
      await this.#handler?.close();
    } catch (error) {
      this.#host.reportBug(error);
    }
  }

  #sayFatal(error: unknown): void {
    const writer = this.#writer ?? new SocketWriter(this.#socket);
    writeErrorResponse(writer.out, this.#clientError(error), 'FATAL');
    writer.flush();
  }

  #clientError(error: unknown): SkeinError {
    if (this.#ending !== undefined) return this.#ending;
    const told = toSkeinError(error);
    if (told !== error && told.code === SQLSTATE.internal) this.#host.reportBug(error);
    return told;
  }

  async #open({ socket, input, tls, request }: Negotiated): Promise<void> {
    if (request.type === 'cancel-request') {
      this.#host.cancelRequest(request.processId, request.key);
      return;
    }
    const writer = new SocketWriter(socket);
    this.#writer = writer;
    negotiateVersion(writer, request);
    const user = await this.#authenticate(request.parameters, tls, input, writer);
    const { processId, key } = this.#host.admit(this, request.minor);
    writeAuthentication(writer.out, 0);
    input.trust();
    const session = await this.#host.sessions.open(request.parameters, {
      processId,
      remoteAddress: this.#remoteAddress,
      remotePort: this.#socket.remotePort,
      localAddress: this.#socket.localAddress,
      localPort: this.#socket.localPort,
      encryption: encryptionOf(socket),
      user,
      terminate: (reason) => this.terminate(reason),
    });
    this.#handler = session.handler;
    if (this.#ending !== undefined) throw this.#ending;
    for (const [name, value] of session.parameters) writeParameterStatus(writer.out, name, value);
    writeBackendKeyData(writer.out, processId, key);
    this.#readyForQuery(session.handler, writer);
    await this.#serve(session.handler, input, writer);
  }

  /** @returns the user. */
  async #authenticate(
    parameters: ReadonlyMap<string, string>,
    tls: TlsIdentity | undefined,
    input: FrontendInput,
    writer: SocketWriter,
  ): Promise<string> {
    const user = parameters.get('user') ?? '';
    checkStartup(parameters);
    if (tls === undefined && this.#host.tlsRequired) throw unencrypted();
    this.#phase = 'authentication';
    const login: LoginRequest = {
      user,
      database: parameters.get('database') ?? user,
      remoteAddress: this.#remoteAddress,
      encrypted: tls !== undefined,
      endPoint: tls?.endPoint,
    };
    await this.#host.authenticator.authenticate(login, this.#exchange(input, writer));
    return user;
  }

  #exchange(input: FrontendInput, writer: SocketWriter): AuthenticationExchange {
    const left = () => new FatalError('connectionFailure', 'the client left during authentication');
    return {
      request(kind, body) {
        writeAuthentication(writer.out, kind, body);
        writer.flush();
      },
      async response() {
        const message = await input.nextPassword();
        if (message === undefined) throw left();
        return message;
      },
      pause: async (milliseconds) => {
        await sleep(milliseconds, undefined, { signal: this.#gone.signal }).catch(() => {
          throw this.#ending ?? left();
        });
      },
    };
  }

  async #serve(handler: SessionHandler, input: FrontendInput, writer: SocketWriter): Promise<void> {
    const sink = new SocketSink(writer, input);
    for (;;) {
      const message = await input.next();
      if (message === undefined || message.type === 'terminate') return;
      if (this.#phase === 'skipping' && message.type !== 'sync') continue;
      try {
        await respond(message, handler, sink, writer.out);
      } catch (error) {
        this.#reportError(error, writer);
        this.#phase = 'skipping';
      }
      await this.#afterMessage(message, handler, writer);
    }
  }

  /** Every Query and every Sync ends with exactly one ReadyForQuery; Flush sends what has gathered. */
  async #afterMessage(
    message: FrontendMessage,
    handler: SessionHandler,
    writer: SocketWriter,
  ): Promise<void> {
    if (endsCycle(message)) {
      // The session itself knows of an error in its own simpleQuery.
      if (message.type !== 'query') await this.#endCycle(handler, writer);
      this.#readyForQuery(handler, writer);
    } else if (message.type === 'flush' || writer.isFull) {
      writer.flush();
    }
    await writer.ready();
  }

  /** Ends the implicit transaction. It may fail, as a commit may. */
  async #endCycle(handler: SessionHandler, writer: SocketWriter): Promise<void> {
    try {
      await handler.sync(this.#phase === 'skipping');
    } catch (error) {
      this.#reportError(error, writer);
    }
  }

  #readyForQuery(handler: SessionHandler, writer: SocketWriter): void {
    this.#phase = 'ready';
    for (const [name, value] of handler.takeChangedParameters()) {
      writeParameterStatus(writer.out, name, value);
    }
    writeReadyForQuery(writer.out, handler.transactionStatus());
    writer.flush();
  }

  /** ErrorResponse, at once: a client may wait for it before it sends Sync. @throws a FatalError: the connection can't go on. */
  #reportError(error: unknown, writer: SocketWriter): void {
    if (this.#ending !== undefined) throw this.#ending;
    if (error instanceof FatalError) throw error;
    writeErrorResponse(writer.out, this.#clientError(error), 'ERROR');
    writer.flush();
  }
}

function endsCycle(message: FrontendMessage): boolean {
  switch (message.type) {
    case 'query':
    case 'sync':
    case 'function-call':
      return true;
    case 'malformed':
      return message.ofQuery;
    case 'parse':
    case 'bind':
    case 'describe':
    case 'close':
    case 'execute':
    case 'flush':
    case 'terminate':
    case 'copy-data':
    case 'copy-done':
    case 'copy-fail':
      return false;
    default:
      return assertNever(message);
  }
}

/** A newer minor version or unknown protocol options are answered with what we speak (54.2.1). */
function negotiateVersion(writer: SocketWriter, request: Extract<Opening, { type: 'startup' }>): void {
  const { major, minor, protocolOptions } = request;
  if (minor <= NEWEST_MINOR && protocolOptions.length === 0) return;
  writeNegotiateProtocolVersion(writer.out, major, Math.min(minor, NEWEST_MINOR), protocolOptions);
}

function checkStartup(parameters: ReadonlyMap<string, string>): void {
  checkReplication(parameters.get('replication') ?? 'false');
  if ((parameters.get('user') ?? '') === '') {
    throw new FatalError('invalidAuthorization', 'no PostgreSQL user name specified in startup packet');
  }
}

/** PostgreSQL's words for a boolean may be cut short as far as they stay one. */
const NO = /^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i;
const YES = /^(?:t|tr|tru|true|y|ye|yes|on|1|database)$/i;

function checkReplication(wanted: string): void {
  if (NO.test(wanted)) return;
  if (YES.test(wanted)) throw new FatalError('notSupported', 'replication is not supported');
  throw new FatalError('invalidParameterValue', `invalid value for parameter "replication": "${wanted}"`, {
    hint: 'Valid values are: "false", 0, "true", 1, "database".',
  });
}

function unencrypted(): FatalError {
  return new FatalError('invalidAuthorization', 'connections without encryption are not allowed', {
    hint: 'Connect with sslmode=require.',
  });
}

function encryptionOf(socket: Socket): Encryption | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  return { version: socket.getProtocol() ?? '', cipher: socket.getCipher().name };
}
