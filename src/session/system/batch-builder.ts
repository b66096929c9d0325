import { assertNever } from '../../base/assert.ts';
import type { Batch, Vector } from '../../types/batch.ts';

/** A column of a relation that the session makes itself. Timestamps are µs since 1970. */
export type SystemColumn =
  | { readonly kind: 'text'; readonly values: readonly (string | null)[] }
  | { readonly kind: 'text[]'; readonly values: readonly (readonly string[] | null)[] }
  | { readonly kind: 'int8' | 'timestamp'; readonly values: readonly (bigint | null)[] }
  | { readonly kind: 'bool'; readonly values: readonly (boolean | null)[] }
  | {
      readonly kind: 'int2' | 'int4' | 'float4' | 'float8';
      readonly values: readonly (number | null)[];
    };

export function buildBatch(columns: readonly SystemColumn[]): Batch {
  return { rowCount: columns[0]?.values.length ?? 0, columns: columns.map(buildVector) };
}

type NumberKind = 'int2' | 'int4' | 'float4' | 'float8';

const LAYOUTS = { int2: 'int16', int4: 'int32', float4: 'float32', float8: 'float64' } as const;

function numberArray(kind: NumberKind, values: readonly number[]): ArrayBufferView {
  switch (kind) {
    case 'int2':
      return Int16Array.from(values);
    case 'int4':
      return Int32Array.from(values);
    case 'float4':
      return Float32Array.from(values);
    case 'float8':
      return Float64Array.from(values);
    default:
      return assertNever(kind);
  }
}

function buildVector(column: SystemColumn): Vector {
  switch (column.kind) {
    case 'text':
      return textVector(column.values);
    case 'text[]':
      return listVector(column.values);
    case 'int8':
    case 'timestamp': {
      const numbers = BigInt64Array.from(column.values, (value) => value ?? 0n);
      const layout = column.kind === 'int8' ? 'int64' : 'timestamp';
      return { kind: 'fixed', layout, validity: validityOf(column.values), data: bytesOf(numbers) };
    }
    case 'bool': {
      const data = Uint8Array.from(column.values, (value) => (value === true ? 1 : 0));
      return { kind: 'fixed', layout: 'bool', validity: validityOf(column.values), data };
    }
    case 'int2':
    case 'int4':
    case 'float4':
    case 'float8':
      return {
        kind: 'fixed',
        layout: LAYOUTS[column.kind],
        validity: validityOf(column.values),
        data: bytesOf(
          numberArray(
            column.kind,
            column.values.map((value) => value ?? 0),
          ),
        ),
      };
    default:
      return assertNever(column);
  }
}

function textVector(values: readonly (string | null)[]): Vector {
  const encoded = values.map((value) => Buffer.from(value ?? ''));
  return {
    kind: 'bytes',
    validity: validityOf(values),
    offsets: offsetsOf(encoded),
    data: Buffer.concat(encoded),
  };
}

function listVector(values: readonly (readonly string[] | null)[]): Vector {
  return {
    kind: 'list',
    validity: validityOf(values),
    offsets: offsetsOf(values.map((value) => value ?? [])),
    child: textVector(values.flatMap((value) => value ?? [])),
  };
}

function offsetsOf(items: readonly { readonly length: number }[]): Uint32Array {
  const offsets = new Uint32Array(items.length + 1);
  items.forEach((item, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + item.length;
  });
  return offsets;
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function validityOf(values: readonly unknown[]): Uint8Array | undefined {
  if (!values.includes(null)) return undefined;
  const bits = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, index) => {
    if (value !== null) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return bits;
}
