import { type DecimalShape, MAX_DECIMAL_PRECISION, OID } from '../../types/sql-type.ts';
import type { Column, Row } from './answer.ts';

interface Width {
  whole: number;
  scale: number;
  hasNaN: boolean;
}

/** How many digits the values of numeric columns have: PostgreSQL's `sum` and quotients name no precision, and files want one. */
export class DecimalWidths {
  readonly #widths: ReadonlyMap<number, Width>;

  constructor(columns: readonly Column[]) {
    this.#widths = new Map(
      columns.flatMap(({ type }, i) =>
        type.oid === OID.numeric ? [[i, { whole: 1, scale: 0, hasNaN: false }]] : [],
      ),
    );
  }

  async *observe(rows: AsyncIterable<Row>): AsyncGenerator<Row> {
    for await (const row of rows) {
      for (const [i, width] of this.#widths) note(width, row[i] ?? null);
      yield row;
    }
  }

  /** NaN and the infinities, which a decimal of a file can't be. */
  hasNaN(column: number): boolean {
    return this.#widths.get(column)?.hasNaN ?? false;
  }

  /** The narrowest shape that holds all that was seen; undefined: there is none. */
  shapeOf(column: number): DecimalShape | undefined {
    const width = this.#widths.get(column);
    if (width === undefined || width.whole + width.scale > MAX_DECIMAL_PRECISION) return undefined;
    return { precision: Math.max(18, width.whole + width.scale), scale: width.scale };
  }
}

function note(width: Width, text: string | null): void {
  if (text === null) return;
  const digits = /^-?(\d+)(?:\.(\d+))?$/.exec(text);
  if (digits === null) {
    width.hasNaN = true;
    return;
  }
  width.whole = Math.max(width.whole, digits[1]?.length ?? 0);
  width.scale = Math.max(width.scale, digits[2]?.length ?? 0);
}
