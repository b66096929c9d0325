import { WebSocket } from 'ws';
import { MAX_MESSAGE_BYTES } from '../protocol/codec.ts';
import { MAX_FRAME_BYTES } from '../protocol/frames.ts';
import type { Log } from './log.ts';
import { AgentPeer, type PeerChannel } from './peer.ts';
import type { AgentRuntime } from './runtime.ts';

const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 15_000;
/** A refusal is for people to repair. */
const REFUSED_RETRY_MS = 30_000;
/** Silence of so many heartbeats means that the proxy is gone. */
const MISSED_HEARTBEATS = 3;
const CLOSE_TIMEOUT_MS = 1000;
/** Frames wait while the socket holds more than this. */
const HIGH_WATER_BYTES = 4 << 20;

type ConnectionState = 'connecting' | 'connected' | 'refused' | 'closed';

/** The agent's connection to one proxy: dialled by the agent, and again whenever it breaks. */
export class AgentConnection {
  readonly #runtime: AgentRuntime;
  readonly #url: string;
  readonly #log: Log;
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempts = 0;
  #state: ConnectionState = 'connecting';

  constructor(runtime: AgentRuntime, url: string, log: Log) {
    this.#runtime = runtime;
    this.#url = url;
    this.#log = log;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Dials, and keeps the connection until {@link close}. */
  start(): void {
    if (this.#state !== 'closed') this.#dial();
  }

  close(): void {
    this.#state = 'closed';
    clearTimeout(this.#retry);
    const socket = this.#socket;
    socket?.close(1000, 'the agent is shutting down');
    setTimeout(() => socket?.terminate(), CLOSE_TIMEOUT_MS).unref();
  }

  #dial(): void {
    const socket = new WebSocket(this.#url, {
      maxPayload: Math.max(MAX_FRAME_BYTES, MAX_MESSAGE_BYTES),
      perMessageDeflate: false,
      // RFC 6455 has clients mask so that a browser's page can't write what a cache would take for HTTP. An agent is no
      // browser; a mask of zeros spares both sides a pass over every byte.
      generateMask: (mask) => mask.fill(0),
      handshakeTimeout: this.#runtime.config.heartbeatMs,
    });
    this.#socket = socket;
    let refusal: string | undefined;
    const peer = new AgentPeer(this.#runtime, channelOf(socket), {
      welcomed: (proxyId) => {
        this.#attempts = 0;
        this.#log.info({ url: this.#url, proxy: proxyId }, 'connected to the proxy');
        this.#state = 'connected';
      },
      refused: (reason) => {
        refusal = reason;
        socket.close(1000);
      },
    });
    const heart = this.#heartbeat(socket);
    socket.on('open', () => peer.greet());
    socket.on('message', (data, isBinary) => {
      heart.beat();
      if (isBinary) peer.frame(bytesOf(data));
      else peer.message(bytesOf(data).toString('utf8'));
    });
    socket.on('error', (error) => {
      this.#log.warn({ url: this.#url, reason: error.message }, 'the connection to the proxy failed');
    });
    socket.on('close', (_, reason) => {
      heart.stop();
      peer.closed();
      this.#again(refusal, reason.toString());
    });
  }

  /** The proxy pings; an agent that hears nothing dials anew. */
  #heartbeat(socket: WebSocket): { readonly beat: () => void; readonly stop: () => void } {
    const { heartbeatMs } = this.#runtime.config;
    let heard = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - heard > heartbeatMs * MISSED_HEARTBEATS) {
        this.#log.warn({ url: this.#url }, 'the proxy is silent');
        socket.terminate();
      }
    }, heartbeatMs);
    return {
      beat: () => {
        heard = performance.now();
      },
      stop: () => clearInterval(timer),
    };
  }

  #again(refusal: string | undefined, reason: string): void {
    if (this.#state === 'closed') return;
    const waitMs = refusal === undefined ? this.#backoff() : REFUSED_RETRY_MS;
    if (refusal !== undefined) {
      this.#log.error({ url: this.#url, reason: refusal }, 'the proxy refused this agent');
      this.#state = 'refused';
    } else {
      this.#log.warn({ url: this.#url, reason, waitMs }, 'not connected to the proxy');
      this.#state = 'connecting';
    }
    this.#retry = setTimeout(() => this.#dial(), waitMs);
  }

  /** Doubles up to a limit; the jitter keeps agents from returning all at once. */
  #backoff(): number {
    const limit = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#attempts++, 10));
    return Math.round(limit * (0.5 + Math.random() / 2));
  }
}

function channelOf(socket: WebSocket): PeerChannel {
  return {
    sendMessage: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    sendFrame: (bytes) => sendFrame(socket, bytes),
    close: (reason) => socket.close(1002, reason.slice(0, 100)),
  };
}

/** Resolves at once while the socket's buffer is small, otherwise when this frame has left. */
function sendFrame(socket: WebSocket, bytes: Uint8Array): Promise<void> {
  if (socket.readyState !== WebSocket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    const isFull = socket.bufferedAmount + bytes.length > HIGH_WATER_BYTES;
    // A failure to send ends the socket, and with it the task.
    socket.send(bytes, () => resolve());
    if (!isFull) resolve();
  });
}

function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
