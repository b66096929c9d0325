import { SkeinError } from '../../base/errors.ts';
import { badCopy } from './copy-lines.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** OIDs with the rows: PostgreSQL 12 and later have none. */
const WITH_OIDS = 1 << 16;
const CRITICAL = 0xffff_0000;
const HEADER_BYTES = SIGNATURE.length + 8;
const TRAILER = -1;
const MAX_ROW_BYTES = 64 * 1024 * 1024;

/** Cuts what comes in PostgreSQL's binary format into rows (CopyReadBinaryHeader, CopyFromBinaryOneRow). */
export class BinaryRows {
  readonly #columns: number;
  #rest: Buffer = Buffer.alloc(0);
  #started = false;
  #finished = false;
  /** Of the row that was read last, from 1. */
  number = 0;
  /** Of the field of that row whose end is missing. */
  column: number | undefined;

  constructor(columns: number) {
    this.#columns = columns;
  }

  push(chunk: Uint8Array): void {
    if (this.#finished && chunk.length > 0) throw badCopy('received copy data after EOF marker');
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    if (this.#rest.length > MAX_ROW_BYTES + chunk.length)
      throw new SkeinError('limitExceeded', `a row of COPY has more than ${MAX_ROW_BYTES} bytes`);
  }

  /** @param last nothing more will come. @returns undefined: no whole row is there. @throws 22P04 */
  next(last: boolean): readonly (Buffer | null)[] | undefined {
    if (this.#finished) return undefined;
    if (!this.#started && !this.#header(last)) return undefined;
    if (last && this.#rest.length === 0) return undefined;
    this.number += 1;
    const row = this.#row();
    if (row !== undefined) return row;
    if (this.#finished) return undefined;
    if (last) throw badCopy('unexpected EOF in COPY data');
    this.number -= 1;
    return undefined;
  }

  #header(last: boolean): boolean {
    const known = this.#rest.subarray(0, SIGNATURE.length);
    if (!known.equals(SIGNATURE.subarray(0, known.length))) throw noSignature();
    if (this.#rest.length < HEADER_BYTES) {
      if (!last) return false;
      throw known.length < SIGNATURE.length
        ? noSignature()
        : badCopy('invalid COPY file header (missing length)');
    }
    const flags = this.#rest.readUInt32BE(SIGNATURE.length);
    if ((flags & WITH_OIDS) !== 0) throw badCopy('invalid COPY file header (WITH OIDS)');
    if ((flags & CRITICAL) !== 0) throw badCopy('unrecognized critical flags in COPY file header');
    const length = this.#rest.readInt32BE(SIGNATURE.length + 4);
    if (length < 0) throw badCopy('invalid COPY file header (missing length)');
    if (this.#rest.length < HEADER_BYTES + length) {
      if (last) throw badCopy('invalid COPY file header (wrong length)');
      return false;
    }
    this.#rest = this.#rest.subarray(HEADER_BYTES + length);
    this.#started = true;
    return true;
  }

  /** undefined: it isn't whole, or is the end mark. */
  #row(): readonly (Buffer | null)[] | undefined {
    const data = this.#rest;
    if (data.length < 2) return undefined;
    const count = data.readInt16BE(0);
    if (count === TRAILER) {
      this.#finished = true;
      if (data.length > 2) throw badCopy('received copy data after EOF marker');
      return undefined;
    }
    if (count !== this.#columns) throw badCopy(`row field count is ${count}, expected ${this.#columns}`);
    const fields: (Buffer | null)[] = [];
    let at = 2;
    while (fields.length < count) {
      this.column = fields.length;
      if (data.length < at + 4) return undefined;
      const length = data.readInt32BE(at);
      at += 4;
      if (length === -1) fields.push(null);
      else {
        if (length < -1) throw badCopy('invalid field size');
        if (data.length < at + length) return undefined;
        fields.push(data.subarray(at, at + length));
        at += length;
      }
    }
    this.#rest = data.subarray(at);
    this.column = undefined;
    return fields;
  }
}

function noSignature(): SkeinError {
  return badCopy('COPY file signature not recognized');
}
