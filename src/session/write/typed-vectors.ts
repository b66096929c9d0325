import { assert } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { FixedLayout, Vector } from '../../types/batch.ts';
import { LAYOUT_WIDTH } from '../../types/batch.ts';
import { carrierOf } from '../../types/carrier.ts';
import { decimalShape, elementType, OID, type SqlType } from '../../types/sql-type.ts';
import { elementsOf } from '../array-text.ts';
import { daysOf, microsOf, timeMicros, timetzBits } from './calendar-text.ts';

type Texts = readonly (string | null)[];

/** Values from their canonical texts (ConstExpr), as the carrier of the type has them. @throws 0A000 */
export function typedVector(type: SqlType, texts: Texts): Vector {
  const { layout } = carrierOf(type);
  const element = elementType(type);
  if (element !== undefined) return listVector(element, texts);
  assert(layout.kind !== 'list', 'a list is of an array');
  if (layout.kind === 'bytes') return type.oid === OID.bytea ? byteaVector(texts) : textVector(texts);
  const width = LAYOUT_WIDTH[layout.layout];
  const data = new Uint8Array(texts.length * width);
  const view = new DataView(data.buffer);
  const write = writerOf(type, layout.layout, view);
  texts.forEach((text, row) => {
    if (text !== null) write(row * width, text);
  });
  return { kind: 'fixed', layout: layout.layout, validity: validityOf(texts), data };
}

type Write = (at: number, text: string) => void;

function writerOf(type: SqlType, layout: FixedLayout, view: DataView): Write {
  switch (layout) {
    case 'bool':
      return (at, text) => view.setUint8(at, text === 'true' ? 1 : 0);
    case 'float32':
      return (at, text) => view.setFloat32(at, Number(text), true);
    case 'float64':
      return (at, text) => view.setFloat64(at, Number(text), true);
    case 'int16':
    case 'int32':
    case 'int64':
    case 'int128':
      return integerWriter(type, layout, view);
    case 'date':
      return (at, text) => view.setInt32(at, daysOf(text), true);
    case 'time':
      return (at, text) => view.setBigInt64(at, timeMicros(text), true);
    case 'timestamp':
      return (at, text) => view.setBigInt64(at, microsOf(text), true);
    case 'interval':
      return intervalWriter(view);
    case 'uuid':
      return uuidWriter(view);
    case 'timetz':
      return (at, text) => view.setBigUint64(at, timetzBits(text), true);
  }
}

function integerWriter(type: SqlType, layout: 'int16' | 'int32' | 'int64' | 'int128', view: DataView): Write {
  const unscaled = unscaledOf(type);
  switch (layout) {
    case 'int16':
      return (at, text) => view.setInt16(at, Number(unscaled(text)), true);
    case 'int32':
      return (at, text) => view.setInt32(at, Number(unscaled(text)), true);
    case 'int64':
      return (at, text) => view.setBigInt64(at, BigInt(unscaled(text)), true);
    case 'int128':
      return (at, text) => {
        const value = BigInt(unscaled(text));
        view.setBigUint64(at, BigInt.asUintN(64, value), true);
        view.setBigInt64(at + 8, BigInt.asIntN(64, value >> 64n), true);
      };
  }
}

/** A numeric's digits without the point, as many after it as the type has. */
function unscaledOf(type: SqlType): (text: string) => string {
  const shape = decimalShape(type);
  if (shape === undefined) return (text) => text;
  return (text) => {
    if (!/^-?\d+(?:\.\d+)?$/.test(text)) throw refuse(`the numeric value ${text}`);
    const [whole = '', fraction = ''] = text.split('.');
    assert(fraction.length <= shape.scale, 'a numeric has the digits of its type');
    return whole + fraction.padEnd(shape.scale, '0');
  };
}

/** `<months> <days> <µs>`. */
function intervalWriter(view: DataView): Write {
  return (at, text) => {
    if (text.endsWith('infinity')) throw refuse(`the interval ${text}`);
    const [months, days, micros] = text.split(' ');
    view.setInt32(at, Number(months), true);
    view.setInt32(at + 4, Number(days), true);
    view.setBigInt64(at + 8, BigInt(micros ?? '0'), true);
  };
}

const TOP_BIT = 1n << 63n;

function uuidWriter(view: DataView): Write {
  return (at, text) => {
    const hex = text.replaceAll('-', '');
    view.setBigUint64(at, BigInt(`0x${hex.slice(16)}`), true);
    view.setBigUint64(at + 8, BigInt(`0x${hex.slice(0, 16)}`) ^ TOP_BIT, true);
  };
}

function textVector(texts: Texts): Vector {
  return bytesVector(
    texts,
    texts.map((text) => Buffer.from(text ?? '')),
  );
}

function byteaVector(texts: Texts): Vector {
  return bytesVector(
    texts,
    texts.map((text) => Buffer.from((text ?? '').slice(2), 'hex')),
  );
}

function bytesVector(texts: Texts, values: readonly Buffer[]): Vector {
  const validity = validityOf(texts);
  return { kind: 'bytes', validity, offsets: offsetsOf(values), data: Buffer.concat(values) };
}

function listVector(element: SqlType, texts: Texts): Vector {
  const lists = texts.map((text) => (text === null ? [] : elementsOf(text)));
  const offsets = offsetsOf(lists);
  return { kind: 'list', validity: validityOf(texts), offsets, child: typedVector(element, lists.flat()) };
}

function offsetsOf(values: readonly { readonly length: number }[]): Uint32Array {
  const offsets = new Uint32Array(values.length + 1);
  values.forEach(({ length }, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + length;
  });
  return offsets;
}

function validityOf(texts: Texts): Uint8Array | undefined {
  if (!texts.includes(null)) return undefined;
  const bits = new Uint8Array((texts.length + 7) >> 3);
  texts.forEach((text, row) => {
    if (text !== null) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return bits;
}
