import { quoteElement } from '../../pgwire/values/decode-parameter.ts';
import { elementOid } from '../../types/sql-type.ts';
import { elementsOf } from '../array-text.ts';

/** One dimension, and no element whose text needs quotes. */
const PLAIN = /^\{(?:[^\s"\\{},]+(?:,[^\s"\\{},]+)*)?\}$/;

/** The canonical text of an array whose elements every setting reads alike. @returns undefined: PostgreSQL must judge it. */
export function simpleArray(
  oid: number,
  text: string,
  simple: (oid: number, text: string) => string | undefined,
): string | undefined {
  const element = elementOid(oid);
  if (element === undefined || !PLAIN.test(text)) return undefined;
  const values: string[] = [];
  for (const given of elementsOf(text)) {
    const value = given === null ? null : simple(element, given);
    if (value === undefined) return undefined;
    values.push(value === null ? 'NULL' : quoteElement(value));
  }
  return arrayText(values);
}

/** The canonical text of an array with each of its elements changed. */
export function mappedElements(text: string, change: (element: string) => string): string {
  return arrayText(
    elementsOf(text).map((element) => (element === null ? 'NULL' : quoteElement(change(element)))),
  );
}

function arrayText(quoted: readonly string[]): string {
  return `{${quoted.join(',')}}`;
}
