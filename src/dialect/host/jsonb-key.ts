import { assertNever } from '../../base/assert.ts';
import { type Decimal, magnitude } from './decimal.ts';
import type { Jsonb } from './jsonb.ts';

/** Bytes whose order is PostgreSQL's btree order of jsonb; equal values have equal ones. */
export function jsonbKey(value: Jsonb): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(place(value))];
  append(value, parts);
  return Buffer.concat(parts);
}

/** A scalar by itself stands before arrays that have items. */
function place(value: Jsonb): number {
  if (value.kind === 'object') return 3;
  if (value.kind !== 'array') return 1;
  return value.items.length === 0 ? 0 : 2;
}

const RANK = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const;

function append(value: Jsonb, parts: Uint8Array[]): void {
  parts.push(Uint8Array.of(RANK[value.kind]));
  switch (value.kind) {
    case 'null':
      return;
    case 'boolean':
      parts.push(Uint8Array.of(Number(value.value)));
      return;
    case 'string':
      parts.push(terminated(value.value));
      return;
    case 'number':
      parts.push(decimalKey(value.value));
      return;
    case 'array':
      parts.push(count(value.items.length));
      for (const item of value.items) append(item, parts);
      return;
    case 'object':
      parts.push(count(value.members.length));
      for (const { key, value: of } of value.members) {
        parts.push(terminated(key));
        append(of, parts);
      }
      return;
    default:
      assertNever(value);
  }
}

/** No text has a NUL, so that a shorter one comes first. */
const terminated = (text: string): Uint8Array => Buffer.from(`${text}\0`);

function count(n: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n);
  return bytes;
}

/** More than any exponent of a numeric, so that what is written is positive. */
const BIAS = 1_000_000;

/** Sign, exponent of 0.ddd × 10^exponent, digits; of negatives the complement. */
function decimalKey({ units, scale }: Decimal): Uint8Array {
  if (units === 0n) return Uint8Array.of(1);
  const digits = String(magnitude(units));
  const key = Buffer.concat([count(digits.length - scale + BIAS), terminated(digits.replace(/0+$/, ''))]);
  return units > 0n
    ? Buffer.concat([Uint8Array.of(2), key])
    : Buffer.concat([Uint8Array.of(0), key.map((byte) => 255 - byte)]);
}
