import { connect, type Socket } from 'node:net';
import { serialize } from 'pg-protocol';

export interface WireTarget {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string | undefined;
}

export interface WireMessage {
  readonly code: string;
  readonly body: Buffer;
}

const CLEARTEXT_PASSWORD = 3;

/** A client that sends bytes and shows each message that comes back. */
export class Wire {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  readonly #messages: WireMessage[] = [];
  #wake: () => void = () => undefined;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => this.#close());
    socket.on('close', () => this.#close());
  }

  static async connect({ port, user, database, password = '' }: WireTarget): Promise<Wire> {
    const wire = new Wire(connect(port, '127.0.0.1'));
    wire.send(serialize.startup({ user, database }));
    for (;;) {
      const message = await wire.next();
      if (message === undefined || message.code === 'E') throw new Error('the login failed');
      if (message.code === 'Z') return wire;
      if (message.code === 'R' && message.body.readInt32BE(0) === CLEARTEXT_PASSWORD) {
        wire.send(serialize.password(password));
      }
    }
  }

  send(...messages: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(messages));
  }

  /** undefined: the connection is closed. */
  async next(): Promise<WireMessage | undefined> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined || this.#closed) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Everything up to so many ReadyForQuery. */
  async answers(count = 1): Promise<readonly WireMessage[]> {
    const messages: WireMessage[] = [];
    for (let ready = 0; ready < count; ) {
      const message = await this.next();
      if (message === undefined) break;
      messages.push(message);
      if (message.code === 'Z') ready++;
    }
    return messages;
  }

  end(): void {
    this.#socket.destroy();
  }

  #close(): void {
    this.#closed = true;
    this.#wake();
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (this.#received.length < 5) break;
      const length = this.#received.readInt32BE(1);
      if (this.#received.length < length + 1) break;
      const body = this.#received.subarray(5, length + 1);
      this.#messages.push({ code: String.fromCharCode(this.#received[0] ?? 0), body });
      this.#received = this.#received.subarray(length + 1);
    }
    this.#wake();
  }
}

/** A message in one line: bytes as they are, OIDs of tables and lines of PostgreSQL's source left out. */
export function showMessage({ code, body }: WireMessage): string {
  switch (code) {
    case 'E':
    case 'N':
      return `${code} ${reportFields(body)}`;
    case 'T':
      return `T ${rowFields(body)}`;
    default:
      return `${code} ${printable(body)}`;
  }
}

const printable = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1'));

const SHOWN_FIELDS = new Set(['S', 'C', 'M', 'D', 'H', 'P', 's', 't', 'c']);

function reportFields(body: Buffer): string {
  const fields = body
    .toString()
    .split('\0')
    .filter((field) => SHOWN_FIELDS.has(field[0] ?? ''));
  return fields.join(' | ');
}

function rowFields(body: Buffer): string {
  const fields: string[] = [];
  for (let at = 2; at < body.length; ) {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    const attribute = body.readInt16BE(end + 5);
    const type = body.readInt32BE(end + 7);
    const size = body.readInt16BE(end + 11);
    const typmod = body.readInt32BE(end + 13);
    const format = body.readInt16BE(end + 17);
    fields.push(`${name}:${attribute}:${type}:${size}:${typmod}:${format}`);
    at = end + 19;
  }
  return fields.join(', ');
}
