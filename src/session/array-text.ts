import { parse } from 'postgres-array';
import { refuse } from '../base/errors.ts';
import type { NestedTexts } from '../planner/from-tree/bind.ts';

/** The elements of an array's canonical text, of any dimensions. */
export function nestedElementsOf(text: string): NestedTexts {
  return text.startsWith('{{') ? parse(text, (element) => element) : elementsOf(text);
}

/** The elements of a one-dimensional array's canonical text: `{1,NULL,"a b"}`. @throws 0A000 for one of several. */
export function elementsOf(text: string): readonly (string | null)[] {
  if (text.startsWith('{{')) throw refuse('an array of more than one dimension');
  const elements: (string | null)[] = [];
  const element = /\s*(?:"((?:[^"\\]|\\[\s\S])*)"|((?:[^",{}\\]|\\[\s\S])+))\s*(,|\}$)/y;
  element.lastIndex = 1;
  for (let match = element.exec(text); match !== null; match = element.exec(text)) {
    const [, quoted, plain = ''] = match;
    if (quoted !== undefined) elements.push(unescaped(quoted));
    else elements.push(plain.trim().toUpperCase() === 'NULL' ? null : unescaped(plain.trim()));
    if (match[3] !== ',') break;
  }
  return elements;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, '$1');
}
