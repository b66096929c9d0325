import { compareDecimals, type Decimal, decimalText, parseDecimal } from './decimal.ts';
import { type Json, parseJson } from './json-parser.ts';
import { byteLength, compareText } from './text-order.ts';

/** A jsonb value: members are sorted and unique, numbers are numerics. */
export type Jsonb =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: Decimal }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly Jsonb[] }
  | { readonly kind: 'object'; readonly members: readonly JsonbMember[] };

export interface JsonbMember {
  readonly key: string;
  readonly value: Jsonb;
}

export type JsonbArray = Extract<Jsonb, { kind: 'array' }>;
export type JsonbObject = Extract<Jsonb, { kind: 'object' }>;

/** PostgreSQL's order of keys: shorter first, then by bytes. */
function compareKeys(a: string, b: string): number {
  return byteLength(a) - byteLength(b) || compareText(a, b);
}

/** Of the members with the same key the last counts. */
export function jsonbObject(members: Iterable<JsonbMember>): JsonbObject {
  const unique = new Map<string, Jsonb>();
  for (const { key, value } of members) unique.set(key, value);
  const sorted = [...unique].map(([key, value]) => ({ key, value }));
  return { kind: 'object', members: sorted.sort((a, b) => compareKeys(a.key, b.key)) };
}

export const jsonbArray = (items: readonly Jsonb[]): JsonbArray => ({ kind: 'array', items });
export const jsonbString = (value: string): Jsonb => ({ kind: 'string', value });
export const JSONB_NULL: Jsonb = { kind: 'null' };

/** @throws as PostgreSQL's input of jsonb does. */
export function parseJsonb(text: string): Jsonb {
  return fromJson(parseJson(text, true), text);
}

function fromJson(json: Json, text: string): Jsonb {
  switch (json.kind) {
    case 'null':
      return JSONB_NULL;
    case 'true':
    case 'false':
      return { kind: 'boolean', value: json.kind === 'true' };
    case 'number':
      return { kind: 'number', value: parseDecimal(text.slice(json.start, json.end)) };
    case 'string':
      return { kind: 'string', value: json.value };
    case 'array':
      return { kind: 'array', items: json.items.map((item) => fromJson(item, text)) };
    case 'object':
      return jsonbObject(json.members.map(({ key, value }) => ({ key, value: fromJson(value, text) })));
  }
}

/** PostgreSQL's output, of which there is one per value but for the zeros at a number's end. */
export function jsonbText(value: Jsonb): string {
  switch (value.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(value.value);
    case 'number':
      return decimalText(value.value);
    case 'string':
      return quoteJson(value.value);
    case 'array':
      return `[${value.items.map(jsonbText).join(', ')}]`;
    case 'object':
      return `{${value.members.map(({ key, value: of }) => `${quoteJson(key)}: ${jsonbText(of)}`).join(', ')}}`;
  }
}

const SHORT: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** As PostgreSQL's escape_json. */
export function quoteJson(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON escapes
  const escaped = text.replace(/[\u0000-\u001f"\\]/g, (character) => {
    return SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

const isContainer = (value: Jsonb): boolean => value.kind === 'array' || value.kind === 'object';

export function findMember(object: JsonbObject, key: string): Jsonb | undefined {
  return object.members.find((member) => member.key === key)?.value;
}

/** PostgreSQL's `@>`: an array contains a scalar by itself as it contains it as an item. */
export function containsJsonb(whole: Jsonb, part: Jsonb): boolean {
  if (whole.kind === 'array' && !isContainer(part)) return containsItem(whole.items, part);
  return containsNested(whole, part);
}

function containsNested(whole: Jsonb, part: Jsonb): boolean {
  if (whole.kind === 'object' && part.kind === 'object') {
    return part.members.every(({ key, value }) => {
      const found = findMember(whole, key);
      return found !== undefined && containsNested(found, value);
    });
  }
  if (whole.kind === 'array' && part.kind === 'array') {
    return part.items.every((item) => containsItem(whole.items, item));
  }
  return sameScalar(whole, part);
}

function sameScalar(a: Jsonb, b: Jsonb): boolean {
  if (a.kind === 'number' && b.kind === 'number') return compareDecimals(a.value, b.value) === 0;
  if (a.kind === 'string' && b.kind === 'string') return a.value === b.value;
  if (a.kind === 'boolean' && b.kind === 'boolean') return a.value === b.value;
  return a.kind === 'null' && b.kind === 'null';
}

function containsItem(items: readonly Jsonb[], part: Jsonb): boolean {
  return items.some((item) => containsNested(item, part));
}
