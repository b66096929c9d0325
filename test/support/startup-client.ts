import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { connect as connectSocket, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const TIMEOUT_MS = 20_000;

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** A packet of the start: its length in front. */
export function packet(...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([int32(body.length + 4), body]);
}

export const SSL_REQUEST = packet(int16(1234), int16(5679));
export const GSS_REQUEST = packet(int16(1234), int16(5680));

export function startup(parameters: Readonly<Record<string, string>>, minor = 0): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  return packet(int16(3), int16(minor), ...pairs, '\0');
}

export function message(tag: string, body: Buffer | string = ''): Buffer {
  return Buffer.concat([Buffer.from(tag), packet(body)]);
}

export interface Received {
  readonly tag: string;
  readonly body: Buffer;
}

/** Speaks the protocol's beginning by hand. */
export class StartupClient {
  socket: Socket;
  closed = false;
  #received: Buffer = Buffer.alloc(0);
  #changed: (() => void) | undefined;

  readonly #timeoutMs: number;

  constructor(port: number, timeoutMs = TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
    this.socket = connectSocket(port, '127.0.0.1');
    this.#listen();
  }

  #listen(): void {
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#changed?.();
    });
    const ended = () => {
      this.closed = true;
      this.#changed?.();
    };
    this.socket.on('error', ended).on('end', ended).on('close', ended);
  }

  write(bytes: Buffer | string): this {
    this.socket.write(bytes);
    return this;
  }

  /** One byte, such as the answer to an SSLRequest; undefined: the server hung up. */
  async byte(): Promise<string | undefined> {
    await this.#until(() => this.#received.length > 0 || this.closed);
    const byte = this.#received.subarray(0, 1).toString('latin1');
    this.#received = this.#received.subarray(1);
    return byte === '' ? undefined : byte;
  }

  /** Encrypts from here on. */
  async encrypt(options: ConnectionOptions = {}): Promise<this> {
    this.socket.removeAllListeners();
    const socket = connectTls({ rejectUnauthorized: false, ...options, socket: this.socket });
    this.socket = socket;
    this.#listen();
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
    return this;
  }

  /** Messages until one of these, which is the last, or the server's end. */
  async until(tags: string): Promise<readonly Received[]> {
    const found: Received[] = [];
    await this.#until(() => {
      while (this.#received.length >= 5) {
        const length = this.#received.readInt32BE(1);
        if (this.#received.length < length + 1) break;
        const tag = this.#received.toString('latin1', 0, 1);
        found.push({ tag, body: this.#received.subarray(5, length + 1) });
        this.#received = this.#received.subarray(length + 1);
        if (tags.includes(tag)) return true;
      }
      return this.closed;
    });
    return found;
  }

  async ended(): Promise<void> {
    await this.#until(() => this.closed);
  }

  async #until(condition: () => boolean): Promise<void> {
    const late = setTimeout(() => this.socket.destroy(new Error('it took too long')), this.#timeoutMs);
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    clearTimeout(late);
  }

  close(): void {
    this.socket.destroy();
  }
}

/** What a person sees of an ErrorResponse. */
export function errorFields(body: Buffer): Readonly<Record<string, string>> {
  const fields = body
    .toString()
    .split('\0')
    .filter((field) => field !== '')
    .map((field) => [field.charAt(0), field.slice(1)] as const)
    .filter(([code]) => 'SVCMDH'.includes(code));
  return Object.fromEntries(fields);
}

/** The proof of RFC 5802, by hand. @returns the client-final-message. */
export function clientFinal(password: string, bare: string, serverFirst: string, binding: Buffer): string {
  const attributes = new Map(serverFirst.split(',').map((part) => [part.charAt(0), part.slice(2)]));
  const salt = Buffer.from(attributes.get('s') ?? '', 'base64');
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, Number(attributes.get('i')), 32, 'sha256');
  const hmac = (key: Buffer, text: string | Buffer) => createHmac('sha256', key).update(text).digest();
  const clientKey = hmac(salted, 'Client Key');
  const withoutProof = `c=${binding.toString('base64')},r=${attributes.get('r')}`;
  const signature = hmac(
    createHash('sha256').update(clientKey).digest(),
    `${bare},${serverFirst},${withoutProof}`,
  );
  return `${withoutProof},p=${Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64')}`;
}

export function saslInitial(mechanism: string, data: string): Buffer {
  return message(
    'p',
    Buffer.concat([Buffer.from(`${mechanism}\0`), int32(Buffer.byteLength(data)), Buffer.from(data)]),
  );
}

/** Answers the offer of SCRAM-SHA-256 with this password. @returns all that comes up to ReadyForQuery or an error. */
export async function logIn(client: StartupClient, password: string): Promise<readonly Received[]> {
  const offer = await client.until('RE');
  if (offer.at(-1)?.tag !== 'R') return offer;
  const bare = 'n=,r=abcdefgh';
  client.write(saslInitial('SCRAM-SHA-256', `n,,${bare}`));
  const challenge = await client.until('RE');
  const serverFirst = challenge.at(-1)?.body.toString('utf8', 4) ?? '';
  client.write(message('p', clientFinal(password, bare, serverFirst, Buffer.from('n,,'))));
  return [...offer, ...(await client.until('ZE'))];
}
