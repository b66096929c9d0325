import type { SkeinError } from '../base/errors.ts';
import type { Batch } from '../types/batch.ts';
import type { DataRow } from '../types/data-row.ts';
import type { CopyFormat } from './copy-format.ts';
import {
  beginCopyData,
  endCopyData,
  type NoticeSeverity,
  writeCopyDone,
  writeCopyOutResponse,
  writeNoticeResponse,
} from './encode.ts';
import type { CopyOut, RowEncoding, RowShape } from './session-handler.ts';
import type { SocketWriter } from './socket-writer.ts';
import { copyBatchWriter, copyFormatCode, copyHeader, copyRawRow } from './values/copy-row.ts';

/** Rows written between two looks at how full the buffer is. */
const ROWS_PER_LOOK = 64;
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const TRAILER = -1;

/** COPY TO STDOUT on a client's socket: a CopyData message for each row, as PostgreSQL cuts them. */
export class CopyOutWriter implements CopyOut {
  readonly #writer: SocketWriter;
  readonly #format: CopyFormat;
  /** The binary header goes out with what follows it. */
  #headerDue: boolean;

  constructor(writer: SocketWriter, format: CopyFormat, names: readonly string[]) {
    this.#writer = writer;
    this.#format = format;
    this.#headerDue = format.kind === 'binary';
    writeCopyOutResponse(writer.out, copyFormatCode(format), names.length);
    if (format.kind !== 'binary' && format.header) this.#message(() => copyHeader(names, format, writer.out));
  }

  async batch(
    batch: Batch,
    _shape: RowShape,
    encoding: RowEncoding,
    from: number,
    to: number,
  ): Promise<void> {
    const write = copyBatchWriter(batch, this.#format, encoding);
    for (let row = from; row < to; row++) {
      this.#message(() => write(this.#writer.out, row));
      if ((row - from) % ROWS_PER_LOOK === 0 && this.#writer.isFull) await this.#drain();
    }
    if (this.#writer.isFull) await this.#drain();
  }

  async rawRows(rows: readonly DataRow[]): Promise<void> {
    for (const row of rows) {
      this.#message(() => copyRawRow(row.fields(), this.#format, this.#writer.out));
      if (this.#writer.isFull) await this.#drain();
    }
  }

  notice(notice: SkeinError, severity: NoticeSeverity): void {
    writeNoticeResponse(this.#writer.out, notice, severity);
  }

  done(): void {
    const { out } = this.#writer;
    if (this.#format.kind === 'binary') this.#message(() => out.int16(TRAILER));
    writeCopyDone(out);
  }

  /** A message that fails half-way is not sent. */
  #message(write: () => void): void {
    const { out } = this.#writer;
    const start = beginCopyData(out);
    try {
      if (this.#headerDue) writeHeader(out);
      write();
    } catch (error) {
      out.position = start;
      throw error;
    }
    this.#headerDue = false;
    endCopyData(out, start);
  }

  async #drain(): Promise<void> {
    this.#writer.flush();
    await this.#writer.ready();
  }
}

/** Signature, flags, and the length of an extension that there isn't. */
function writeHeader(out: SocketWriter['out']): void {
  out.raw(SIGNATURE);
  out.int32(0);
  out.int32(0);
}
