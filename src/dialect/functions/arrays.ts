import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { carrierOf } from '../../types/carrier.ts';
import { elementType, OID, type SqlType } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import { requireComparableElements, sortedList } from '../lists.ts';
import { once } from '../once.ts';
import { textOf } from './output.ts';

type Print = ScalarEntry['print'];

/** Of numerics no common precision and scale is known here. */
function requireNoNumerics(exprs: readonly Expr[]): void {
  const numeric = exprs.map(exprType).some((type) => (elementType(type) ?? type).oid === OID.numeric);
  if (numeric) throw refuse('this function of arrays of numerics');
}

const entry = (signature: string, print: Print): ScalarEntry => ({
  signature,
  admit: requireNoNumerics,
  print,
});

/** For what compares elements as DuckDB does. */
const comparing = (signature: string, print: Print, ordered: readonly number[] = []): ScalarEntry => ({
  signature,
  admit: (exprs) => {
    requireNoNumerics(exprs);
    requireComparableElements(exprs.map(exprType), ordered);
  },
  print,
});

/** An array literal without elements names no type. */
const typed = (sql: string | undefined, type: SqlType | undefined): string =>
  type === undefined ? `${sql}` : `CAST(${sql} AS ${carrierOf(type).duckdb})`;

const length = (array: string | undefined): string => `CAST(len(${array}) AS INTEGER)`;

const extents: readonly ScalarEntry[] = [
  entry('cardinality(anyarray)', ([x]) => length(x)),
  ...['array_length', 'array_upper'].map((name) =>
    entry(`${name}(anyarray,int4)`, ([x, n]) => `CASE WHEN ${n} = 1 AND len(${x}) > 0 THEN ${length(x)} END`),
  ),
  entry('array_lower(anyarray,int4)', ([x, n]) => `CASE WHEN ${n} = 1 AND len(${x}) > 0 THEN 1 END`),
  entry('array_ndims(anyarray)', ([x]) => `CASE WHEN len(${x}) > 0 THEN 1 END`),
  entry(
    'array_dims(anyarray)',
    ([x]) => `CASE WHEN len(${x}) > 0 THEN CAST('[1:' || len(${x}) || ']' AS VARCHAR) END`,
  ),
];

const MOST_ELEMENTS = 134_217_727;

const filled = entry(
  'array_fill(anyelement,_int4)',
  ([x, sizes], _types, result) =>
    `CASE WHEN ${sizes} IS NULL THEN error('SKEIN:22004:dimension array or low bound array cannot be null')
      WHEN len(${sizes}) > 1 THEN error('SKEIN:0A000:array_fill of several dimensions is not supported')
      WHEN list_count(${sizes}) < len(${sizes}) THEN error('SKEIN:22004:dimension values cannot be null')
      WHEN len(${sizes}) = 0 THEN ${typed('[]', result)}
      WHEN list_extract(${sizes}, 1) NOT BETWEEN 0 AND ${MOST_ELEMENTS}
      THEN error('SKEIN:54000:array size exceeds the maximum allowed (${MOST_ELEMENTS})')
      ELSE ${typed(`list_transform(range(list_extract(${sizes}, 1)), lambda i: ${x})`, result)} END`,
);

/** NULL is an array without elements where it is joined with one, and NULL beside NULL. */
const concatenated: Print = ([a, b], _types, result) =>
  `CASE WHEN ${a} IS NULL THEN ${typed(b, result)} WHEN ${b} IS NULL THEN ${a} ELSE list_concat(${a}, ${b}) END`;

const appended: Print = ([array, x], _types, result) =>
  `list_concat(coalesce(${array}, ${typed('[]', result)}), ${typed(`[${x}]`, result)})`;

const prepended: Print = ([x, array], _types, result) =>
  `list_concat(${typed(`[${x}]`, result)}, coalesce(${array}, ${typed('[]', result)}))`;

const joins: readonly ScalarEntry[] = [
  entry('anycompatiblearray || anycompatiblearray', concatenated),
  entry('array_cat(anycompatiblearray,anycompatiblearray)', concatenated),
  entry('anycompatiblearray || anycompatible', appended),
  entry('array_append(anycompatiblearray,anycompatible)', appended),
  entry('anycompatible || anycompatiblearray', prepended),
  entry('array_prepend(anycompatible,anycompatiblearray)', prepended),
];

const positions = (array: string | undefined, x: string | undefined): string =>
  `list_filter(CAST(range(1, len(${array}) + 1) AS INTEGER[]), lambda i: list_extract(${array}, i) IS NOT DISTINCT FROM ${x})`;

/** Of a list that is NULL as a constant DuckDB gives a NULL without a type. */
const first = (list: string): string => `CAST(list_extract(${list}, 1) AS INTEGER)`;

/** What an element is compared with is computed once, and before: no subquery may stand in a lambda. */
const searching = (signature: string, body: (args: readonly string[]) => string): ScalarEntry =>
  comparing(signature, (args) => once(args, body));

const searches: readonly ScalarEntry[] = [
  searching('array_position(anycompatiblearray,anycompatible)', ([array, x]) => first(positions(array, x))),
  searching(
    'array_position(anycompatiblearray,anycompatible,int4)',
    ([array, x, from]) =>
      `CASE WHEN ${array} IS NULL OR len(${array}) = 0 OR (${x} IS NULL AND NOT list_contains(
          list_transform(${array}, lambda e: e IS NULL), true)) THEN NULL
        WHEN ${from} IS NULL THEN error('SKEIN:22004:initial position must not be null')
        ELSE ${first(`list_filter(${positions(array, x)}, lambda p: p >= ${from})`)} END`,
  ),
  searching('array_positions(anycompatiblearray,anycompatible)', ([array, x]) => positions(array, x)),
  searching(
    'array_remove(anycompatiblearray,anycompatible)',
    ([array, x]) => `list_filter(${array}, lambda e: e IS DISTINCT FROM ${x})`,
  ),
  searching(
    'array_replace(anycompatiblearray,anycompatible,anycompatible)',
    ([array, from, to]) =>
      `list_transform(${array}, lambda e: CASE WHEN e IS NOT DISTINCT FROM ${from} THEN ${to} ELSE e END)`,
  ),
];

/** For each element of b whether a has it; NULL is in no array. */
const found = (a: string | undefined, b: string | undefined): string =>
  `list_transform(${b}, lambda e: coalesce(list_contains(${a}, e), false))`;

const unlessNull = (a: string | undefined, b: string | undefined, sql: string): string =>
  `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN ${sql} END`;

const contains = (a: string | undefined, b: string | undefined): string =>
  unlessNull(a, b, `NOT list_contains(${found(a, b)}, false)`);

const overlaps = (a: string | undefined, b: string | undefined): string =>
  unlessNull(a, b, `list_contains(${found(a, b)}, true)`);

const sets: readonly ScalarEntry[] = [
  comparing('anyarray @> anyarray', ([a, b]) => contains(a, b)),
  comparing('anyarray <@ anyarray', ([a, b]) => contains(b, a)),
  comparing('anyarray && anyarray', ([a, b]) => overlaps(a, b)),
  comparing('arraycontains(anyarray,anyarray)', ([a, b]) => contains(a, b)),
  comparing('arraycontained(anyarray,anyarray)', ([a, b]) => contains(b, a)),
  comparing('arrayoverlap(anyarray,anyarray)', ([a, b]) => overlaps(a, b)),
];

const orders: readonly ScalarEntry[] = [
  comparing(
    'array_sort(anyarray)',
    ([x], _types, result) => typed(sortedList(`${x}`, elementType(result), `'ASC'`, `'NULLS LAST'`), result),
    [OID.timetz],
  ),
  ...['array_sort(anyarray,bool)', 'array_sort(anyarray,bool,bool)'].map((signature) =>
    comparing(
      signature,
      ([x, descending, nullsFirst], _types, result) => {
        const sorted = (order: string, nulls: string): string =>
          typed(sortedList(`${x}`, elementType(result), `'${order}'`, `'NULLS ${nulls}'`), result);
        const first = nullsFirst ?? descending;
        return `CASE WHEN ${descending} IS NULL OR ${first} IS NULL THEN NULL
        WHEN ${descending} AND ${first} THEN ${sorted('DESC', 'FIRST')} WHEN ${descending} THEN ${sorted('DESC', 'LAST')}
        WHEN ${first} THEN ${sorted('ASC', 'FIRST')} ELSE ${sorted('ASC', 'LAST')} END`;
      },
      [OID.timetz],
    ),
  ),
  entry('array_reverse(anyarray)', ([x]) => `list_reverse(${x})`),
  entry(
    'trim_array(anyarray,int4)',
    ([x, n]) =>
      `CASE WHEN ${n} < 0 OR ${n} > len(${x})
        THEN error('SKEIN:2202E:number of elements to trim must be between 0 and ' || len(${x}))
        WHEN ${n} IS NOT NULL THEN list_slice(${x}, 1, len(${x}) - ${n}) END`,
  ),
];

/** The elements' texts, as their type's output has them. */
export function elementTexts(array: string | undefined, type: SqlType | undefined): string {
  const element = type === undefined ? undefined : elementType(type);
  if (element === undefined) throw refuse('the text of an array of this type');
  return element.oid === OID.text
    ? `${array}`
    : `list_transform(${array}, lambda e: ${textOf('e', element, 'output')})`;
}

const texts: readonly ScalarEntry[] = [
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'text',
  'date',
  'timestamp',
  'uuid',
].flatMap((type) =>
  ['text', 'varchar', 'bpchar'].map((target) =>
    entry(`cast _${type} -> ${target}`, ([x], [of]) => `host_array_text(${elementTexts(x, of)})`),
  ),
);

export const arrayEntries: readonly ScalarEntry[] = [
  ...extents,
  filled,
  ...joins,
  ...searches,
  ...sets,
  ...orders,
  ...texts,
];
