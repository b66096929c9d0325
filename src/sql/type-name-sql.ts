import { rawConstant, rawFields, rawList, rawString } from './raw-tree.ts';

/** A TypeName node as SQL. */
export function typeNameSql(value: unknown): string {
  const fields = rawFields(rawFields(value)['TypeName']);
  const name = rawList(fields['names'])
    .map((part) => `"${rawString(part).replaceAll('"', '""')}"`)
    .join('.');
  const modifiers = rawList(fields['typmods']).map((modifier) => String(rawConstant(modifier) ?? ''));
  const arguments_ = modifiers.length > 0 ? `(${modifiers.join(',')})` : '';
  return `${name}${arguments_}${'[]'.repeat(rawList(fields['arrayBounds']).length)}`;
}
