import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { assert } from '../base/assert.ts';
import { FrontendDecoder } from './decode.ts';
import type { FrontendMessage, StartupRequest } from './messages.ts';

/** Bytes kept for messages that wait while a statement runs; beyond it the socket is not read. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** The same until the client has logged in: whoever comes may send that much. */
const MAX_WAITING_BYTES_OF_STRANGERS = 16 * 1024;

/** Messages taken from a client before all others have their turn. */
const MESSAGES_PER_TURN = 64;

/** Messages of one socket, one at a time. The socket is read ahead, so that its end is noticed while a statement runs. */
export class FrontendInput {
  readonly #socket: Socket;
  readonly #decoder: FrontendDecoder;
  #maxWaitingBytes = MAX_WAITING_BYTES_OF_STRANGERS;
  #taken = 0;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #onEnd: () => void;

  /** @param onEnd called once: the client has closed its side, or the socket broke. */
  constructor(socket: Socket, maxMessageBytes: number, onEnd: () => void) {
    this.#socket = socket;
    this.#decoder = new FrontendDecoder(maxMessageBytes);
    this.#onEnd = onEnd;
    socket.on('data', this.#take);
    socket.on('end', this.#finish);
    socket.on('close', this.#finish);
    socket.on('error', this.#finish);
  }

  /** Leaves the socket to another reader; what was read and not decoded goes back to it. */
  detach(): void {
    this.#socket.off('data', this.#take);
    this.#socket.off('end', this.#finish);
    this.#socket.off('close', this.#finish);
    this.#socket.off('error', this.#finish);
    this.#socket.pause();
    const rest = this.#decoder.takeRest();
    if (rest.length > 0) this.#socket.unshift(rest);
  }

  /** Nothing more is wanted: what still comes is dropped, so that the client's end is noticed. */
  discard(): void {
    this.#socket.off('data', this.#take);
    this.#decoder.takeRest();
    this.#socket.resume();
  }

  /** What waits now and later is no longer wanted: `next` rejects with the reason. */
  abort(reason: Error): void {
    this.#failure ??= reason;
    this.#wake?.();
  }

  get hasUnread(): boolean {
    return this.#decoder.bufferedBytes > 0;
  }

  /** The first byte that comes; undefined: the client is gone. */
  firstByte(): Promise<number | undefined> {
    return this.#await(() => this.#decoder.firstByte());
  }

  /** @returns undefined: the client is gone. @throws FatalError */
  nextStartup(): Promise<StartupRequest | undefined> {
    return this.#await(() => this.#decoder.nextStartup());
  }

  /** @returns undefined: the client is gone. @throws FatalError */
  nextPassword(): Promise<Buffer | undefined> {
    return this.#await(() => this.#decoder.nextPassword());
  }

  /** The client has logged in: from now on more may wait. */
  trust(): void {
    this.#maxWaitingBytes = MAX_WAITING_BYTES;
  }

  /** @returns undefined: the client is gone. @throws FatalError */
  async next(): Promise<FrontendMessage | undefined> {
    this.#taken += 1;
    if (this.#taken % MESSAGES_PER_TURN === 0) await setImmediate();
    return this.#await(() => this.#decoder.next());
  }

  async #await<T>(decode: () => T | undefined): Promise<T | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const decoded = decode();
      if (decoded !== undefined) return decoded;
      if (this.#ended) return undefined;
      await this.#more();
    }
  }

  #more(): Promise<void> {
    assert(this.#wake === undefined, 'messages are taken one after another');
    this.#socket.resume();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  readonly #take = (chunk: Buffer): void => {
    this.#decoder.push(chunk);
    if (this.#wake !== undefined) this.#wake();
    else if (this.#decoder.bufferedBytes > this.#maxWaitingBytes) this.#socket.pause();
  };

  readonly #finish = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake?.();
    this.#onEnd();
  };
}
