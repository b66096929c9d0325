/**
 * A batch of rows, column by column: the unit that flows from an agent's DuckDB to the client. Buffers hold DuckDB's own
 * vector layout, so that JavaScript copies blocks and never touches single values on the way.
 */
export interface Batch {
  readonly rowCount: number;
  readonly columns: readonly Vector[];
}

/** The physical layouts of DuckDB vectors that a carrier can have. All values are little-endian. */
export type FixedLayout =
  | 'bool' // 1 byte, 0 or 1
  | 'int16'
  | 'int32'
  | 'int64'
  | 'int128' // HUGEINT, and DECIMAL of precision 19..38, unscaled, two's complement, low 8 bytes first
  | 'float32'
  | 'float64'
  | 'date' // int32 days since 1970-01-01; ±2147483647 is ±infinity
  | 'time' // int64 µs since midnight
  | 'timetz' // uint64: time µs << 24 | (57599 - offset seconds)
  | 'timestamp' // int64 µs since 1970-01-01 (timestamp and timestamptz); ±9223372036854775807 is ±infinity
  | 'interval' // int32 months, int32 days, int64 µs
  | 'uuid'; // int128 with the top bit flipped, low 8 bytes first

/**
 * `validity`: bit i of byte i>>3 is set where row i is not NULL; undefined: no NULLs.
 * In `bytes` and `list`, value i is `[offsets[i], offsets[i + 1])`, an empty range where NULL.
 */
export type Vector =
  | {
      readonly kind: 'fixed';
      readonly layout: FixedLayout;
      readonly validity: Uint8Array | undefined;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'bytes';
      readonly validity: Uint8Array | undefined;
      readonly offsets: Uint32Array;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'list';
      readonly validity: Uint8Array | undefined;
      readonly offsets: Uint32Array;
      readonly child: Vector;
    };

/** Bytes a value of the layout takes. */
export const LAYOUT_WIDTH: Readonly<Record<FixedLayout, number>> = {
  bool: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  int128: 16,
  float32: 4,
  float64: 8,
  date: 4,
  time: 8,
  timetz: 8,
  timestamp: 8,
  interval: 16,
  uuid: 16,
};

export function isNull(vector: Vector, row: number): boolean {
  return vector.validity !== undefined && ((vector.validity[row >> 3] ?? 0) & (1 << (row & 7))) === 0;
}
