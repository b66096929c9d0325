import { assertNever } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import { printSet } from './character-set.ts';
import type { Regex } from './regex.ts';

/** RE2 refuses to repeat anything more often than this, nested repetitions multiplied. */
const MAX_REPETITION = 1000;

/** The pattern as RE2 reads it. @throws 0A000 where RE2 would refuse it. */
export function printRegex(regex: Regex): string {
  if (repetition(regex) > MAX_REPETITION) throw refuse('a regular expression with so many repetitions');
  return print(regex);
}

function print(regex: Regex): string {
  switch (regex.kind) {
    case 'set':
      return printSet(regex.set);
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'group':
      return `(${regex.captures ? '' : '?:'}${print(regex.body)})`;
    case 'concat':
      return regex.parts.map(print).join('');
    case 'alternatives':
      return regex.branches.map(print).join('|');
    case 'repeat':
      return `${print(regex.body)}${quantifier(regex.least, regex.most)}${regex.greedy ? '' : '?'}`;
    default:
      return assertNever(regex);
  }
}

function quantifier(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return least === 0 ? '*' : least === 1 ? '+' : `{${least},}`;
  return least === 0 && most === 1 ? '?' : `{${least},${most}}`;
}

function repetition(regex: Regex): number {
  switch (regex.kind) {
    case 'group':
      return repetition(regex.body);
    case 'concat':
      return Math.max(1, ...regex.parts.map(repetition));
    case 'alternatives':
      return Math.max(1, ...regex.branches.map(repetition));
    case 'repeat': {
      const times = regex.most === Number.POSITIVE_INFINITY ? Math.max(1, regex.least) : regex.most;
      return Math.max(1, times) * repetition(regex.body);
    }
    default:
      return 1;
  }
}
