/** The fields of a row as PostgreSQL encoded them, each in the format that was asked for; or null. */
export type RawFields = readonly (Uint8Array | null)[];

/** A row that PostgreSQL encoded, as the body of a DataRow message (docs, 54.7). Cut into fields only for who looks at them. */
export class DataRow {
  readonly #all: Uint8Array;
  readonly #from: number;
  readonly #to: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#all = bytes;
    this.#from = from;
    this.#to = to;
  }

  static of(fields: RawFields): DataRow {
    const parts: Uint8Array[] = [int(fields.length, 2)];
    for (const field of fields) {
      parts.push(int(field?.length ?? -1, 4));
      if (field !== null) parts.push(field);
    }
    return new DataRow(Buffer.concat(parts));
  }

  get byteLength(): number {
    return this.#to - this.#from;
  }

  get bytes(): Uint8Array {
    return this.#all.subarray(this.#from, this.#to);
  }

  fields(): RawFields {
    const { bytes } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 2;
    return Array.from({ length: view.getInt16(0) }, () => {
      const length = view.getInt32(at);
      at += 4;
      if (length === -1) return null;
      at += length;
      return bytes.subarray(at - length, at);
    });
  }
}

function int(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeIntBE(value, 0, size);
  return bytes;
}
