const INITIAL_BYTES = 64 * 1024;

/**
 * A growing buffer that messages and values are written into, big-endian as the protocol wants it.
 * The hot loops of `values/` call {@link reserve} and then write to `bytes` at `position` themselves.
 */
export class OutputBuffer {
  bytes: Buffer;
  position = 0;

  constructor(initialBytes = INITIAL_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Makes room for `count` more bytes. `bytes` may be another object afterwards. */
  reserve(count: number): void {
    if (this.bytes.length - this.position < count) this.#grow(count);
  }

  #grow(count: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.position + count));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  /** What was written; the buffer starts anew in `replacement`. The caller owns the bytes. */
  take(replacement: Buffer): Buffer {
    const written = this.bytes.subarray(0, this.position);
    this.bytes = replacement;
    this.position = 0;
    return written;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.position++] = value;
  }

  int16(value: number): void {
    this.reserve(2);
    this.position = this.bytes.writeUInt16BE(value & 0xffff, this.position);
  }

  int32(value: number): void {
    this.reserve(4);
    this.setInt32(this.position, value);
    this.position += 4;
  }

  setInt32(at: number, value: number): void {
    const bytes = this.bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
  }

  ascii(text: string): void {
    this.reserve(text.length);
    this.position += this.bytes.write(text, this.position, 'latin1');
  }

  utf8(text: string): void {
    this.reserve(text.length * 3);
    this.position += this.bytes.write(text, this.position, 'utf8');
  }

  /** A zero-terminated string. A zero within would end it early, so it is left out. */
  cstring(text: string): void {
    this.utf8(text.includes('\0') ? text.replaceAll('\0', '') : text);
    this.byte(0);
  }

  raw(source: Uint8Array, from = 0, to = source.length): void {
    const length = to - from;
    this.reserve(length);
    if (length > 24) {
      this.bytes.set(source.subarray(from, to), this.position);
    } else {
      const bytes = this.bytes;
      const position = this.position;
      for (let i = 0; i < length; i++) bytes[position + i] = source[from + i] ?? 0;
    }
    this.position += length;
  }
}
