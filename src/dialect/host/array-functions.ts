import { type HostFunction, lenient, strict, TEXT, TEXTS } from './host-function.ts';

/** An element as array_out writes it: quoted where it would be read as something else. */
function elementText(text: string | null): string {
  if (text === null) return 'NULL';
  const plain = text !== '' && !/[{}",\\\s]/.test(text) && text.toLowerCase() !== 'null';
  return plain ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

export const arrayFunctions: readonly HostFunction[] = [
  strict('array_text', [TEXTS], TEXT, (items) => `{${items.map(elementText).join(',')}}`),
  lenient('array_join', [TEXTS, TEXT, TEXT], TEXT, (items, separator, forNull) => {
    if (items === null || separator === null) return null;
    return items.flatMap((item) => item ?? forNull ?? []).join(separator);
  }),
];
