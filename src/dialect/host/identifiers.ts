import { SkeinError } from '../../base/errors.ts';

const invalid = (text: string, detail?: string): SkeinError =>
  new SkeinError(
    'invalidParameterValue',
    `string is not a valid identifier: "${text}"`,
    detail === undefined ? {} : { detail },
  );

const START = /^[A-Za-z_\u0080-\u{10ffff}]/u;
const NAME = /^[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_$\u0080-\u{10ffff}]*/u;

/** PostgreSQL's parse_ident: the parts of a qualified name. */
export function parseIdentifier(text: string, strictly: boolean): readonly string[] {
  const parts: string[] = [];
  let rest = text.replace(/^\s+/, '');
  let afterDot = false;
  for (;;) {
    const [part, length] = nextPart(rest, text, afterDot);
    parts.push(part);
    rest = rest.slice(length).replace(/^\s+/, '');
    if (!rest.startsWith('.')) break;
    afterDot = true;
    rest = rest.slice(1).replace(/^\s+/, '');
  }
  if (rest !== '' && strictly) throw invalid(text);
  return parts;
}

function nextPart(rest: string, whole: string, afterDot: boolean): readonly [string, number] {
  if (rest.startsWith('"')) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    if (quoted === null) throw invalid(whole, 'String has unclosed double quotes.');
    if (quoted[1] === '') throw invalid(whole, 'Quoted identifier must not be empty.');
    return [(quoted[1] ?? '').replaceAll('""', '"'), quoted[0].length];
  }
  const name = START.test(rest) ? (NAME.exec(rest)?.[0] ?? '') : '';
  if (name !== '') return [name.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), name.length];
  if (rest.startsWith('.')) throw invalid(whole, 'No valid identifier before ".".');
  if (afterDot) throw invalid(whole, 'No valid identifier after ".".');
  throw invalid(whole);
}
