const LIMB = 10_000;
const WORD = 0x1_0000_0000;
const INITIAL_DIGITS = 44;

/**
 * The decimal digits of one number, most significant first, without leading zeros (so zero has none), and how many of
 * them stand after the point. A scratch pad: each closure has its own and fills it anew per value.
 */
export class DecimalDigits {
  negative = false;
  scale = 0;
  #digits = new Uint8Array(INITIAL_DIGITS);
  #start = 0;
  #end = 0;

  /** Digits there are; fewer than `scale` where the value is below one. */
  get count(): number {
    return this.#end - this.#start;
  }

  /** Digit `i` from the left. */
  at(i: number): number {
    return this.#digits[this.#start + i] ?? 0;
  }

  /** @param words little-endian two's complement in 32-bit words at `offset`. */
  readInteger(view: DataView, offset: number, words: 2 | 4, scale: number): void {
    const top = view.getInt32(offset + (words - 1) * 4, true);
    this.negative = top < 0;
    this.scale = scale;
    let w0 = view.getUint32(offset, true);
    let w1 = view.getUint32(offset + 4, true);
    let w2 = words === 4 ? view.getUint32(offset + 8, true) : 0;
    let w3 = words === 4 ? view.getUint32(offset + 12, true) : 0;
    if (this.negative) {
      w0 = (~w0 >>> 0) + 1;
      w1 = (~w1 >>> 0) + (w0 === WORD ? 1 : 0);
      w2 = words === 4 ? (~w2 >>> 0) + (w1 === WORD ? 1 : 0) : 0;
      w3 = words === 4 ? (~w3 >>> 0) + (w2 === WORD ? 1 : 0) : 0;
    }
    this.#divideOut(w0 % WORD, w1 % WORD, w2 % WORD, w3 % WORD);
  }

  /** Long division by 10^4, so that every intermediate is a safe integer. */
  #divideOut(word0: number, word1: number, word2: number, word3: number): void {
    let [w0, w1, w2, w3] = [word0, word1, word2, word3];
    this.#end = this.#digits.length;
    this.#start = this.#end;
    while (w1 !== 0 || w2 !== 0 || w3 !== 0) {
      let quotient = Math.floor(w3 / LIMB);
      let next = (w3 - quotient * LIMB) * WORD + w2;
      w3 = quotient;
      quotient = Math.floor(next / LIMB);
      next = (next - quotient * LIMB) * WORD + w1;
      w2 = quotient;
      quotient = Math.floor(next / LIMB);
      next = (next - quotient * LIMB) * WORD + w0;
      w1 = quotient;
      w0 = Math.floor(next / LIMB);
      this.#prepend(next - w0 * LIMB, 4);
    }
    this.#prependAll(w0);
    this.#skipZeros();
  }

  readSafeInteger(value: number, scale: number): void {
    this.negative = value < 0;
    this.scale = scale;
    this.#end = this.#digits.length;
    this.#start = this.#end;
    this.#prependAll(Math.abs(value));
  }

  #prependAll(value: number): void {
    let rest = value;
    while (rest > 0) {
      const tenth = Math.floor(rest / 10);
      this.#digits[--this.#start] = rest - tenth * 10;
      rest = tenth;
    }
  }

  #prepend(value: number, width: number): void {
    let rest = value;
    for (let i = 0; i < width; i++) {
      const tenth = Math.floor(rest / 10);
      this.#digits[--this.#start] = rest - tenth * 10;
      rest = tenth;
    }
  }

  #skipZeros(): void {
    while (this.#start < this.#end && this.#digits[this.#start] === 0) this.#start++;
  }

  /** ASCII text of the form `-123.4500`. */
  readText(text: Uint8Array, from: number, to: number): void {
    if (this.#digits.length < to - from) this.#digits = new Uint8Array(to - from);
    this.negative = false;
    this.#start = 0;
    this.#end = 0;
    let point = -1;
    for (let i = from; i < to; i++) {
      const byte = text[i] ?? 0;
      if (byte === 0x2d) this.negative = true;
      else if (byte === 0x2e) point = this.#end;
      else this.#digits[this.#end++] = byte - 0x30;
    }
    this.scale = point < 0 ? 0 : this.#end - point;
    this.#skipZeros();
  }

  /** Whether there are only zeros after so many digits after the point. */
  isRoundAt(scale: number): boolean {
    for (let i = Math.max(this.#start, this.#end - (this.scale - scale)); i < this.#end; i++) {
      if (this.#digits[i] !== 0) return false;
    }
    return true;
  }

  /** Digits after the point without the zeros at their end. */
  leastScale(): number {
    let scale = this.scale;
    while (scale > 0 && this.isRoundAt(scale - 1)) scale--;
    return scale;
  }

  /** To fewer digits after the point, half away from zero, as numeric's round does. */
  round(scale: number): void {
    const dropped = this.scale - scale;
    if (dropped <= 0) return;
    const cut = this.#end - dropped;
    const up = cut >= this.#start && (this.#digits[cut] ?? 0) >= 5;
    this.scale = scale;
    this.#end = Math.max(cut, this.#start);
    if (up) this.#increment();
  }

  #increment(): void {
    let i = this.#end - 1;
    while (i >= this.#start && this.#digits[i] === 9) this.#digits[i--] = 0;
    if (i >= this.#start) {
      this.#digits[i] = (this.#digits[i] ?? 0) + 1;
    } else {
      this.#prependOne();
    }
  }

  #prependOne(): void {
    if (this.#start === 0) {
      this.#digits.copyWithin(1, 0, this.#end);
      this.#start++;
      this.#end++;
    }
    this.#digits[--this.#start] = 1;
  }
}
