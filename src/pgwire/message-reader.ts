import { SkeinError } from '../base/errors.ts';
import { decodeUtf8 } from './text.ts';

/** Reads the fields of one message body. Every method throws 08P01 where PostgreSQL's pqformat.c does. */
export class MessageReader {
  readonly #body: Buffer;
  #position = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  #advance(count: number): number {
    const at = this.#position;
    if (count < 0 || this.#body.length - at < count) {
      throw new SkeinError('protocolViolation', 'insufficient data left in message');
    }
    this.#position = at + count;
    return at;
  }

  byte(): number {
    return this.#body.readUInt8(this.#advance(1));
  }

  uint16(): number {
    return this.#body.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#body.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#body.readUInt32BE(this.#advance(4));
  }

  bytes(count: number): Buffer {
    const at = this.#advance(count);
    return this.#body.subarray(at, at + count);
  }

  rest(): Buffer {
    return this.bytes(this.#body.length - this.#position);
  }

  cstring(): string {
    const end = this.#body.indexOf(0, this.#position);
    if (end < 0) throw new SkeinError('protocolViolation', 'invalid string in message');
    const text = decodeUtf8(this.#body.subarray(this.#position, end));
    this.#position = end + 1;
    return text;
  }

  /** `count` values. Asks for room first, so that a wrong count can't make a large array. */
  list<T>(count: number, bytesEach: number, read: () => T): T[] {
    if (this.#body.length - this.#position < count * bytesEach) this.#advance(count * bytesEach);
    return Array.from({ length: count }, read);
  }

  finish(): void {
    if (this.#position !== this.#body.length) {
      throw new SkeinError('protocolViolation', 'invalid message format');
    }
  }
}
