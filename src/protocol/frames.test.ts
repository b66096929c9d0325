import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SkeinError } from '../base/errors.ts';
import { LAYOUT_WIDTH, type Vector } from '../types/batch.ts';
import { decodeFrame, encodeFrame, type Frame } from './frames.ts';

const LAYOUTS = Object.keys(LAYOUT_WIDTH) as (keyof typeof LAYOUT_WIDTH)[];

function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function dataOf(layout: keyof typeof LAYOUT_WIDTH, values: number): fc.Arbitrary<Uint8Array> {
  if (layout !== 'bool') return bytesOf(values * LAYOUT_WIDTH[layout]);
  return fc.uint8Array({ minLength: values, maxLength: values, max: 1 });
}

function validityOf(values: number): fc.Arbitrary<Uint8Array | undefined> {
  return fc.option(bytesOf((values + 7) >> 3), { nil: undefined });
}

function offsetsOf(values: number): fc.Arbitrary<Uint32Array> {
  return fc.array(fc.nat(20), { minLength: values, maxLength: values }).map((lengths) => {
    const offsets = new Uint32Array(values + 1);
    lengths.forEach((length, i) => {
      offsets[i + 1] = (offsets[i] ?? 0) + length;
    });
    return offsets;
  });
}

function vectorOf(values: number, depth: number): fc.Arbitrary<Vector> {
  const fixed = fc.constantFrom(...LAYOUTS).chain((layout) =>
    fc.record({
      kind: fc.constant('fixed' as const),
      layout: fc.constant(layout),
      validity: validityOf(values),
      data: dataOf(layout, values),
    }),
  );
  const bytes = offsetsOf(values).chain((offsets) =>
    fc.record({
      kind: fc.constant('bytes' as const),
      validity: validityOf(values),
      offsets: fc.constant(offsets),
      data: bytesOf(offsets[values] ?? 0),
    }),
  );
  if (depth === 0) return fc.oneof(fixed, bytes);
  const list = offsetsOf(values).chain((offsets) =>
    fc.record({
      kind: fc.constant('list' as const),
      validity: validityOf(values),
      offsets: fc.constant(offsets),
      child: vectorOf(offsets[values] ?? 0, depth - 1),
    }),
  );
  return fc.oneof(fixed, bytes, list);
}

const frames: fc.Arbitrary<Frame> = fc.nat(40).chain((rowCount) =>
  fc.record({
    kind: fc.constantFrom('result' as const, 'input' as const),
    taskId: fc.string({ unit: 'grapheme', maxLength: 20 }),
    sequence: fc.nat(0xffffffff),
    input: fc.nat(0xffff),
    batch: fc.record({
      rowCount: fc.constant(rowCount),
      columns: fc.array(vectorOf(rowCount, 2), { maxLength: 4 }),
    }),
  }),
);

describe('a data frame', () => {
  test('comes back as it was, at any alignment', () => {
    fc.assert(
      fc.property(frames, fc.nat(15), (frame, shift) => {
        const bytes = encodeFrame(frame);
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        expect(decodeFrame(shifted.subarray(shift))).toEqual(frame);
      }),
    );
  });

  test('that was tampered with decodes to something whole or is refused as a protocol violation', () => {
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
        fc.nat(),
        (frame, edits, cut) => {
          const bytes = encodeFrame(frame);
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          const hostile = cut % 3 === 0 ? bytes.subarray(0, cut % (bytes.length + 1)) : bytes;
          try {
            const { batch } = decodeFrame(hostile);
            for (const column of batch.columns) expectWhole(column, batch.rowCount);
          } catch (error) {
            expect(error).toBeInstanceOf(SkeinError);
            expect(error).toMatchObject({ code: '08P01' });
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

function expectWhole(vector: Vector, values: number): void {
  if (vector.validity !== undefined) expect(vector.validity.length).toBe((values + 7) >> 3);
  if (vector.kind === 'fixed') {
    expect(vector.data.length).toBe(values * LAYOUT_WIDTH[vector.layout]);
    return;
  }
  expect(vector.offsets.length).toBe(values + 1);
  if (vector.kind === 'bytes') expect(vector.data.length).toBe(vector.offsets[values]);
  else expectWhole(vector.child, vector.offsets[values] ?? 0);
}
