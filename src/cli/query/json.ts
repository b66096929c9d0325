import { parse } from 'postgres-array';
import { elementOid, OID } from '../../types/sql-type.ts';
import type { Column, Row } from './answer.ts';

/** An array of objects, a line each, with values as PostgreSQL's to_json has them; times are text as the client got them. */
export async function* jsonLines(
  columns: readonly Column[],
  rows: AsyncIterable<Row>,
): AsyncGenerator<string> {
  const keys = columns.map(({ name }) => JSON.stringify(name));
  let before = '[\n';
  for await (const row of rows) {
    const members = columns.map(({ type }, i) => `${keys[i]}:${jsonValue(row[i] ?? null, type.oid)}`);
    yield `${before}{${members.join(',')}}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

/** JSON text of a value, never by way of a JavaScript number, which would lose digits. */
function jsonValue(text: string | null, oid: number): string {
  if (text === null) return 'null';
  const element = elementOid(oid);
  if (element !== undefined) return jsonArray(text, element);
  switch (oid) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
    case OID.float4:
    case OID.float8:
    case OID.numeric:
      // NaN and the infinities are no JSON numbers.
      return /^-?\d/.test(text) ? text : JSON.stringify(text);
    case OID.bool:
      return text === 't' ? 'true' : 'false';
    case OID.json:
    case OID.jsonb:
      return text.replaceAll('\n', ' ');
    default:
      return JSON.stringify(text);
  }
}

function jsonArray(text: string, element: number): string {
  return nested(parse(text), element);
}

type NestedTexts = readonly (string | null | NestedTexts)[];

function nested(values: NestedTexts, element: number): string {
  const items = values.map((value) =>
    value === null || typeof value === 'string' ? jsonValue(value, element) : nested(value, element),
  );
  return `[${items.join(',')}]`;
}
