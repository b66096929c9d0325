import { describe, expect, it } from 'vitest';
import type { Batch, FixedLayout, Vector } from '../../types/batch.ts';
import { OID } from '../../types/sql-type.ts';
import { OutputBuffer } from '../output-buffer.ts';
import type { ColumnCarrier, Format } from '../session-handler.ts';
import type { TextSettings } from './encoders.ts';
import { rowWriter } from './row-writer.ts';

const SETTINGS: TextSettings = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
};

interface Cell {
  readonly carrier: Partial<ColumnCarrier> & { readonly oid: number };
  readonly vector: Vector;
}

const fixed = (layout: FixedLayout, data: ArrayBufferView, validity?: Uint8Array): Vector => ({
  kind: 'fixed',
  layout,
  validity,
  data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});

function writerOf(cells: readonly Cell[], rowCount: number, format: Format, settings: Partial<TextSettings>) {
  const columns = cells.map(({ carrier }) => ({
    name: 'c',
    tableOid: 0,
    attributeNumber: 0,
    typeOid: carrier.oid,
    typeSize: -1,
    typmod: -1,
  }));
  const batch: Batch = { rowCount, columns: cells.map((cell) => cell.vector) };
  const carriers = cells.map(({ carrier }) => ({ scale: 0, shown: 'all' as const, ...carrier }));
  return rowWriter(
    batch,
    { columns, formats: columns.map(() => format) },
    { ...SETTINGS, ...settings, carriers },
  );
}

function rows(cells: readonly Cell[], rowCount: number, settings: Partial<TextSettings> = {}): string[] {
  const out = new OutputBuffer(4);
  writerOf(cells, rowCount, 0, settings)(out, 0, rowCount);
  return out.bytes.toString('latin1', 0, out.position).split('D\0').slice(1);
}

describe('rowWriter', () => {
  it('writes lengths, values and NULLs', () => {
    const numbers = fixed('int32', new Int32Array([1, -2, 3]), Uint8Array.of(0b101));
    const flags = fixed('bool', Uint8Array.of(1, 0, 1));
    const cells = [
      { carrier: { oid: OID.int4 }, vector: numbers },
      { carrier: { oid: OID.bool }, vector: flags },
    ];
    expect(rows(cells, 3)).toEqual([
      '\0\0\x10\0\x02\0\0\0\x011\0\0\0\x01t',
      '\0\0\x0f\0\x02\xff\xff\xff\xff\0\0\0\x01f',
      '\0\0\x10\0\x02\0\0\0\x013\0\0\0\x01t',
    ]);
  });

  it('writes rows without columns', () => {
    expect(rows([], 2)).toEqual(['\0\0\x06\0\0', '\0\0\x06\0\0']);
  });

  it('leaves whole rows when a value has no form in PostgreSQL', () => {
    const dates = fixed('date', new Int32Array([0, -2_500_000, 0]));
    const out = new OutputBuffer();
    const write = writerOf([{ carrier: { oid: OID.date }, vector: dates }], 3, 0, {});
    expect(() => write(out, 0, 3)).toThrow('date out of range');
    expect(out.bytes.toString('latin1', 11, out.position)).toBe('1970-01-01');
  });

  it('reads vectors that lie unaligned in a larger buffer', () => {
    const frame = Buffer.alloc(13);
    frame.writeDoubleLE(12.34, 5);
    const vector = fixed('float64', frame.subarray(5));
    expect(rows([{ carrier: { oid: OID.float8 }, vector }], 1)[0]).toContain('12.34');
  });

  it('refuses a type or layout that it has no encoder for', () => {
    const vector = fixed('int32', new Int32Array([1]));
    expect(() => rows([{ carrier: { oid: 600 }, vector }], 1)).toThrow('OID 600 is not supported');
    expect(() => rows([{ carrier: { oid: OID.int8 }, vector }], 1)).toThrow(
      'vector of int32 is not supported',
    );
  });

  it('refuses the zone abbreviation that it can not know', () => {
    const vector = fixed('timestamp', new BigInt64Array([0n]));
    const cell = { carrier: { oid: OID.timestamptz }, vector };
    const style = { dateStyle: 'SQL, DMY' };
    expect(() => rows([cell], 1, { ...style, timeZone: 'Asia/Tokyo' })).toThrow('DateStyle SQL');
    expect(rows([cell], 1, { ...style, timeZone: 'UTC' })[0]).toContain('01/01/1970 00:00:00 UTC');
  });
});
