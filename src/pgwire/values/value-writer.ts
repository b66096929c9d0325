import { refuse } from '../../base/errors.ts';
import type { FixedLayout, Vector } from '../../types/batch.ts';
import type { OutputBuffer } from '../output-buffer.ts';

/** Writes one value that is not NULL, without its length. Made for one vector, so that the loop over rows decides nothing. */
export type ValueWriter = (out: OutputBuffer, row: number) => void;

export type FixedVector = Extract<Vector, { kind: 'fixed' }>;
export type BytesVector = Extract<Vector, { kind: 'bytes' }>;

export function viewOf(vector: FixedVector): DataView {
  const { data } = vector;
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** The vector's values, given that the carrier of the type has this layout. */
export function fixedView(vector: Vector, layout: FixedLayout, oid: number): DataView {
  if (vector.kind !== 'fixed' || vector.layout !== layout) throw wrongLayout(vector, oid);
  return viewOf(vector);
}

export function bytesOf(vector: Vector, oid: number): BytesVector {
  if (vector.kind !== 'bytes') throw wrongLayout(vector, oid);
  return vector;
}

export function wrongLayout(vector: Vector, oid: number): Error {
  const layout = vector.kind === 'fixed' ? vector.layout : vector.kind;
  return refuse(`a value of the type with OID ${oid} in a vector of ${layout}`);
}
