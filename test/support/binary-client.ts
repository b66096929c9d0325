import { connect, type Socket } from 'node:net';
import { serialize } from 'pg-protocol';
import { binaryAsText } from './binary-values.ts';
import type { Answer } from './compare.ts';

interface Message {
  readonly code: string;
  readonly body: Buffer;
}

export interface BinaryClientOptions {
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string | undefined;
}

/** A client that takes results in binary: no PostgreSQL client of npm's keeps the bytes as they came. */
export class BinaryClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  readonly #messages: Message[] = [];
  #wake: () => void = () => undefined;
  #lost: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose(new Error('the server closed the connection')));
  }

  static async connect(options: BinaryClientOptions): Promise<BinaryClient> {
    const socket = connect(options.port, '127.0.0.1');
    const client = new BinaryClient(socket);
    socket.write(serialize.startup({ user: options.user, database: options.database }));
    for (;;) {
      const { code, body } = await client.#next();
      if (code === 'Z') return client;
      if (code === 'E') throw new Error(errorField(body, 'M'));
      if (code === 'R' && body.readInt32BE(0) === CLEARTEXT_PASSWORD) {
        socket.write(serialize.password(options.password ?? ''));
      }
    }
  }

  /** Parse, Bind, Describe, Execute, Sync: what came back. */
  async ask(sql: string, parameters: readonly string[]): Promise<Answer> {
    this.#socket.write(
      Buffer.concat([
        serialize.parse({ text: sql }),
        serialize.bind({ values: [...parameters], binary: true }),
        serialize.describe({ type: 'P', name: '' }),
        serialize.execute({}),
        serialize.sync(),
      ]),
    );
    const messages: Message[] = [];
    for (let message = await this.#next(); message.code !== 'Z'; message = await this.#next()) {
      messages.push(message);
    }
    return answerOf(messages);
  }

  end(): void {
    this.#socket.end(serialize.end());
  }

  async #next(): Promise<Message> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      if (this.#lost !== undefined) throw this.#lost;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 5) {
      const end = 1 + this.#received.readInt32BE(1);
      if (this.#received.length < end) break;
      this.#messages.push({
        code: String.fromCharCode(this.#received.readUInt8(0)),
        body: this.#received.subarray(5, end),
      });
      this.#received = this.#received.subarray(end);
    }
    this.#wake();
  }

  #lose(error: Error): void {
    this.#lost ??= error;
    this.#wake();
  }
}

const CLEARTEXT_PASSWORD = 3;

function answerOf(messages: readonly Message[]): Answer {
  const error = messages.find(({ code }) => code === 'E');
  if (error !== undefined) {
    return {
      columns: [],
      rows: [],
      command: undefined,
      sqlstate: errorField(error.body, 'C'),
      message: errorField(error.body, 'M'),
    };
  }
  const description = messages.find(({ code }) => code === 'T');
  const columns = description === undefined ? [] : columnsOf(description.body);
  const rows = messages.filter(({ code }) => code === 'D').map(({ body }) => rowOf(body, columns));
  const tag = messages
    .find(({ code }) => code === 'C')
    ?.body.toString('latin1')
    .replace('\0', '');
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    rows,
    command: tag,
    sqlstate: undefined,
    message: undefined,
  };
}

interface BinaryColumn {
  readonly name: string;
  readonly type: number;
  readonly format: number;
}

function columnsOf(body: Buffer): readonly BinaryColumn[] {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    const column = { name, type: body.readInt32BE(end + 7), format: body.readInt16BE(end + 17) };
    at = end + 19;
    return column;
  });
}

function rowOf(body: Buffer, columns: readonly BinaryColumn[]): readonly (string | null)[] {
  let at = 2;
  return columns.map(({ type, format }) => {
    if (format !== 1) throw new Error('a column was not sent in binary');
    const length = body.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    const value = body.subarray(at, at + length);
    at += length;
    return binaryAsText(type, value);
  });
}

function errorField(body: Buffer, field: string): string {
  const fields = body.toString('utf8').split('\0');
  return fields.find((text) => text.startsWith(field))?.slice(1) ?? '';
}
