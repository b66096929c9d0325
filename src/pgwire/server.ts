import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { type Authenticator, trust } from './auth/authenticator.ts';
import { Connection, type ConnectionHost, type Identity } from './connection.ts';
import { DEFAULT_MAX_MESSAGE_BYTES } from './decode.ts';
import { FatalError } from './fatal-error.ts';
import type { SessionFactory } from './session-handler.ts';
import { Startups } from './startups.ts';
import type { TlsIdentity } from './tls-identity.ts';

export interface PgServerOptions {
  readonly sessions: SessionFactory;
  /** An error that is a bug: for the log. The client is told its message, never its stack. */
  readonly reportBug: (error: unknown) => void;
  readonly authenticator?: Authenticator;
  /** Given: clients may encrypt. Asked for each handshake. */
  readonly tls?: () => TlsIdentity;
  /** Who doesn't encrypt may not log in. */
  readonly tlsRequired?: boolean;
  readonly maxConnections?: number;
  /** Connections of one address that haven't logged in; so that no address takes all places. */
  readonly maxStartupsPerAddress?: number;
  readonly maxMessageBytes?: number;
  /** From the first byte to the end of authentication. */
  readonly startupTimeoutMs?: number;
}

const DEFAULT_MAX_CONNECTIONS = 100;
const DEFAULT_STARTUP_TIMEOUT_MS = 60_000;
/** Sockets that aren't sessions yet or only cancel one, beyond the sessions themselves. */
const SPARE_SOCKETS = 64;
/** How long a client may take to read its last message. */
const LINGER_MS = 2_000;
const DEFAULT_GRACE_MS = 10_000;
const KEEP_ALIVE_MS = 60_000;
const KEY_BYTES = 4;
/** For protocol 3.2, as PostgreSQL 18. */
const LONG_KEY_BYTES = 32;

interface Admitted {
  readonly connection: Connection;
  readonly key: Uint8Array;
}

/** Listens for PostgreSQL clients. */
export class PgServer {
  readonly #options: PgServerOptions;
  readonly #server: Server;
  readonly #running = new Map<Connection, Promise<void>>();
  readonly #admitted = new Map<number, Admitted>();
  readonly #startups: Startups;
  readonly #maxConnections: number;
  #lastProcessId = 0;
  #closing = false;

  constructor(options: PgServerOptions) {
    this.#options = options;
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    this.#startups = new Startups(options.maxStartupsPerAddress ?? this.#maxConnections);
    this.#server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    this.#server.maxConnections = this.#maxConnections * 2 + SPARE_SOCKETS;
    this.#server.on('connection', (socket) => this.#accept(socket));
  }

  /** @param port 0: any free one. @returns where it listens. */
  async listen(port: number, host: string): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const address = this.#server.address();
    assert(address !== null && typeof address === 'object', 'a TCP server has an address');
    return address;
  }

  /** Those that have logged in. */
  get connectionCount(): number {
    return this.#admitted.size;
  }

  /** pg_cancel_backend. @returns whether there is such a session. */
  cancel(processId: number): boolean {
    const admitted = this.#admitted.get(processId);
    admitted?.connection.cancel();
    return admitted !== undefined;
  }

  /** pg_terminate_backend. @returns whether there is such a session. */
  terminate(processId: number): boolean {
    const admitted = this.#admitted.get(processId);
    admitted?.connection.terminate(adminShutdown());
    return admitted !== undefined;
  }

  /**
   * Accepts nobody more, cancels what runs, tells every client 57P01, and resolves when all sessions are closed; at the
   * latest after `graceMs`, when whoever is left is cut off.
   */
  async close(graceMs = DEFAULT_GRACE_MS): Promise<void> {
    this.#closing = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#running.keys()) connection.terminate(adminShutdown());
    const grace = new AbortController();
    const cutOff = sleep(graceMs, undefined, { signal: grace.signal }).then(
      () => this.#cutOff(),
      () => undefined,
    );
    await Promise.race([Promise.all([closed, ...this.#running.values()]), cutOff]);
    grace.abort();
    await closed;
  }

  #cutOff(): void {
    for (const connection of this.#running.keys()) connection.destroy();
  }

  #accept(socket: Socket): void {
    // An error is always followed by 'close', which is where the connection hears of it.
    socket.on('error', () => socket.destroy());
    const connection = new Connection(socket, this.#host());
    if (!this.#startups.begin(connection, socket.remoteAddress ?? '')) connection.terminate(tooManyClients());
    const timeout = setTimeout(
      () => endUnlessReady(connection),
      this.#options.startupTimeoutMs ?? DEFAULT_STARTUP_TIMEOUT_MS,
    );
    const ended = connection.run().then(
      () => this.#forget(connection, socket, timeout),
      (error: unknown) => {
        this.#options.reportBug(error);
        socket.destroy();
        this.#forget(connection, socket, timeout);
      },
    );
    this.#running.set(connection, ended);
  }

  #forget(connection: Connection, socket: Socket, timeout: NodeJS.Timeout): void {
    clearTimeout(timeout);
    this.#startups.end(connection);
    this.#running.delete(connection);
    for (const [processId, admitted] of this.#admitted) {
      if (admitted.connection === connection) this.#admitted.delete(processId);
    }
    if (!socket.destroyed) {
      const linger = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => clearTimeout(linger));
    }
  }

  #host(): ConnectionHost {
    const { sessions, authenticator, tls, tlsRequired, maxMessageBytes, reportBug } = this.#options;
    return {
      sessions,
      authenticator: authenticator ?? trust,
      negotiation: {
        tls: tls ?? (() => undefined),
        maxMessageBytes: maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES,
      },
      tlsRequired: tlsRequired ?? false,
      admit: (connection, minor) => this.#admit(connection, minor),
      cancelRequest: (processId, key) => this.#cancelRequest(processId, key),
      reportBug,
    };
  }

  #admit(connection: Connection, minor: number): Identity {
    if (this.#closing) throw new FatalError('cannotConnectNow', 'the database system is shutting down');
    if (this.#admitted.size >= this.#maxConnections) throw tooManyClients();
    this.#startups.end(connection);
    const processId = this.#nextProcessId();
    const key = randomBytes(minor >= 2 ? LONG_KEY_BYTES : KEY_BYTES);
    this.#admitted.set(processId, { connection, key });
    return { processId, key };
  }

  #nextProcessId(): number {
    do {
      this.#lastProcessId = (this.#lastProcessId % 0x7fffffff) + 1;
    } while (this.#admitted.has(this.#lastProcessId));
    return this.#lastProcessId;
  }

  /** A wrong key is ignored without a word, as in PostgreSQL. */
  #cancelRequest(processId: number, key: Uint8Array): void {
    const admitted = this.#admitted.get(processId);
    if (admitted === undefined || admitted.key.length !== key.length) return;
    if (timingSafeEqual(admitted.key, key)) admitted.connection.cancel();
  }
}

function endUnlessReady(connection: Connection): void {
  if (connection.phase !== 'startup' && connection.phase !== 'authentication') return;
  connection.terminate(new FatalError('queryCanceled', 'canceling authentication due to timeout'));
}

function tooManyClients(): FatalError {
  return new FatalError('tooManyConnections', 'sorry, too many clients already');
}

function adminShutdown(): FatalError {
  return new FatalError('adminShutdown', 'terminating connection due to administrator command');
}
