import { stringify } from 'csv-stringify/sync';
import type { Column, Row } from './answer.ts';

/** NULL is an empty field, an empty text is `""`. The first line names the columns. */
export async function* csvLines(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
): AsyncGenerator<string> {
  yield stringify([columns.map(({ name }) => name)]);
  for await (const row of rows) {
    yield stringify([[...row]], {
      cast: { string: (value) => (value === '' ? { value, quoted_empty: true } : value) },
    });
  }
}
