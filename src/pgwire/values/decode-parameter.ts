import { refuse, SkeinError } from '../../base/errors.ts';
import { elementOid, OID } from '../../types/sql-type.ts';
import type { Format } from '../session-handler.ts';
import { decodeText } from '../text.ts';
import { BinaryReader, invalidBinary } from './binary-reader.ts';
import {
  decodeDate,
  decodeInterval,
  decodeTime,
  decodeTimestamp,
  decodeTimestamptz,
  decodeTimetz,
} from './decode-date-time.ts';
import { decodeNumeric } from './decode-numeric.ts';
import { shortestFloat4, shortestFloat8 } from './shortest.ts';

type Decoder = (reader: BinaryReader) => string;

/** Of an array. */
export type Dimensions = 'one' | 'any';

const text: Decoder = (reader) => decodeText(reader.rest());
const unsigned: Decoder = (reader) => reader.uint32().toString();

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [OID.bool, (reader) => (reader.uint8() === 0 ? 'false' : 'true')],
  [OID.int2, (reader) => reader.int16().toString()],
  [OID.int4, (reader) => reader.int32().toString()],
  [OID.int8, (reader) => reader.int64().toString()],
  [OID.oid, unsigned],
  [OID.regproc, unsigned],
  [OID.float4, (reader) => shortestFloat4(reader.float4())],
  [OID.float8, (reader) => shortestFloat8(reader.float8())],
  [OID.numeric, decodeNumeric],
  [OID.date, decodeDate],
  [OID.time, decodeTime],
  [OID.timetz, decodeTimetz],
  [OID.timestamp, decodeTimestamp],
  [OID.timestamptz, decodeTimestamptz],
  [OID.interval, decodeInterval],
  [OID.uuid, decodeUuid],
  [OID.text, text],
  [OID.varchar, text],
  [OID.bpchar, text],
  [OID.name, text],
  [OID.json, text],
  [OID.unknown, text],
  [OID.jsonb, decodeJsonb],
  [OID.char, decodeChar],
  [OID.bytea, (reader) => `\\x${reader.rest().toString('hex')}`],
  [OID.bit, decodeBits],
  [OID.varbit, decodeBits],
]);

/**
 * A bind parameter as text. In text format: what the client wrote, of which only the encoding is checked. In binary: the
 * canonical text of a constant (ConstExpr in src/plan/expr.ts); an array becomes `{…}` of its elements' canonical texts.
 * @throws 22021 for text that is no UTF-8 or has a zero byte, 22P03 for bytes that are no value of the type,
 * 0A000 for a type whose binary form we don't read, and for an array of more dimensions than asked for.
 */
export function decodeParameter(
  oid: number,
  format: Format,
  bytes: Uint8Array,
  dimensions?: Dimensions,
): string;
export function decodeParameter(
  oid: number,
  format: Format,
  bytes: Uint8Array | null,
  dimensions?: Dimensions,
): string | null;
export function decodeParameter(
  oid: number,
  format: Format,
  bytes: Uint8Array | null,
  dimensions: Dimensions = 'one',
): string | null {
  if (bytes === null) return null;
  if (format === 0) return decodeText(bytes);
  const element = elementOid(oid);
  const decoder = element === undefined ? scalarDecoder(oid) : arrayDecoder(element, dimensions);
  const reader = new BinaryReader(bytes);
  const value = decoder(reader);
  reader.finish();
  return value;
}

/** Whether values of the type, or of its elements, are read. */
export function isDecodable(oid: number): boolean {
  return DECODERS.has(elementOid(oid) ?? oid);
}

function scalarDecoder(oid: number): Decoder {
  const decoder = DECODERS.get(oid);
  if (decoder === undefined) throw refuse(`a binary parameter of the type with OID ${oid}`);
  return decoder;
}

function decodeUuid(reader: BinaryReader): string {
  const hex = reader.bytes(16).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function decodeJsonb(reader: BinaryReader): string {
  const version = reader.uint8();
  if (version !== 1) throw invalidBinary(`Unsupported jsonb version number ${version}.`);
  return decodeText(reader.rest());
}

/** charout: a byte over 127 is shown in octal, zero as nothing. */
function decodeChar(reader: BinaryReader): string {
  const byte = reader.uint8();
  if (byte === 0) return '';
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
}

function decodeBits(reader: BinaryReader): string {
  const count = reader.int32();
  if (count < 0) throw invalidBinary('Invalid length in external bit string.');
  const packed = reader.bytes(Math.ceil(count / 8));
  let bits = '';
  for (const byte of packed) bits += byte.toString(2).padStart(8, '0');
  return bits.slice(0, count);
}

function arrayDecoder(element: number, allowed: Dimensions): Decoder {
  const decodeElement = scalarDecoder(element);
  return (reader) => {
    const dimensions = reader.int32();
    const flags = reader.int32();
    const sentElement = reader.uint32();
    if (dimensions < 0 || dimensions > 6 || (flags !== 0 && flags !== 1)) {
      throw invalidBinary('Invalid header of an array.');
    }
    if (sentElement !== element) {
      throw new SkeinError('invalidBinary', 'wrong element type', {
        detail: `The array's elements have type ${sentElement}, expected ${element}.`,
      });
    }
    if (dimensions > 1 && allowed === 'one') throw refuse('an array of more than one dimension');
    return dimensions === 0 ? '{}' : decodeElements(reader, dimensions, decodeElement);
  };
}

function decodeElements(reader: BinaryReader, dimensions: number, decodeElement: Decoder): string {
  const lengths = Array.from({ length: dimensions }, () => {
    const length = reader.int32();
    if (reader.int32() !== 1) throw refuse('an array whose lower bound is not 1');
    return length;
  });
  const length = lengths.reduce((product, one) => product * one, 1);
  if (lengths.some((one) => one < 0) || length * 4 > reader.remaining)
    throw invalidBinary('Invalid length of an array.');
  const elements = Array.from({ length }, () => {
    const size = reader.int32();
    if (size === -1) return 'NULL';
    const inner = new BinaryReader(reader.bytes(size));
    const value = decodeElement(inner);
    inner.finish();
    return quoteElement(value);
  });
  return braced(elements, lengths);
}

/** The innermost dimension varies first. */
function braced(elements: readonly string[], lengths: readonly number[]): string {
  const length = lengths.at(-1);
  if (length === undefined || lengths.length === 1) return `{${elements.join(',')}}`;
  const rows = Array.from(
    { length: length === 0 ? 0 : elements.length / length },
    (_, row) => `{${elements.slice(row * length, (row + 1) * length).join(',')}}`,
  );
  return braced(rows, lengths.slice(0, -1));
}

/** An element in the text of an array. */
export function quoteElement(value: string): string {
  if (value !== '' && !/[\s"\\{},]/.test(value) && value.toUpperCase() !== 'NULL') return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
