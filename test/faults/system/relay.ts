import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { freePort } from '../../support/free-port.ts';

/** `to` the agent or `from` it, and the type of the message; rows come in a `frame`. */
export type Step = `${'to' | 'from'} ${string}`;

interface Stop {
  readonly agent: string;
  readonly step: Step;
  readonly reached: () => void;
}

/** Stands between agents and proxy, and can keep a message from being delivered, with all that its sender says after it. */
export class Relay {
  readonly url: string;
  /** Where the proxy is to listen. */
  readonly httpPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<WebSocket>();
  #stop: Stop | undefined;

  static async open(): Promise<Relay> {
    const server = createServer();
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server, port, await freePort());
  }

  private constructor(server: Server, port: number, httpPort: number) {
    this.#server = server;
    this.url = `ws://127.0.0.1:${port}/agent`;
    this.httpPort = httpPort;
    new WebSocketServer({ server }).on('connection', (agent) => this.#join(agent));
  }

  /** Resolves once such a message has come, which is lost. */
  stopAt(agent: string, step: Step): Promise<void> {
    return new Promise((reached) => {
      this.#stop = { agent, step, reached };
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(agent: WebSocket): void {
    const proxy = new WebSocket(`ws://127.0.0.1:${this.httpPort}/agent`);
    let name = '';
    for (const [socket, other, direction] of [
      [agent, proxy, 'from'],
      [proxy, agent, 'to'],
    ] as const) {
      this.#sockets.add(socket);
      // Where it can't be opened, it is closed next.
      let ready: Promise<unknown> =
        other.readyState === WebSocket.OPEN ? Promise.resolve() : once(other, 'open').catch(() => undefined);
      let stopped = false;
      socket.on('message', (data, isBinary) => {
        const message = isBinary ? undefined : JSON.parse(String(data));
        if (message?.type === 'hello') name = message.agentId;
        stopped ||= this.#isStop(name, `${direction} ${message?.type ?? 'frame'}`);
        if (!stopped) ready = ready.then(() => sent(other, data, isBinary));
      });
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.terminate();
      });
      // What failed is closed next.
      socket.on('error', () => undefined);
    }
  }

  #isStop(agent: string, step: Step): boolean {
    const stop = this.#stop;
    if (stop?.agent !== agent || stop.step !== step) return false;
    this.#stop = undefined;
    stop.reached();
    return true;
  }
}

function sent(socket: WebSocket, data: RawData, binary: boolean): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(data, { binary });
}
