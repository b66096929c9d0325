import { SkeinError } from '../../base/errors.ts';

const invalid = (what: string): SkeinError => new SkeinError('syntaxError', what);

const ESCAPE = /^\\(?:\\|([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/;

/** PostgreSQL's unistr. */
export function unescapeUnicode(text: string): string {
  let out = '';
  let high: number | undefined;
  let rest = text;
  while (rest !== '') {
    const at = rest.startsWith('\\') ? 0 : rest.indexOf('\\');
    const plain = at < 0 ? rest : rest.slice(0, at);
    if (plain !== '') {
      if (high !== undefined) throw invalid('invalid Unicode surrogate pair');
      out += plain;
      rest = rest.slice(plain.length);
      continue;
    }
    const match = ESCAPE.exec(rest);
    if (match === null) throw wrongEscape();
    rest = rest.slice(match[0].length);
    const digits = match.slice(1).find((group) => group !== undefined);
    if (digits === undefined) {
      if (high !== undefined) throw invalid('invalid Unicode surrogate pair');
      out += '\\';
      continue;
    }
    [out, high] = withCode(out, high, Number.parseInt(digits, 16));
  }
  if (high !== undefined) throw invalid('invalid Unicode surrogate pair');
  return out;
}

function wrongEscape(): SkeinError {
  return new SkeinError('syntaxError', 'invalid Unicode escape', {
    hint: 'Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.',
  });
}

function withCode(out: string, high: number | undefined, code: number): [string, number | undefined] {
  const isHigh = code >= 0xd800 && code <= 0xdbff;
  const isLow = code >= 0xdc00 && code <= 0xdfff;
  if (code === 0 || code > 0x10ffff) {
    throw new SkeinError('invalidParameterValue', `invalid Unicode code point: ${hexCode(code)}`);
  }
  if (high !== undefined) {
    if (!isLow) throw invalid('invalid Unicode surrogate pair');
    return [out + String.fromCharCode(high, code), undefined];
  }
  if (isLow) throw invalid('invalid Unicode surrogate pair');
  return isHigh ? [out, code] : [out + String.fromCodePoint(code), undefined];
}

const hexCode = (code: number): string => code.toString(16).toUpperCase().padStart(4, '0');
