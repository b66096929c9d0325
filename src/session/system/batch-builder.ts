import { assertNever } from '../../base/assert.ts';
import type { Batch, Vector } from '../../types/batch.ts';

/** A column of a relation that the session makes itself. Timestamps are µs since 1970. */
export type SystemColumn =
  | { readonly kind: 'text'; readonly values: readonly (string | null)[] }
  | { readonly kind: 'text[]'; readonly values: readonly (readonly string[] | null)[] }
  | { readonly kind: 'int8' | 'timestamp'; readonly values: readonly (bigint | null)[] }
  | { readonly kind: 'float8'; readonly values: readonly (number | null)[] };

export function buildBatch(columns: readonly SystemColumn[]): Batch {
  return { rowCount: columns[0]?.values.length ?? 0, columns: columns.map(buildVector) };
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
    case 'float8': {
      const numbers = Float64Array.from(column.values, (value) => value ?? 0);
      return {
        kind: 'fixed',
        layout: 'float64',
        validity: validityOf(column.values),
        data: bytesOf(numbers),
      };
    }
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

function bytesOf(array: BigInt64Array | Float64Array): Uint8Array {
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
