import { SkeinError } from '../base/errors.ts';

function checkEscape(escapeWith: string): void {
  if ([...escapeWith].length <= 1) return;
  throw new SkeinError('invalidEscape', 'invalid escape string', {
    hint: 'Escape string must be empty or one character.',
  });
}

/** PostgreSQL's do_like_escape: the pattern with backslash as its escape. @throws 22025 */
export function likeEscape(pattern: string, escapeWith: string): string {
  if (escapeWith === '') return pattern.replaceAll('\\', '\\\\');
  checkEscape(escapeWith);
  if (escapeWith === '\\') return pattern;
  let escaped = false;
  let result = '';
  for (const character of pattern) {
    if (character === escapeWith && !escaped) {
      result += '\\';
      escaped = true;
    } else {
      result += character === '\\' && !escaped ? '\\\\' : character;
      escaped = false;
    }
  }
  return result;
}

const ESCAPED_IN_REGEX = new Set(['\\', '.', '^', '$']);

/** What an escaped double quote begins: the part that is wanted, the part after it. */
const SEPARATORS = ['){1,1}?(', '){1,1}(?:'];

/**
 * PostgreSQL's similar_escape: a SIMILAR TO pattern as a regular expression.
 * @throws 22025 for an escape of more than one character; 2200C for a third separator.
 */
export function similarEscape(pattern: string, escapeWith: string): string {
  checkEscape(escapeWith);
  let result = '';
  let separators = 0;
  let escaped = false;
  let brackets: Brackets = OUTSIDE;
  for (const character of pattern) {
    if (escaped) {
      escaped = false;
      if (character === '"' && brackets.depth === 0) result += separator(separators++);
      else {
        result += `\\${character}`;
        brackets = { ...brackets, begun: true };
      }
    } else if (character === escapeWith) escaped = true;
    else {
      result += brackets.depth === 0 ? outside(character) : inside(character);
      brackets = after(brackets, character);
    }
  }
  return `^(?:${result})$`;
}

function separator(before: number): string {
  const text = SEPARATORS[before];
  if (text !== undefined) return text;
  throw new SkeinError(
    { sqlstate: '2200C' },
    'SQL regular expression may not contain more than two escape-double-quote separators',
  );
}

/** How deep in brackets, and whether a closing one would close them. */
interface Brackets {
  readonly depth: number;
  readonly begun: boolean;
  readonly complemented: boolean;
}

const OUTSIDE: Brackets = { depth: 0, begun: true, complemented: false };

function after(brackets: Brackets, character: string): Brackets {
  const { depth, begun, complemented } = brackets;
  if (depth === 0) return character === '[' ? { depth: 1, begun: false, complemented: false } : brackets;
  if (character === ']' && begun) return { ...brackets, depth: depth - 1 };
  if (character === '[') return { depth: depth + 1, begun: true, complemented };
  if (character === '^' && !begun && !complemented) return { ...brackets, complemented: true };
  return { ...brackets, begun: true };
}

const inside = (character: string): string => (character === '\\' ? '\\\\' : character);

function outside(character: string): string {
  if (character === '%') return '.*';
  if (character === '_') return '.';
  if (character === '(') return '(?:';
  return ESCAPED_IN_REGEX.has(character) ? `\\${character}` : character;
}
