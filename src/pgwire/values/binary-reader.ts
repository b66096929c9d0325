import { SkeinError } from '../../base/errors.ts';

export function invalidBinary(detail: string): SkeinError {
  return new SkeinError('invalidBinary', 'incorrect binary data format in bind parameter', { detail });
}

/** Reads one value in PostgreSQL's binary form. Every method throws 22P03 where bytes are missing. */
export class BinaryReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #advance(count: number): number {
    const at = this.#position;
    if (count < 0 || this.remaining < count) throw invalidBinary('The value is too short.');
    this.#position = at + count;
    return at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  uint8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2));
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#advance(8));
  }

  float4(): number {
    return this.#bytes.readFloatBE(this.#advance(4));
  }

  float8(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  bytes(count: number): Buffer {
    const at = this.#advance(count);
    return this.#bytes.subarray(at, at + count);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  finish(): void {
    if (this.remaining > 0) throw invalidBinary('The value is too long.');
  }
}
