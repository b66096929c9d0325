/** Reads PostgreSQL's raw parse tree, as libpg-query gives it: JSON in which absent fields are zero values. */
export type RawFields = Readonly<Record<string, unknown>>;

export interface RawNode {
  /** `SelectStmt`, `A_Const`, … */
  readonly tag: string;
  readonly fields: RawFields;
}

function isRecord(value: unknown): value is RawFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown): RawFields {
  return isRecord(value) ? value : {};
}

/** `{"SelectStmt": {…}}`; undefined for anything else. */
export function rawNode(value: unknown): RawNode | undefined {
  if (!isRecord(value)) return undefined;
  const [entry, ...others] = Object.entries(value);
  if (entry === undefined || others.length > 0) return undefined;
  const [tag, fields] = entry;
  return /^[A-Z]/.test(tag) && isRecord(fields) ? { tag, fields } : undefined;
}

export function child(fields: RawFields, name: string): RawNode | undefined {
  return rawNode(fields[name]);
}

export function children(fields: RawFields, name: string): readonly RawNode[] {
  return listOf(fields, name).flatMap((item) => rawNode(item) ?? []);
}

export function listOf(fields: RawFields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : [];
}

export function textOf(fields: RawFields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(fields: RawFields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : 0;
}

export function flagOf(fields: RawFields, name: string): boolean {
  return fields[name] === true;
}

/** The strings of a qualified name: `[{"String": {"sval": "pg_catalog"}}, …]`. */
export function nameParts(fields: RawFields, name: string): readonly string[] {
  return children(fields, name).flatMap((part) => textOf(part.fields, 'sval') ?? []);
}

/** An `A_Const`, or a String, Integer or Float where the grammar puts them bare. */
export type RawConstant =
  | { readonly kind: 'null' }
  | { readonly kind: 'string' | 'integer' | 'float' | 'boolean'; readonly text: string };

export function constantOf(node: RawNode | undefined): RawConstant | undefined {
  if (node === undefined) return undefined;
  const { tag, fields } = node;
  switch (tag) {
    case 'String':
      return { kind: 'string', text: textOf(fields, 'sval') ?? '' };
    case 'Integer':
      return { kind: 'integer', text: String(numberOf(fields, 'ival')) };
    case 'Float':
      return { kind: 'float', text: textOf(fields, 'fval') ?? '0' };
    case 'Boolean':
      return { kind: 'boolean', text: String(flagOf(fields, 'boolval')) };
    case 'A_Const':
      return aConst(fields);
    default:
      return undefined;
  }
}

function aConst(fields: RawFields): RawConstant | undefined {
  if (flagOf(fields, 'isnull')) return { kind: 'null' };
  if (isRecord(fields['sval'])) return { kind: 'string', text: textOf(fields['sval'], 'sval') ?? '' };
  if (isRecord(fields['ival'])) return { kind: 'integer', text: String(numberOf(fields['ival'], 'ival')) };
  if (isRecord(fields['fval'])) return { kind: 'float', text: textOf(fields['fval'], 'fval') ?? '0' };
  if (isRecord(fields['boolval'])) {
    return { kind: 'boolean', text: String(flagOf(fields['boolval'], 'boolval')) };
  }
  return undefined;
}

/** Visits every node below a value, parents first. */
export function walkRaw(value: unknown, visit: (node: RawNode) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walkRaw(item, visit);
    return;
  }
  if (!isRecord(value)) return;
  const node = rawNode(value);
  if (node !== undefined) visit(node);
  for (const item of Object.values(node?.fields ?? value)) walkRaw(item, visit);
}
