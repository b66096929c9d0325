import type { ScalarEntry } from '../entries.ts';
import { floatEntries } from './floats.ts';
import { numericEntries } from './numerics.ts';

const INTEGERS = ['int2', 'int4', 'int8'] as const;
type Integer = (typeof INTEGERS)[number];

const BITS: Readonly<Record<Integer, number>> = { int2: 16, int4: 32, int8: 64 };

const CARRIER: Readonly<Record<Integer, string>> = { int2: 'SMALLINT', int4: 'INTEGER', int8: 'BIGINT' };

const PAIRS = INTEGERS.flatMap((left) => INTEGERS.map((right) => [left, right] as const));

/** DuckDB checks overflow itself, in the wider of the two types, which is also PostgreSQL's. */
const arithmetic = PAIRS.flatMap(([left, right]): readonly ScalarEntry[] => [
  { signature: `${left} + ${right}`, print: ([l, r]) => `(${l} + ${r})` },
  { signature: `${left} - ${right}`, print: ([l, r]) => `(${l} - ${r})` },
  { signature: `${left} * ${right}`, print: ([l, r]) => `(${l} * ${r})` },
  { signature: `${left} / ${right}`, print: ([l, r]) => `skein_int_div(${l}, ${r})` },
]);

const ofOneType = INTEGERS.flatMap((type): readonly ScalarEntry[] => [
  { signature: `${type} % ${type}`, print: ([l, r]) => `skein_int_mod(${l}, ${r})` },
  { signature: `mod(${type},${type})`, print: ([l, r]) => `skein_int_mod(${l}, ${r})` },
  // DuckDB's own negation doesn't say in its error which type overflows.
  { signature: `- ${type}`, print: ([x]) => `(0::${CARRIER[type]} - ${x})` },
  { signature: `+ ${type}`, print: ([x]) => `${x}` },
  { signature: `@ ${type}`, print: ([x]) => `abs(${x})` },
  { signature: `abs(${type})`, print: ([x]) => `abs(${x})` },
  { signature: `${type} & ${type}`, print: ([l, r]) => `(${l} & ${r})` },
  { signature: `${type} | ${type}`, print: ([l, r]) => `(${l} | ${r})` },
  { signature: `${type} # ${type}`, print: ([l, r]) => `xor(${l}, ${r})` },
  { signature: `~ ${type}`, print: ([x]) => `(~ ${x})` },
  {
    signature: `${type} << int4`,
    print: ([l, r]) => `skein_${type}_shl(${l}, ${r})`,
  },
  {
    signature: `${type} >> int4`,
    print: ([l, r]) =>
      type === 'int2' ? `(${l}::INTEGER >> (${r} & 31))::SMALLINT` : `(${l} >> (${r} & ${BITS[type] - 1}))`,
  },
]);

const divisors = (['int4', 'int8'] as const).flatMap((type): readonly ScalarEntry[] => [
  {
    signature: `gcd(${type},${type})`,
    print: ([l, r]) => `gcd(${l}::HUGEINT, ${r}::HUGEINT)::${CARRIER[type]}`,
  },
  {
    signature: `lcm(${type},${type})`,
    print: ([l, r]) => `lcm(${l}::HUGEINT, ${r}::HUGEINT)::${CARRIER[type]}`,
  },
]);

export const numberEntries: readonly ScalarEntry[] = [
  ...arithmetic,
  ...ofOneType,
  ...divisors,
  ...floatEntries,
  ...numericEntries,
];
