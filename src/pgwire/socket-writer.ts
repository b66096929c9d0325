import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { OutputBuffer } from './output-buffer.ts';

/** Bytes gathered before they go to the socket in one write. */
const FLUSH_BYTES = 64 * 1024;
/** Bytes that may be on their way to the client before whoever writes must wait. */
const MAX_BYTES_ON_THE_WAY = 512 * 1024;
const BUFFER_BYTES = 2 * FLUSH_BYTES;
const SMALL_BUFFER_BYTES = 1024;
/** As many as may wait in the socket, so that a long result makes no garbage. */
const SPARE_BUFFERS = MAX_BYTES_ON_THE_WAY / FLUSH_BYTES + 2;

/** The sending side of one connection: messages gather in `out`, and go out in few writes, no faster than the client reads. */
export class SocketWriter {
  readonly out = new OutputBuffer(SMALL_BUFFER_BYTES);
  readonly #socket: Socket;
  readonly #spares: Buffer[] = [];
  #bytesOnTheWay = 0;
  #waiting: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Enough has gathered for a write. */
  get isFull(): boolean {
    return this.out.position >= FLUSH_BYTES;
  }

  /** Hands what has gathered to the socket. */
  flush(): void {
    if (this.out.position === 0) return;
    if (this.#socket.destroyed || this.#socket.writableEnded) {
      this.out.position = 0;
      return;
    }
    const used = this.out.bytes;
    const written = this.out.take(this.#next());
    // A small write holds more memory than its bytes.
    const bytes = Math.max(written.length, SMALL_BUFFER_BYTES);
    this.#bytesOnTheWay += bytes;
    this.#socket.write(written, () => {
      this.#bytesOnTheWay -= bytes;
      this.#recycle(used);
      if (this.#bytesOnTheWay === 0) this.#waiting?.();
    });
  }

  /** Small where little was sent: most connections never send much, and wait idle. */
  #next(): Buffer {
    if (this.out.position >= FLUSH_BYTES) return this.#spares.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#spares.length = 0;
    return Buffer.allocUnsafe(SMALL_BUFFER_BYTES);
  }

  #recycle(used: Buffer): void {
    if (used.length === BUFFER_BYTES && this.#spares.length < SPARE_BUFFERS) this.#spares.push(used);
  }

  /**
   * Waits until the client has read enough, and lets others have their turn. Rejects if the client has gone, or the
   * connection is being ended.
   */
  async ready(): Promise<void> {
    if (this.#failure === undefined && this.#bytesOnTheWay > MAX_BYTES_ON_THE_WAY) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
      this.#waiting = undefined;
      // A client that reads fast would otherwise keep this process from everything else.
      await setImmediate();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** From now on `ready` rejects with the reason, also where it waits already. */
  abort(reason: Error): void {
    this.#failure ??= reason;
    this.#waiting?.();
  }
}
