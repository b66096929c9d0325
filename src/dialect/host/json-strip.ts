import { type Json, parseJson } from './json-parser.ts';
import { quoteJson } from './jsonb.ts';

/** json without members that are null, at every depth; blanks go, and strings are written anew. */
export function strippedJson(text: string, inArrays: boolean): string {
  return stripped(parseJson(text, true), text, inArrays);
}

function stripped(json: Json, text: string, inArrays: boolean): string {
  switch (json.kind) {
    case 'array': {
      const items = inArrays ? json.items.filter(({ kind }) => kind !== 'null') : json.items;
      return `[${items.map((item) => stripped(item, text, inArrays)).join(',')}]`;
    }
    case 'object': {
      const members = json.members.filter(({ value }) => value.kind !== 'null');
      return `{${members.map(({ key, value }) => `${quoteJson(key)}:${stripped(value, text, inArrays)}`).join(',')}}`;
    }
    case 'string':
      return quoteJson(json.value);
    default:
      return text.slice(json.start, json.end);
  }
}
