/**
 * PostgreSQL's raw parse tree as libpg-query gives it in JSON: a node is an object with one key, its tag. Fields at their
 * default (0, false, '', empty list) are missing.
 */
export interface RawFields {
  readonly [field: string]: unknown;
}

export interface RawNode {
  readonly tag: string;
  readonly fields: RawFields;
}

export function rawNode(value: unknown): RawNode | undefined {
  const [entry, another] = Object.entries(rawFields(value));
  if (entry === undefined || another !== undefined) return undefined;
  return { tag: entry[0], fields: rawFields(entry[1]) };
}

export function rawFields(value: unknown): RawFields {
  return isRecord(value) ? value : {};
}

export function rawList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function rawText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function rawNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The text of a String node. */
export function rawString(value: unknown): string {
  return rawText(rawFields(rawFields(value)['String'])['sval']);
}

/** A literal as text; undefined: not a literal; null: the NULL literal. */
export function rawConstant(value: unknown): string | null | undefined {
  const node = rawNode(value);
  if (node?.tag !== 'A_Const') return undefined;
  const { fields } = node;
  if (fields['isnull'] === true) return null;
  if ('ival' in fields) return String(rawNumber(rawFields(fields['ival'])['ival']));
  if ('fval' in fields) return rawText(rawFields(fields['fval'])['fval']);
  if ('sval' in fields) return rawText(rawFields(fields['sval'])['sval']);
  if ('boolval' in fields) return rawFields(fields['boolval'])['boolval'] === true ? 'true' : 'false';
  return undefined;
}

function isRecord(value: unknown): value is RawFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
