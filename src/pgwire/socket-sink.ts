import type { SkeinError } from '../base/errors.ts';
import type { Batch } from '../types/batch.ts';
import type { DataRow } from '../types/data-row.ts';
import type { CopyFormat } from './copy-format.ts';
import { copyIn } from './copy-in.ts';
import { CopyOutWriter } from './copy-out.ts';
import {
  type NoticeSeverity,
  writeCommandComplete,
  writeEmptyQueryResponse,
  writeNoticeResponse,
  writePortalSuspended,
  writeRawDataRow,
  writeRowDescription,
} from './encode.ts';
import type { FrontendInput } from './frontend-input.ts';
import type { CopyOut, Format, ResponseSink, RowEncoding, RowShape } from './session-handler.ts';
import type { SocketWriter } from './socket-writer.ts';
import { rowWriter } from './values/row-writer.ts';

/** Rows written between two looks at how full the buffer is. */
const ROWS_PER_LOOK = 64;

/** Writes a session's answer to the client's socket. */
export class SocketSink implements ResponseSink {
  readonly #writer: SocketWriter;
  readonly #input: FrontendInput;

  constructor(writer: SocketWriter, input: FrontendInput) {
    this.#writer = writer;
    this.#input = input;
  }

  rowDescription(shape: RowShape): void {
    writeRowDescription(this.#writer.out, shape);
  }

  async batch(batch: Batch, shape: RowShape, encoding: RowEncoding, from: number, to: number): Promise<void> {
    const writeRows = rowWriter(batch, shape, encoding);
    for (let row = from; row < to; row += ROWS_PER_LOOK) {
      writeRows(this.#writer.out, row, Math.min(to, row + ROWS_PER_LOOK));
      if (this.#writer.isFull) await this.#drain();
    }
  }

  async rawRows(rows: readonly DataRow[]): Promise<void> {
    for (const row of rows) {
      writeRawDataRow(this.#writer.out, row);
      if (this.#writer.isFull) await this.#drain();
    }
  }

  async #drain(): Promise<void> {
    this.#writer.flush();
    await this.#writer.ready();
  }

  copyOut(format: CopyFormat, names: readonly string[]): CopyOut {
    return new CopyOutWriter(this.#writer, format, names);
  }

  copyIn(format: Format, columns: number): AsyncIterable<Uint8Array> {
    return copyIn(this.#input, this.#writer, format, columns);
  }

  commandComplete(tag: string): void {
    writeCommandComplete(this.#writer.out, tag);
  }

  emptyQuery(): void {
    writeEmptyQueryResponse(this.#writer.out);
  }

  portalSuspended(): void {
    writePortalSuspended(this.#writer.out);
  }

  notice(notice: SkeinError, severity: NoticeSeverity): void {
    writeNoticeResponse(this.#writer.out, notice, severity);
  }
}
