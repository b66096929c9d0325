import fc from 'fast-check';
import { OutputBuffer } from '../../src/pgwire/output-buffer.ts';
import type { ColumnCarrier, Format } from '../../src/pgwire/session-handler.ts';
import type { TextSettings } from '../../src/pgwire/values/encoders.ts';
import { rowWriter } from '../../src/pgwire/values/row-writer.ts';
import type { FixedLayout, Vector } from '../../src/types/batch.ts';
import { LAYOUT_WIDTH } from '../../src/types/batch.ts';
import { bytesVector, column, SETTINGS, validityOf } from './pgwire-fixture.ts';

/** What the encoder writes for each row; null for NULL. */
export function encodeColumn(
  vector: Vector,
  carrier: ColumnCarrier,
  format: Format,
  rows: number,
  settings: Partial<TextSettings> = {},
): (Buffer | null)[] {
  const shape = { columns: [column('v', carrier.oid)], formats: [format] };
  const encoding = { ...SETTINGS, ...settings, carriers: [carrier] };
  const out = new OutputBuffer(16);
  rowWriter({ rowCount: rows, columns: [vector] }, shape, encoding)(out, 0, rows);
  const bytes = Buffer.from(out.bytes.subarray(0, out.position));
  const values: (Buffer | null)[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at + 1) + 1) {
    const length = bytes.readInt32BE(at + 7);
    values.push(length === -1 ? null : bytes.subarray(at + 11, at + 11 + length));
  }
  return values;
}

/** @param put writes a value at an offset of the vector's data. */
export function fixedVector<T>(
  layout: FixedLayout,
  values: readonly (T | null)[],
  put: (view: DataView, offset: number, value: T) => void,
): Vector {
  const width = LAYOUT_WIDTH[layout];
  const data = new Uint8Array(values.length * width);
  const view = new DataView(data.buffer);
  values.forEach((value, i) => {
    if (value !== null) put(view, i * width, value);
  });
  return { kind: 'fixed', layout, validity: validityOf(values), data };
}

export function putInteger(
  width: 1 | 2 | 4 | 8 | 16,
): (view: DataView, offset: number, value: bigint) => void {
  return (view, offset, value) => {
    for (let i = 0; i < width; i++) view.setUint8(offset + i, Number((value >> BigInt(8 * i)) & 255n));
  };
}

export function listVector<T>(values: readonly (readonly T[] | null)[], child: (all: T[]) => Vector): Vector {
  const offsets = new Uint32Array(values.length + 1);
  values.forEach((value, i) => {
    offsets[i + 1] = offsets[i]! + (value?.length ?? 0);
  });
  return {
    kind: 'list',
    validity: validityOf(values),
    offsets,
    child: child(values.flatMap((value) => value ?? [])),
  };
}

export const texts = (values: readonly (string | null)[]): Vector =>
  bytesVector(values.map((value) => (value === null ? null : Buffer.from(value))));

/** `count` values, the same in every run with this seed. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: Number(process.env['SEED'] ?? 42) });
}

export const RUNS = Number(process.env['RUNS'] ?? 1) * 500;
