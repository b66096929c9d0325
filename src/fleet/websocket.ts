import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { MAX_MESSAGE_BYTES } from '../protocol/codec.ts';
import { MAX_FRAME_BYTES } from '../protocol/frames.ts';
import type { AgentFleet } from './agent-fleet.ts';
import type { AgentLink } from './agent-link.ts';
import type { Channel, ChannelEvents } from './channel.ts';

export interface ServeOptions {
  /** Path of the http server that agents dial; other paths are left to others. */
  readonly path?: string;
  /** Agents beyond this are turned away. */
  readonly maxAgents?: number;
}

export interface AgentServer {
  close(): Promise<void>;
}

/** How much a socket may buffer before the sender of frames waits. */
const HIGH_WATER_BYTES = 8 << 20;
const DRAIN_POLL_MS = 5;
const CLOSE_GRACE_MS = 1000;
const MAX_HELLO_BYTES = 16 << 20;
const NORMAL_CLOSURE = 1000;
const MAX_REASON_BYTES = 120;

/** Accepts agents at a path of an http server. */
export function serveAgents(fleet: AgentFleet, server: Server, options: ServeOptions = {}): AgentServer {
  const { path = '/agent', maxAgents = 1000 } = options;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: Math.max(MAX_FRAME_BYTES, MAX_MESSAGE_BYTES),
    perMessageDeflate: false,
  });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pathOf(request) !== path) {
      if (server.listenerCount('upgrade') === 1) socket.end(closing('404 Not Found'));
    } else if (sockets.clients.size >= maxAgents) socket.end(closing('503 Service Unavailable'));
    else {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        limitHello(socket, connect(fleet, webSocket));
      });
    }
  };
  server.on('upgrade', onUpgrade);
  return {
    async close() {
      server.off('upgrade', onUpgrade);
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => {
          for (const socket of sockets.clients) socket.terminate();
        }, CLOSE_GRACE_MS);
        sockets.close(() => {
          clearTimeout(force);
          resolve();
        });
        for (const socket of sockets.clients) socket.close(NORMAL_CLOSURE);
      });
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? '';
}

function closing(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
}

/** Until it is accepted, a stranger may not fill the proxy's memory. */
function limitHello(socket: Duplex, link: AgentLink): void {
  let received = 0;
  const meter = (chunk: Buffer): void => {
    received += chunk.length;
    if (link.isOpen) socket.off('data', meter);
    else if (received > MAX_HELLO_BYTES) socket.destroy();
  };
  socket.on('data', meter);
}

function connect(fleet: AgentFleet, socket: WebSocket): AgentLink {
  const link = fleet.attach(new SocketChannel(socket));
  socket.on('message', (data, isBinary) => receive(link, data, isBinary));
  // `close` follows.
  let failure: string | undefined;
  socket.on('error', (error) => {
    failure = error.message;
  });
  socket.on('close', (code, reason) => {
    const said = reason.toString('utf8');
    link.closed(failure ?? (said === '' ? `the connection ended (${code})` : said));
  });
  return link;
}

function receive(events: ChannelEvents, data: RawData, isBinary: boolean): void {
  const bytes = Array.isArray(data)
    ? Buffer.concat(data)
    : data instanceof ArrayBuffer
      ? Buffer.from(data)
      : data;
  if (isBinary) events.frame(bytes);
  else events.message(bytes.toString('utf8'));
}

class SocketChannel implements Channel {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  sendMessage(text: string): void {
    if (this.#isOpen()) this.#socket.send(text);
  }

  async sendFrame(bytes: Uint8Array): Promise<void> {
    if (this.#isOpen()) this.#socket.send(bytes);
    while (this.#isOpen() && this.#socket.bufferedAmount > HIGH_WATER_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
  }

  close(reason: string): void {
    const text = Buffer.from(reason)
      .subarray(0, MAX_REASON_BYTES)
      .toString('utf8')
      .replace(/\uFFFD+$/, '');
    if (this.#isOpen()) this.#socket.close(NORMAL_CLOSURE, text);
    setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS).unref();
  }

  #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }
}
