import { defined } from '../../base/assert.ts';
import { OutputBuffer } from '../../pgwire/output-buffer.ts';
import { valueWriter } from '../../pgwire/values/encoders.ts';
import { type Batch, isNull } from '../../types/batch.ts';
import type { SqlType } from '../../types/sql-type.ts';
import type { ValueStyle } from '../row-source.ts';
import { columnCarrier } from '../running-query.ts';

/** A row's values as PostgreSQL's output functions write them. */
export function rowTexts(
  { columns }: Batch,
  row: number,
  types: readonly SqlType[],
  style: ValueStyle,
): readonly (string | null)[] {
  return columns.map((vector, index) => {
    if (isNull(vector, row)) return null;
    const carrier = columnCarrier({ type: defined(types[index], 'type of a column') });
    const out = new OutputBuffer(256);
    valueWriter(vector, carrier, 0, { ...style })(out, row);
    return out.bytes.toString('utf8', 0, out.position);
  });
}

/** ExecBuildSlotValueDescription of execMain.c. */
const MAX_SHOWN_BYTES = 64;

/** A row in an error's detail: `(1, null, long text...)`. */
export function describedRow(values: readonly (string | null)[]): string {
  return `(${values.map((value) => (value === null ? 'null' : clipped(value))).join(', ')})`;
}

/** Cut to whole characters. */
function clipped(value: string): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= MAX_SHOWN_BYTES) return value;
  let end = MAX_SHOWN_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.toString('utf8', 0, end)}...`;
}
