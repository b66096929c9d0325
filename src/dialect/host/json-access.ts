import { SkeinError } from '../../base/errors.ts';
import { type Json, parseJson } from './json-parser.ts';

/**
 * What PostgreSQL gets out of json and jsonb by key, index and path: a value's own text, so that one code serves both (a part of
 * jsonb's normal form is in normal form).
 */
type Found = Json | undefined;

const parsed = (text: string): Json => parseJson(text, true);

/** Of members with the same key the last counts. */
function member(json: Json, key: string): Found {
  if (json.kind !== 'object') return undefined;
  return json.members.findLast((candidate) => candidate.key === key)?.value;
}

/** Negative: from the end. */
function item(json: Json, index: number): Found {
  return json.kind === 'array' ? json.items.at(index) : undefined;
}

/** A step of a path: a key of an object, an index of an array. */
function step(json: Json, name: string): Found {
  if (json.kind !== 'array') return member(json, name);
  const index = pathIndex(name);
  return index === undefined ? undefined : item(json, index);
}

/** As strtol reads it. */
export function pathIndex(name: string): number | undefined {
  if (!/^[ \t\n\v\f\r]*[+-]?\d+$/.test(name)) return undefined;
  const index = Number(name);
  return index > 2147483647 || index < -2147483648 ? undefined : index;
}

const textOf = (found: Found, text: string): string | null =>
  found === undefined ? null : text.slice(found.start, found.end);

/** A string's characters, NULL of null. */
function plainText(found: Found, text: string): string | null {
  if (found === undefined || found.kind === 'null') return null;
  return found.kind === 'string' ? found.value : text.slice(found.start, found.end);
}

export const fieldOf = (text: string, key: string): string | null => textOf(member(parsed(text), key), text);

export function fieldTextOf(text: string, key: string): string | null {
  const quick = quickField(text, key);
  return quick ?? plainText(member(parsed(text), key), text);
}

/** JavaScript's own parser, many times faster, where it gives the same: a string, and no escapes that may be no text. */
function quickField(text: string, key: string): string | undefined {
  if (text.includes('\\u')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const found: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
    return typeof found === 'string' ? found : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const itemOf = (text: string, index: number): string | null => textOf(item(parsed(text), index), text);

export const itemTextOf = (text: string, index: number): string | null =>
  plainText(item(parsed(text), index), text);

/** A scalar jsonb by itself is to PostgreSQL an array of one. */
function jsonbItem(text: string, index: number): Found {
  const json = parsed(text);
  if (json.kind === 'array' || json.kind === 'object') return item(json, index);
  return index === 0 || index === -1 ? json : undefined;
}

export const jsonbItemOf = (text: string, index: number): string | null =>
  textOf(jsonbItem(text, index), text);

export const jsonbItemTextOf = (text: string, index: number): string | null =>
  plainText(jsonbItem(text, index), text);

type Path = readonly (string | null)[];

function walk(text: string, path: Path): Found {
  if (path.includes(null)) return undefined;
  let found: Found = parsed(text);
  for (const name of path) {
    found = found === undefined || name === null ? undefined : step(found, name);
  }
  return found;
}

export const atPath = (text: string, path: Path): string | null => textOf(walk(text, path), text);
export const textAtPath = (text: string, path: Path): string | null => plainText(walk(text, path), text);

const misuse = (message: string): SkeinError => new SkeinError('invalidParameterValue', message);

export function arrayLength(text: string): number {
  const json = parseJson(text, false);
  if (json.kind === 'array') return json.items.length;
  throw misuse(`cannot get array length of a ${json.kind === 'object' ? 'non-array' : 'scalar'}`);
}

export function typeOf(text: string): string {
  const { kind } = parseJson(text, false);
  return kind === 'true' || kind === 'false' ? 'boolean' : kind;
}

/** How a function says that its argument is no array (object). */
type Complaint = (json: Json) => string;

const ELEMENTS_OF: Readonly<Record<string, Complaint>> = {
  json_array_elements: complaint('json_array_elements', 'non-array'),
  json_array_elements_text: complaint('json_array_elements_text', 'non-array'),
  jsonb_array_elements: extracting,
  jsonb_array_elements_text: extracting,
};

function complaint(name: string, other: string): Complaint {
  return (json) => `cannot call ${name} on a ${isContainer(json) ? other : 'scalar'}`;
}

function extracting(json: Json): string {
  return `cannot extract elements from ${json.kind === 'object' ? 'an object' : 'a scalar'}`;
}

const isContainer = ({ kind }: Json): boolean => kind === 'array' || kind === 'object';

export function elements(name: string, text: string): readonly (string | null)[] {
  const json = parsed(text);
  if (json.kind !== 'array') throw misuse(ELEMENTS_OF[name]?.(json) ?? 'not an array');
  const of = name.endsWith('_text') ? plainText : textOf;
  return json.items.map((one) => of(one, text));
}

export function keys(name: string, text: string): readonly string[] {
  return members(text, (json) => {
    const what = json.kind === 'array' ? 'an array' : 'a scalar';
    return `cannot call ${name} on ${what}`;
  }).map(({ key }) => key);
}

function members(
  text: string,
  complain: Complaint,
): readonly { readonly key: string; readonly value: Json }[] {
  const json = parsed(text);
  if (json.kind !== 'object') throw misuse(complain(json));
  return json.members;
}

/** json_each's rows: keys, and values beside them. */
export function eachValue(name: string, text: string): readonly (string | null)[] {
  const of = name.endsWith('_text') ? plainText : textOf;
  return members(text, eachComplaint(name)).map(({ value }) => of(value, text));
}

export function eachKey(name: string, text: string): readonly string[] {
  return members(text, eachComplaint(name)).map(({ key }) => key);
}

function eachComplaint(name: string): Complaint {
  if (name.startsWith('jsonb')) return () => `cannot call ${name} on a non-object`;
  return (json) => `cannot deconstruct ${json.kind === 'array' ? 'an array as an object' : 'a scalar'}`;
}

const MANY = /set$/;

/** @throws as the function of that name where the JSON is no object, or no array of objects. */
function recordsOf(name: string, json: Json): readonly Json[] {
  const kind = json.kind === 'array' ? 'an array' : json.kind === 'object' ? 'an object' : 'a scalar';
  if (!MANY.test(name)) {
    if (json.kind !== 'object') throw misuse(`cannot call populate_composite on ${kind}`);
    return [json];
  }
  if (json.kind !== 'array') {
    throw misuse(`cannot call ${name} on ${name.startsWith('jsonb') ? 'a non-array' : kind}`);
  }
  if (json.items.some((item) => item.kind !== 'object'))
    throw misuse(`argument of ${name} must be an array of objects`);
  return json.items;
}

/** The member of each object: its text, or its JSON; null of what is null or isn't there. */
export function recordMembers(
  name: string,
  text: string,
  key: string,
  asJson: boolean,
): readonly (string | null)[] {
  return recordsOf(name, parsed(text)).map((record) => {
    const found = member(record, key);
    return asJson && found?.kind !== 'null' ? textOf(found, text) : plainText(found, text);
  });
}
