import { OID, type SqlType, sqlType } from '../types/sql-type.ts';
import type { Label } from './snapshot.ts';

interface LabelKind {
  readonly type: SqlType;
  readonly valid: (text: string) => boolean;
}

const integer = (bits: number) => (text: string) =>
  /^-?[0-9]{1,19}$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text);

/** Types that the proxy's config may declare for a label. Values stay the text that the agent's config gives. */
const KINDS: ReadonlyMap<string, LabelKind> = new Map([
  ['text', { type: sqlType(OID.text), valid: () => true }],
  ['smallint', { type: sqlType(OID.int2), valid: integer(16) }],
  ['integer', { type: sqlType(OID.int4), valid: integer(32) }],
  ['bigint', { type: sqlType(OID.int8), valid: integer(64) }],
  ['boolean', { type: sqlType(OID.bool), valid: (text) => text === 'true' || text === 'false' }],
  ['date', { type: sqlType(OID.date), valid: isDate }],
]);

/** Why the text is no value of the label; undefined: it is one. */
export function labelValueProblem(label: Label, text: string): string | undefined {
  for (const [name, { type, valid }] of KINDS) {
    if (type.oid === label.type.oid) return valid(text) ? undefined : `"${text}" is not a valid ${name}`;
  }
  return `a label can't have the type with OID ${label.type.oid}`;
}

function isDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Every label: the declared ones in the config's order, then those that only agents have, as text, in order of appearance. */
export function labelsOf(
  declared: ReadonlyMap<string, SqlType>,
  used: Iterable<Readonly<Record<string, string>>>,
): Label[] {
  const labels = new Map(declared);
  for (const values of used) {
    for (const name of Object.keys(values)) if (!labels.has(name)) labels.set(name, sqlType(OID.text));
  }
  return [...labels].map(([name, type]) => ({ name, type }));
}
