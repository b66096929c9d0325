import { SkeinError } from '../../base/errors.ts';
import { compareDecimals, decimal, decimalText, rounded } from './decimal.ts';
import { BOOL, BYTES, type HostFunction, INT4, lenient, strict, TEXT, TEXTS } from './host-function.ts';
import * as access from './json-access.ts';
import { parseJson } from './json-parser.ts';
import { prettyJsonb } from './json-pretty.ts';
import { strippedJson } from './json-strip.ts';
import {
  containsJsonb,
  findMember,
  type Jsonb,
  jsonbString,
  jsonbText,
  parseJsonb,
  quoteJson,
} from './jsonb.ts';
import {
  concatenate,
  withInserted,
  withoutItem,
  withoutKeys,
  withoutNulls,
  withoutPath,
  withPath,
} from './jsonb-changes.ts';
import { jsonbKey } from './jsonb-key.ts';

/** The keys (0) or values (1) of an array of pairs one after the other. */
function pairPart(items: readonly (string | null)[], part: number): readonly (string | null)[] {
  if (items.length % 2 !== 0)
    throw new SkeinError({ sqlstate: '2202E' }, 'array must have even number of elements');
  return items.filter((_, index) => index % 2 === part);
}

const reading: readonly HostFunction[] = [
  strict('json_check', [TEXT], TEXT, (text) => {
    parseJson(text, false);
    return text;
  }),
  strict('jsonb_normal', [TEXT], TEXT, (text) => jsonbText(parseJsonb(text))),
  strict('json_field', [TEXT, TEXT], TEXT, access.fieldOf),
  strict('json_field_text', [TEXT, TEXT], TEXT, access.fieldTextOf),
  strict('json_item', [TEXT, INT4], TEXT, access.itemOf),
  strict('json_item_text', [TEXT, INT4], TEXT, access.itemTextOf),
  strict('jsonb_item', [TEXT, INT4], TEXT, access.jsonbItemOf),
  strict('jsonb_item_text', [TEXT, INT4], TEXT, access.jsonbItemTextOf),
  strict('json_path', [TEXT, TEXTS], TEXT, access.atPath),
  strict('json_path_text', [TEXT, TEXTS], TEXT, access.textAtPath),
  strict('json_strip_nulls', [TEXT, BOOL], TEXT, strippedJson),
  strict('json_pair_part', [TEXTS, INT4], TEXTS, pairPart),
  strict('json_length', [TEXT], INT4, access.arrayLength),
  strict('json_type', [TEXT], TEXT, access.typeOf),
  strict('json_elements', [TEXT, TEXT], TEXTS, access.elements),
  strict('json_record_members', [TEXT, TEXT, TEXT, BOOL], TEXTS, access.recordMembers),
  strict('json_keys', [TEXT, TEXT], TEXTS, access.keys),
  strict('json_each_key', [TEXT, TEXT], TEXTS, access.eachKey),
  strict('json_each_value', [TEXT, TEXT], TEXTS, access.eachValue),
  strict('json_quote', [TEXT], TEXT, quoteJson),
  strict('jsonb_pretty', [TEXT], TEXT, (text) => prettyJsonb(parseJsonb(text))),
];

const change = (name: string, body: (value: Jsonb, other: Jsonb) => Jsonb): HostFunction =>
  strict(name, [TEXT, TEXT], TEXT, (a, b) => jsonbText(body(parseJsonb(a), parseJsonb(b))));

function hasKey(value: Jsonb, key: string): boolean {
  if (value.kind === 'object') return findMember(value, key) !== undefined;
  const items = value.kind === 'array' ? value.items : [value];
  return items.some((item) => item.kind === 'string' && item.value === key);
}

const jsonb: readonly HostFunction[] = [
  strict('jsonb_key', [TEXT], BYTES, (text) => jsonbKey(parseJsonb(text))),
  strict('jsonb_contains', [TEXT, TEXT], BOOL, (a, b) => containsJsonb(parseJsonb(a), parseJsonb(b))),
  strict('jsonb_has', [TEXT, TEXT], BOOL, (text, key) => hasKey(parseJsonb(text), key)),
  strict('jsonb_has_any', [TEXT, TEXTS], BOOL, (text, keys) => {
    const value = parseJsonb(text);
    return keys.some((key) => key !== null && hasKey(value, key));
  }),
  strict('jsonb_has_all', [TEXT, TEXTS], BOOL, (text, keys) => {
    const value = parseJsonb(text);
    return keys.every((key) => key === null || hasKey(value, key));
  }),
  change('jsonb_concat', concatenate),
  strict('jsonb_without_keys', [TEXT, TEXTS], TEXT, (text, keys) =>
    jsonbText(withoutKeys(parseJsonb(text), keys)),
  ),
  strict('jsonb_without_item', [TEXT, INT4], TEXT, (text, at) =>
    jsonbText(withoutItem(parseJsonb(text), at)),
  ),
  strict('jsonb_without_path', [TEXT, TEXTS], TEXT, (text, path) =>
    jsonbText(withoutPath(parseJsonb(text), path)),
  ),
  strict('jsonb_set', [TEXT, TEXTS, TEXT, BOOL], TEXT, (text, path, value, create) =>
    jsonbText(withPath(parseJsonb(text), path, parseJsonb(value), create)),
  ),
  strict('jsonb_insert', [TEXT, TEXTS, TEXT, BOOL], TEXT, (text, path, value, after) =>
    jsonbText(withInserted(parseJsonb(text), path, parseJsonb(value), after)),
  ),
  strict('jsonb_strip_nulls', [TEXT, BOOL], TEXT, (text, inArrays) =>
    jsonbText(withoutNulls(parseJsonb(text), inArrays)),
  ),
];

const nullKey = (): SkeinError =>
  new SkeinError({ sqlstate: '22004' }, 'null value not allowed for object key');

const nullArgument = (position: number): SkeinError =>
  new SkeinError('invalidParameterValue', `argument ${position}: key must not be null`);

/** Of texts of JSON values, where NULL is null. */
const building: readonly HostFunction[] = [
  lenient('json_array', [TEXTS, TEXT], TEXT, (items, separator) =>
    items === null ? null : `[${items.map((item) => item ?? 'null').join(separator ?? ', ')}]`,
  ),
  lenient('json_object', [TEXTS, TEXTS, TEXT], TEXT, (keys, values, form) => {
    if (keys === null || values === null) return null;
    const isRow = form === 'row' || form === 'row_lines';
    const members = keys.map((key, index) => {
      if (key === null) throw form === 'jsonb' ? nullArgument(2 * index + 1) : nullKey();
      return `${quoteJson(key)}${isRow ? ':' : ' : '}${values[index] ?? 'null'}`;
    });
    return `{${members.join(form === 'row' ? ',' : form === 'row_lines' ? ',\n ' : ', ')}}`;
  }),
];

/** json_object_agg and its kin. `form`: `_strict` leaves NULL values out, `_unique` refuses a key that comes twice. */
function aggregated(keys: Texts, values: Texts, target: string, form: string): string {
  const members: { readonly key: string; readonly value: string }[] = [];
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (key === null) throw target === 'jsonb' ? nullName() : nullKey();
    if (form.startsWith('_unique') && seen.has(key)) throw duplicateKey(target === 'jsonb' ? undefined : key);
    seen.add(key);
    const value = values[index] ?? null;
    if (value === null && form.endsWith('_strict')) continue;
    members.push({ key, value: value ?? 'null' });
  }
  const text = members.map(({ key, value }) => `${quoteJson(key)} : ${value}`).join(', ');
  return target === 'jsonb' ? jsonbText(parseJsonb(`{${text}}`)) : `{ ${text} }`;
}

type Texts = readonly (string | null)[];

const nullName = (): SkeinError => new SkeinError('invalidParameterValue', 'field name must not be null');

const duplicateKey = (key: string | undefined): SkeinError =>
  new SkeinError(
    { sqlstate: '22030' },
    `duplicate JSON object key value${key === undefined ? '' : `: ${quoteJson(key)}`}`,
  );

const aggregating: readonly HostFunction[] = [
  strict('json_object_agg', [TEXTS, TEXTS, TEXT, TEXT], TEXT, aggregated),
];

const KIND_IN_WORDS: Readonly<Record<Jsonb['kind'], string>> = {
  null: 'null',
  boolean: 'boolean',
  number: 'numeric',
  string: 'string',
  array: 'array',
  object: 'object',
};

const cannotCast = (value: Jsonb, type: string): SkeinError =>
  new SkeinError('invalidParameterValue', `cannot cast jsonb ${KIND_IN_WORDS[value.kind]} to type ${type}`);

const LIMITS: ReadonlyMap<string, bigint> = new Map([
  ['smallint', 2n ** 15n],
  ['integer', 2n ** 31n],
  ['bigint', 2n ** 63n],
]);

/** A number's text, rounded to an integer where the type is one. */
function numberText(text: string, type: string): string | null {
  const value = parseJsonb(text);
  if (value.kind === 'null') return null;
  if (value.kind !== 'number') throw cannotCast(value, type);
  const limit = LIMITS.get(type);
  if (limit === undefined) return decimalText(value.value);
  const whole = rounded(value.value, 0);
  const [least, most] = [decimal(-limit), decimal(limit - 1n)];
  if (compareDecimals(whole, least) < 0 || compareDecimals(whole, most) > 0) {
    throw new SkeinError('numericOutOfRange', `${type} out of range`);
  }
  return decimalText(whole);
}

const casting: readonly HostFunction[] = [
  strict('jsonb_number', [TEXT, TEXT], TEXT, numberText),
  strict('jsonb_boolean', [TEXT], BOOL, (text) => {
    const value = parseJsonb(text);
    if (value.kind === 'null') return null;
    if (value.kind !== 'boolean') throw cannotCast(value, 'boolean');
    return value.value;
  }),
  strict('jsonb_string', [TEXT], TEXT, (text) => jsonbText(jsonbString(text))),
];

export const jsonFunctions: readonly HostFunction[] = [
  ...reading,
  ...jsonb,
  ...building,
  ...aggregating,
  ...casting,
];
