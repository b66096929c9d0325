import { SkeinError } from '../base/errors.ts';
import { elementOid, OID } from '../types/sql-type.ts';
import { jsonbText } from './tree-datum-jsonb.ts';
import { float4Text, float8Text, numericText } from './tree-datum-number.ts';
import { dateText, intervalText, timestampText, timeText, timetzText } from './tree-datum-time.ts';

/** The elements of an array's outermost dimension: arrays, or values as {@link decodeDatum} gives them. */
export type Elements = readonly (string | null | Elements)[];

export interface ArrayDatum {
  readonly elements: Elements;
  /** Of each dimension; an empty array has none. */
  readonly lowerBounds: readonly number[];
}

/**
 * The value of a CONST node, in the canonical text that `ConstExpr` says (src/plan/expr.ts). Bytes are as a little-endian
 * PostgreSQL of 32 bits keeps them: a by-value Datum is the low bytes of 4; int8, float8 and timestamps are by reference.
 *
 * @param length the type's length, `constlen`: bytes, -1 for a varlena, -2 for a C string.
 * @throws 0A000 for a type that isn't decoded.
 */
export function decodeDatum(oid: number, length: number, bytes: Uint8Array): string | ArrayDatum {
  const element = elementOid(oid);
  if (element !== undefined) return decodeArray(element, varlenaPayload(bytes));
  if (length === -2) return utf8(bytes.subarray(0, lengthBeforeNul(bytes)));
  const scalar = SCALARS.get(oid);
  if (scalar === undefined) throw undecodable(oid);
  return scalar.read(viewOf(scalar.length === VARLENA ? varlenaPayload(bytes) : bytes));
}

const VARLENA = -1;

interface Scalar {
  readonly length: number;
  readonly align: 1 | 2 | 4 | 8;
  /** Of the value's own bytes: without a varlena's header. */
  readonly read: (view: DataView) => string;
}

const fixed = (length: number, align: Scalar['align'], read: Scalar['read']): Scalar => ({
  length,
  align,
  read,
});
const varlena = (read: Scalar['read']): Scalar => ({ length: VARLENA, align: 4, read });

const SCALARS: ReadonlyMap<number, Scalar> = new Map([
  [OID.bool, fixed(1, 1, (view) => (view.getUint8(0) === 0 ? 'false' : 'true'))],
  [OID.char, fixed(1, 1, charText)],
  [OID.int2, fixed(2, 2, (view) => String(view.getInt16(0, true)))],
  [OID.int4, fixed(4, 4, (view) => String(view.getInt32(0, true)))],
  [OID.oid, fixed(4, 4, (view) => String(view.getUint32(0, true)))],
  [OID.int8, fixed(8, 8, (view) => String(view.getBigInt64(0, true)))],
  [OID.float4, fixed(4, 4, (view) => float4Text(view.getFloat32(0, true)))],
  [OID.float8, fixed(8, 8, (view) => float8Text(view.getFloat64(0, true)))],
  [OID.date, fixed(4, 4, (view) => dateText(view.getInt32(0, true)))],
  [OID.time, fixed(8, 8, (view) => timeText(view.getBigInt64(0, true)))],
  [OID.timetz, fixed(12, 8, (view) => timetzText(view.getBigInt64(0, true), view.getInt32(8, true)))],
  [OID.timestamp, fixed(8, 8, (view) => timestampText(view.getBigInt64(0, true), ''))],
  [OID.timestamptz, fixed(8, 8, (view) => timestampText(view.getBigInt64(0, true), '+00'))],
  [
    OID.interval,
    fixed(16, 8, (view) =>
      intervalText(view.getInt32(12, true), view.getInt32(8, true), view.getBigInt64(0, true)),
    ),
  ],
  [OID.uuid, fixed(16, 1, uuidText)],
  [OID.name, fixed(64, 1, (view) => utf8(bytesOf(view).subarray(0, lengthBeforeNul(bytesOf(view)))))],
  [OID.text, varlena((view) => utf8(bytesOf(view)))],
  [OID.varchar, varlena((view) => utf8(bytesOf(view)))],
  [OID.bpchar, varlena((view) => utf8(bytesOf(view)))],
  [OID.json, varlena((view) => utf8(bytesOf(view)))],
  [OID.jsonb, varlena(jsonbText)],
  [OID.bytea, varlena((view) => `\\x${hex(bytesOf(view))}`)],
  [OID.bit, varlena(bitText)],
  [OID.varbit, varlena(bitText)],
  [OID.numeric, varlena(numericText)],
]);

/** varatt.h, little-endian: the low bit says a header of one byte, the low two bits of four are 00 for a plain value. */
function varlenaPayload(bytes: Uint8Array): Uint8Array {
  const first = bytes[0] ?? 0;
  if ((first & 1) === 1 && first !== 1) return bytes.subarray(1, first >>> 1);
  if ((first & 3) !== 0) throw new SkeinError('internal', 'a compressed or external datum');
  return bytes.subarray(4, viewOf(bytes).getUint32(0, true) >>> 2);
}

function varlenaLength(view: DataView, at: number): number {
  const first = view.getUint8(at);
  return (first & 1) === 1 ? first >>> 1 : view.getUint32(at, true) >>> 2;
}

/** utils/array.h; offsets here count from after the header of 4 bytes. */
function decodeArray(elementType: number, payload: Uint8Array): ArrayDatum {
  const scalar = SCALARS.get(elementType);
  if (scalar === undefined) throw undecodable(elementType);
  const view = viewOf(payload);
  const dimensions = view.getInt32(0, true);
  if (dimensions === 0) return { elements: [], lowerBounds: [] };
  const header = ARRAY_HEADER + dimensions * 8;
  const int = (index: number): number => view.getInt32(ARRAY_HEADER + index * 4, true);
  const lengths = Array.from({ length: dimensions }, (_, index) => int(index));
  const lowerBounds = lengths.map((_, index) => int(dimensions + index));
  const count = lengths.reduce((product, length) => product * length, 1);
  const offset = view.getInt32(4, true);
  const nulls = offset === 0 ? undefined : payload.subarray(header, header + Math.ceil(count / 8));
  const start = offset === 0 ? alignFromHeader(header, 8) : offset - HEADER;
  return { elements: inDimensions(arrayElements(scalar, view, start, count, nulls), lengths), lowerBounds };
}

/** The innermost dimension varies first. */
function inDimensions(elements: Elements, [, ...inner]: readonly number[]): Elements {
  const length = inner.at(-1);
  if (length === undefined) return elements;
  const rows = Array.from({ length: elements.length / length }, (_, row) =>
    elements.slice(row * length, (row + 1) * length),
  );
  return inDimensions(rows, [0, ...inner.slice(0, -1)]);
}

const HEADER = 4;
/** ndim, dataoffset, elemtype; then the lengths of the dimensions, and their lower bounds. */
const ARRAY_HEADER = 12;

function arrayElements(
  scalar: Scalar,
  view: DataView,
  start: number,
  count: number,
  nulls: Uint8Array | undefined,
): (string | null)[] {
  const bytes = bytesOf(view);
  const elements: (string | null)[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    if (nulls !== undefined && ((nulls[index >>> 3] ?? 0) & (1 << (index & 7))) === 0) {
      elements.push(null);
      continue;
    }
    const packed = scalar.length === VARLENA && view.getUint8(at) !== 0;
    if (!packed) at = alignFromHeader(at, scalar.align);
    const end = at + (scalar.length === VARLENA ? varlenaLength(view, at) : scalar.length);
    const value = bytes.subarray(at, end);
    elements.push(scalar.read(viewOf(scalar.length === VARLENA ? varlenaPayload(value) : value)));
    at = end;
  }
  return elements;
}

/** Alignment counts from the start of the array's varlena, header included. */
function alignFromHeader(offset: number, align: number): number {
  return Math.ceil((offset + HEADER) / align) * align - HEADER;
}

/** charout: NUL is empty, a byte that isn't ASCII is octal. */
function charText(view: DataView): string {
  const code = view.getUint8(0);
  if (code === 0) return '';
  return code < 0x80 ? String.fromCharCode(code) : `\\${code.toString(8).padStart(3, '0')}`;
}

function bitText(view: DataView): string {
  const length = view.getInt32(0, true);
  const bits = [...bytesOf(view).subarray(4)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.slice(0, length);
}

function uuidText(view: DataView): string {
  const digits = hex(bytesOf(view));
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
    digits.slice(20),
  ].join('-');
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

function lengthBeforeNul(bytes: Uint8Array): number {
  const nul = bytes.indexOf(0);
  return nul === -1 ? bytes.length : nul;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function undecodable(oid: number): SkeinError {
  return new SkeinError('notSupported', `a constant of the type with OID ${oid} is not supported`);
}
