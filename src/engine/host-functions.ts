import duckdb from '@duckdb/node-bindings';
import { assertNever } from '../base/assert.ts';
import { toSkeinError } from '../base/errors.ts';
import type { HostFunction, HostValue } from '../dialect/host/host-function.ts';
import { type FixedLayout, isNull, LAYOUT_WIDTH, type Vector } from '../types/batch.ts';
import { type CarrierLayout, carrierOf } from '../types/carrier.ts';
import { OID, type SqlType } from '../types/sql-type.ts';
import { logicalType, writeVector } from './chunk-writer.ts';
import { vectorBuilder } from './vectors.ts';

/**
 * Makes the functions known to all connections of the connection's database. DuckDB's threads wait for JavaScript's while it
 * evaluates a chunk, so nothing may wait for DuckDB synchronously.
 */
export function registerHostFunctions(
  functions: readonly HostFunction[],
  register: (fn: duckdb.ScalarFunction) => void,
): void {
  for (const host of functions) {
    const fn = duckdb.create_scalar_function();
    duckdb.scalar_function_set_name(fn, host.name);
    for (const type of host.parameters) duckdb.scalar_function_add_parameter(fn, logicalType(type));
    duckdb.scalar_function_set_return_type(fn, logicalType(host.result));
    duckdb.scalar_function_set_special_handling(fn);
    if (host.volatile === true) duckdb.scalar_function_set_volatile(fn);
    duckdb.scalar_function_set_function(fn, (info, input, output) => {
      try {
        evaluateChunk(host, input, output);
      } catch (error) {
        const { code, message, fields } = toSkeinError(error);
        const detail = fields.detail === undefined ? '' : `|DETAIL:${fields.detail}`;
        const hint = fields.hint === undefined ? '' : `|HINT:${fields.hint}`;
        duckdb.scalar_function_set_error(info, `SKEIN:${code}:${message}${detail}${hint}`);
      }
    });
    register(fn);
  }
}

function evaluateChunk(host: HostFunction, input: duckdb.DataChunk, output: duckdb.Vector): void {
  const count = duckdb.data_chunk_get_size(input);
  const columns = host.parameters.map((type, index) =>
    readColumn(duckdb.data_chunk_get_vector(input, index), type, count),
  );
  const results: HostValue[] = [];
  for (let row = 0; row < count; row++) {
    results.push(host.evaluate(columns.map((column) => column(row))));
  }
  writeVector(output, vectorOf(results, carrierOf(host.result).layout), 0, count);
}

type Column = (row: number) => HostValue;

function readColumn(vector: duckdb.Vector, type: SqlType, count: number): Column {
  const builder = vectorBuilder(carrierOf(type).layout);
  builder.append(vector, 0, count);
  return reader(builder.finish(), type.oid === OID.bytea);
}

function reader(vector: Vector, binary: boolean): Column {
  const read = valueReader(vector, binary);
  return (row) => (isNull(vector, row) ? null : read(row));
}

function valueReader(vector: Vector, binary: boolean): Column {
  switch (vector.kind) {
    case 'fixed':
      return fixedReader(vector.layout, vector.data);
    case 'bytes': {
      const { data, offsets } = vector;
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
      const bounds = (row: number): readonly [number, number] => [offsets[row] ?? 0, offsets[row + 1] ?? 0];
      return binary
        ? (row) => data.subarray(...bounds(row))
        : (row) => bytes.toString('utf8', ...bounds(row));
    }
    case 'list': {
      const item = reader(vector.child, binary);
      const { offsets } = vector;
      return (row) => {
        const items: HostValue[] = [];
        for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++) items.push(item(at));
        return items;
      };
    }
    default:
      return assertNever(vector);
  }
}

function fixedReader(layout: FixedLayout, data: Uint8Array): Column {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (layout) {
    case 'bool':
      return (row) => data[row] === 1;
    case 'int16':
      return (row) => view.getInt16(row * 2, true);
    case 'int32':
      return (row) => view.getInt32(row * 4, true);
    case 'int64':
      return (row) => view.getBigInt64(row * 8, true);
    case 'float32':
      return (row) => view.getFloat32(row * 4, true);
    case 'float64':
      return (row) => view.getFloat64(row * 8, true);
    case 'int128':
      return (row) => (view.getBigInt64(row * 16 + 8, true) << 64n) | view.getBigUint64(row * 16, true);
    default:
      throw new Error(`a host function takes no ${layout}`);
  }
}

function vectorOf(values: readonly HostValue[], layout: CarrierLayout): Vector {
  const validity = validityOf(values);
  switch (layout.kind) {
    case 'fixed':
      return { kind: 'fixed', layout: layout.layout, validity, data: fixedData(values, layout.layout) };
    case 'bytes':
      return { kind: 'bytes', validity, ...bytesOf(values) };
    case 'list': {
      const lists = values.map((value) => (Array.isArray(value) ? value : []));
      const offsets = offsetsOf(lists.map((list) => list.length));
      return { kind: 'list', validity, offsets, child: vectorOf(lists.flat(), layout.element) };
    }
    default:
      return assertNever(layout);
  }
}

function validityOf(values: readonly HostValue[]): Uint8Array | undefined {
  if (!values.includes(null)) return undefined;
  const mask = new Uint8Array((values.length + 7) >> 3);
  values.forEach((value, row) => {
    if (value !== null) mask[row >> 3] = (mask[row >> 3] ?? 0) | (1 << (row & 7));
  });
  return mask;
}

function offsetsOf(lengths: readonly number[]): Uint32Array {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, index) => {
    offsets[index + 1] = (offsets[index] ?? 0) + length;
  });
  return offsets;
}

function bytesOf(values: readonly HostValue[]): { readonly offsets: Uint32Array; readonly data: Uint8Array } {
  const pieces = values.map((value): Uint8Array => {
    if (typeof value === 'string') return Buffer.from(value, 'utf8');
    return value instanceof Uint8Array ? value : new Uint8Array();
  });
  return { offsets: offsetsOf(pieces.map((piece) => piece.length)), data: Buffer.concat(pieces) };
}

function fixedData(values: readonly HostValue[], layout: FixedLayout): Uint8Array {
  const data = new Uint8Array(values.length * LAYOUT_WIDTH[layout]);
  const write = fixedWriter(layout, new DataView(data.buffer));
  values.forEach((value, row) => {
    if (value !== null) write(row, value);
  });
  return data;
}

function fixedWriter(layout: FixedLayout, view: DataView): (row: number, value: HostValue) => void {
  switch (layout) {
    case 'bool':
      return (row, value) => view.setUint8(row, value === true ? 1 : 0);
    case 'int16':
      return (row, value) => view.setInt16(row * 2, Number(value), true);
    case 'int32':
      return (row, value) => view.setInt32(row * 4, Number(value), true);
    case 'int64':
      return (row, value) => view.setBigInt64(row * 8, BigInt(String(value)), true);
    case 'float32':
      return (row, value) => view.setFloat32(row * 4, Number(value), true);
    case 'float64':
      return (row, value) => view.setFloat64(row * 8, Number(value), true);
    case 'int128':
      return (row, value) => {
        const units = BigInt(String(value));
        view.setBigUint64(row * 16, BigInt.asUintN(64, units), true);
        view.setBigInt64(row * 16 + 8, units >> 64n, true);
      };
    default:
      throw new Error(`a host function returns no ${layout}`);
  }
}
