const INITIAL_BYTES = 4096;

/** Bytes appended block by block. `take` hands out exactly what was appended, in a buffer of its own. */
export class GrowingBytes {
  #buffer = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(source: Uint8Array): void {
    this.reserve(source.length).set(source);
  }

  /** A view of the next `count` bytes, valid until the next call. */
  reserve(count: number): Uint8Array {
    const start = this.#length;
    const end = start + count;
    if (end > this.#buffer.length) this.#grow(end);
    this.#length = end;
    return this.#buffer.subarray(start, end);
  }

  take(): Uint8Array {
    const taken = this.#buffer.length === this.#length ? this.#buffer : this.#buffer.slice(0, this.#length);
    this.#buffer = new Uint8Array(0);
    this.#length = 0;
    return taken;
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2, INITIAL_BYTES));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** A validity mask: one bit a row, set where the row is not NULL. It costs nothing until the first NULL. */
export class GrowingBits {
  #bits = new Uint8Array(0);
  #length = 0;
  #hasNull = false;

  /** Appends `count` bits of `mask` from bit `from`; undefined: all set. */
  append(mask: Uint8Array | undefined, from: number, count: number): void {
    const start = this.#length;
    this.#length = start + count;
    if (mask === undefined || allSet(mask, from, count)) {
      if (this.#hasNull) this.#setRange(start, count);
      return;
    }
    this.#materialise(start);
    this.#copy(mask, from, start, count);
  }

  take(): Uint8Array | undefined {
    const taken = this.#hasNull ? this.#bits.slice(0, (this.#length + 7) >> 3) : undefined;
    this.#bits = new Uint8Array(0);
    this.#length = 0;
    this.#hasNull = false;
    return taken;
  }

  #materialise(rowsBefore: number): void {
    this.#ensure(this.#length);
    if (!this.#hasNull) {
      this.#hasNull = true;
      this.#setRange(0, rowsBefore);
    }
  }

  #ensure(bits: number): void {
    const bytes = (bits + 7) >> 3;
    if (bytes <= this.#bits.length) return;
    const grown = new Uint8Array(Math.max(bytes, this.#bits.length * 2, 256));
    grown.set(this.#bits);
    this.#bits = grown;
  }

  #setRange(start: number, count: number): void {
    this.#ensure(start + count);
    let bit = start;
    const end = start + count;
    for (; bit < end && (bit & 7) !== 0; bit++) this.#set(bit);
    const wholeEnd = Math.max(bit, end & ~7);
    this.#bits.fill(0xff, bit >> 3, wholeEnd >> 3);
    for (bit = wholeEnd; bit < end; bit++) this.#set(bit);
  }

  #copy(mask: Uint8Array, from: number, start: number, count: number): void {
    if ((from & 7) === 0 && (start & 7) === 0) {
      this.#bits.set(mask.subarray(from >> 3, (from + count + 7) >> 3), start >> 3);
      this.#clearFrom(start + count);
      return;
    }
    for (let i = 0; i < count; i++) {
      if (((mask[(from + i) >> 3] ?? 0) & (1 << ((from + i) & 7))) !== 0) this.#set(start + i);
    }
  }

  /** Bits past the end must be 0, because later appends only set. */
  #clearFrom(bit: number): void {
    if ((bit & 7) !== 0) this.#bits[bit >> 3] = (this.#bits[bit >> 3] ?? 0) & ((1 << (bit & 7)) - 1);
  }

  #set(bit: number): void {
    this.#bits[bit >> 3] = (this.#bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
}

function allSet(mask: Uint8Array, from: number, count: number): boolean {
  let bit = from;
  const end = from + count;
  for (; bit < end && (bit & 7) !== 0; bit++) if (!isSet(mask, bit)) return false;
  for (; bit + 8 <= end; bit += 8) if (mask[bit >> 3] !== 0xff) return false;
  for (; bit < end; bit++) if (!isSet(mask, bit)) return false;
  return true;
}

function isSet(mask: Uint8Array, bit: number): boolean {
  return ((mask[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
}

/** Offsets of a `bytes` or `list` vector, built from lengths: one more than there are values. */
export class GrowingOffsets {
  #offsets = new Uint32Array(1024);
  #count = 0;

  get length(): number {
    return this.#count;
  }

  push(valueLength: number): void {
    if (this.#count + 1 >= this.#offsets.length) this.#grow();
    this.#offsets[this.#count + 1] = (this.#offsets[this.#count] ?? 0) + valueLength;
    this.#count++;
  }

  take(): Uint32Array {
    const taken = this.#offsets.slice(0, this.#count + 1);
    this.#offsets = new Uint32Array(1024);
    this.#count = 0;
    return taken;
  }

  #grow(): void {
    const grown = new Uint32Array(this.#offsets.length * 2);
    grown.set(this.#offsets);
    this.#offsets = grown;
  }
}
