import { refuse } from '../../base/errors.ts';
import type { Vector } from '../../types/batch.ts';
import { elementOid, OID } from '../../types/sql-type.ts';
import type { ColumnCarrier, Format, RowEncoding } from '../session-handler.ts';
import { arrayBinary, arrayText, listOf } from './array.ts';
import {
  bitsBinary,
  boolBinary,
  boolText,
  byteaEscape,
  byteaHex,
  bytesText,
  charBinary,
  jsonbBinary,
  textBytes,
  uuidBinary,
  uuidText,
} from './bytes.ts';
import { parseDateStyle } from './date-style.ts';
import { dateWriter, timestamptzWriter, timestampWriter, timetzWriter, timeWriter } from './date-time.ts';
import { float4Writer, float8Writer } from './floats.ts';
import {
  int16Binary,
  int16Text,
  int32Binary,
  int32Text,
  int64Binary,
  int64Text,
  oidBinary,
} from './integers.ts';
import { intervalWriter, parseIntervalStyle } from './interval.ts';
import { numericWriter } from './numeric.ts';
import { timeZone } from './time-zone.ts';
import { bytesOf, fixedView, type ValueWriter, wrongLayout } from './value-writer.ts';

export type TextSettings = Omit<RowEncoding, 'carriers'>;

type Encoder = (
  vector: Vector,
  carrier: ColumnCarrier,
  format: Format,
  settings: TextSettings,
) => ValueWriter;

type ViewWriter = (view: DataView) => ValueWriter;

const integer =
  (layout: 'int16' | 'int32' | 'int64', text: ViewWriter, binary: ViewWriter): Encoder =>
  (vector, { oid }, format) =>
    (format === 0 ? text : binary)(fixedView(vector, layout, oid));

const sameInBoth: Encoder = (vector, { oid }) => textBytes(bytesOf(vector, oid));

const bits: Encoder = (vector, { oid }, format) =>
  (format === 0 ? bytesText : bitsBinary)(bytesOf(vector, oid));

/** One encoder for each type that has a carrier (src/types/carrier.ts), besides arrays. */
const ENCODERS: ReadonlyMap<number, Encoder> = new Map<number, Encoder>([
  [OID.int2, integer('int16', int16Text, int16Binary)],
  [OID.int4, integer('int32', int32Text, int32Binary)],
  [OID.int8, integer('int64', int64Text, int64Binary)],
  [OID.oid, integer('int64', int64Text, oidBinary)],
  [OID.numeric, numericWriter],
  [OID.text, sameInBoth],
  [OID.varchar, sameInBoth],
  [OID.bpchar, sameInBoth],
  [OID.name, sameInBoth],
  [OID.json, sameInBoth],
  [OID.unknown, sameInBoth],
  [OID.bit, bits],
  [OID.varbit, bits],
  [OID.char, (vector, { oid }, format) => (format === 0 ? bytesText : charBinary)(bytesOf(vector, oid))],
  [OID.jsonb, (vector, { oid }, format) => (format === 0 ? bytesText : jsonbBinary)(bytesOf(vector, oid))],
  [OID.record, onlyText('a row as a value', 'Select its columns.')],
  [OID.regtype, onlyText('a regtype', 'Cast it to text.')],
  [OID.bytea, encodeBytea],
  [OID.bool, encodeBool],
  [OID.uuid, encodeUuid],
  [
    OID.float4,
    (vector, { oid }, format, { extraFloatDigits }) =>
      float4Writer(fixedView(vector, 'float32', oid), format, extraFloatDigits),
  ],
  [
    OID.float8,
    (vector, { oid }, format, { extraFloatDigits }) =>
      float8Writer(fixedView(vector, 'float64', oid), format, extraFloatDigits),
  ],
  [
    OID.date,
    (vector, { oid }, format, { dateStyle }) =>
      dateWriter(fixedView(vector, 'date', oid), format, parseDateStyle(dateStyle)),
  ],
  [OID.time, (vector, { oid }, format) => timeWriter(fixedView(vector, 'time', oid), format)],
  [OID.timetz, (vector, { oid }, format) => timetzWriter(fixedView(vector, 'timetz', oid), format)],
  [
    OID.timestamp,
    (vector, { oid }, format, { dateStyle }) =>
      timestampWriter(fixedView(vector, 'timestamp', oid), format, parseDateStyle(dateStyle)),
  ],
  [OID.timestamptz, encodeTimestamptz],
  [
    OID.interval,
    (vector, { oid }, format, { intervalStyle }) =>
      intervalWriter(fixedView(vector, 'interval', oid), format, parseIntervalStyle(intervalStyle)),
  ],
]);

function onlyText(what: string, hint: string): Encoder {
  return (vector, { oid }, format) => {
    if (format === 1) throw refuse(`${what} in the binary format`, { hint });
    return bytesText(bytesOf(vector, oid));
  };
}

function encodeBytea(
  vector: Vector,
  { oid }: ColumnCarrier,
  format: Format,
  settings: TextSettings,
): ValueWriter {
  const values = bytesOf(vector, oid);
  if (format === 1) return bytesText(values);
  return settings.byteaOutput === 'hex' ? byteaHex(values) : byteaEscape(values);
}

function encodeBool(vector: Vector, { oid }: ColumnCarrier, format: Format): ValueWriter {
  if (vector.kind !== 'fixed' || vector.layout !== 'bool') throw wrongLayout(vector, oid);
  return format === 0 ? boolText(vector.data) : boolBinary(vector.data);
}

function encodeUuid(vector: Vector, { oid }: ColumnCarrier, format: Format): ValueWriter {
  if (vector.kind !== 'fixed' || vector.layout !== 'uuid') throw wrongLayout(vector, oid);
  return format === 0 ? uuidText(vector.data) : uuidBinary(vector.data);
}

function encodeTimestamptz(
  vector: Vector,
  { oid }: ColumnCarrier,
  format: Format,
  settings: TextSettings,
): ValueWriter {
  const view = fixedView(vector, 'timestamp', oid);
  return timestamptzWriter(view, format, parseDateStyle(settings.dateStyle), timeZone(settings.timeZone));
}

/** How a column's values are written: decided once per vector. @throws 0A000 for a type without an encoder. */
export function valueWriter(
  vector: Vector,
  carrier: ColumnCarrier,
  format: Format,
  settings: TextSettings,
): ValueWriter {
  const element = elementOid(carrier.oid);
  if (element !== undefined) {
    const list = listOf(vector, element);
    const writerOf = (elements: Vector) =>
      valueWriter(elements, { ...carrier, oid: element }, format, settings);
    return format === 0 ? arrayText(list, writerOf) : arrayBinary(list, element, writerOf);
  }
  const encoder = ENCODERS.get(carrier.oid);
  if (encoder === undefined) throw refuse(`a result of the type with OID ${carrier.oid}`);
  return encoder(vector, carrier, format, settings);
}
