import { assert, defined } from '../../base/assert.ts';
import type { Batch } from '../../types/batch.ts';
import { beginDataRow, endDataRow } from '../encode.ts';
import type { OutputBuffer } from '../output-buffer.ts';
import type { RowEncoding, RowShape } from '../session-handler.ts';
import { writeSized } from './array.ts';
import { valueWriter } from './encoders.ts';
import type { ValueWriter } from './value-writer.ts';

/** Writes DataRow messages for rows `[from, to)`. After a throw, `out` ends with the last whole row. */
export type RowWriter = (out: OutputBuffer, from: number, to: number) => void;

export function rowWriter(batch: Batch, shape: RowShape, encoding: RowEncoding): RowWriter {
  const { columns } = batch;
  assert(columns.length === shape.columns.length, 'a batch has the columns of its row description');
  const cells = columns.map((vector, i) => {
    const carrier = defined(encoding.carriers[i], 'the carrier of a column');
    const write = valueWriter(vector, carrier, shape.formats[i] ?? 0, encoding);
    return cellWriter(vector.validity, write);
  });
  return (out, from, to) => writeRows(cells, out, from, to);
}

function writeRows(cells: readonly ValueWriter[], out: OutputBuffer, from: number, to: number): void {
  let start = out.position;
  try {
    for (let row = from; row < to; row++) {
      start = beginDataRow(out, cells.length);
      for (const writeCell of cells) writeCell(out, row);
      endDataRow(out, start);
    }
  } catch (error) {
    out.position = start;
    throw error;
  }
}

/** A value behind its length; -1 stands for NULL. */
function cellWriter(validity: Uint8Array | undefined, write: ValueWriter): ValueWriter {
  if (validity === undefined) return (out, row) => writeSized(out, row, write);
  return (out, row) => {
    if (((validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0) out.int32(-1);
    else writeSized(out, row, write);
  };
}
