import { refuse, SkeinError } from '../../base/errors.ts';

const ESCAPED_IN_REGEX = new Set(['\\', '.', '^', '$']);

/**
 * PostgreSQL's similar_escape: a SIMILAR TO pattern as a regular expression.
 * @throws 22025 for an escape of more than one character; 0A000 for `escape-double-quote` separators and nested brackets.
 */
export function similarToRegex(pattern: string, escapeWith: string): string {
  if ([...escapeWith].length > 1) {
    throw new SkeinError('invalidEscape', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    });
  }
  let result = '';
  let escaped = false;
  let inBracket = false;
  for (const character of pattern) {
    if (escaped) {
      if (character === '"' || inBracket) throw refuse(`the pattern "${pattern}"`);
      result += `\\${character}`;
      escaped = false;
    } else if (character === escapeWith) {
      escaped = true;
    } else if (inBracket) {
      if (character === '[' || character === '\\') throw refuse(`the pattern "${pattern}"`);
      result += character;
      inBracket = character !== ']';
    } else {
      inBracket = character === '[';
      result += outside(character);
    }
  }
  if (escaped || inBracket || /\[\^?\]/.test(result)) throw refuse(`the pattern "${pattern}"`);
  return `^(?:${result})$`;
}

function outside(character: string): string {
  if (character === '%') return '.*';
  if (character === '_') return '.';
  if (character === '(') return '(?:';
  return ESCAPED_IN_REGEX.has(character) ? `\\${character}` : character;
}
