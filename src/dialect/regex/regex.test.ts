import { describe, expect, test } from 'vitest';
import { isNullable, matchesOneWay } from './deterministic.ts';
import { capturingGroups } from './groups.ts';
import { parseRegex } from './parse.ts';
import { printRegex } from './print.ts';

const printed = (pattern: string, ignoreCase = false): string => printRegex(parseRegex(pattern, ignoreCase));

describe('patterns in RE2', () => {
  test.each([
    ['abc', 'abc'],
    ['a.c', 'a(?s:.)c'],
    ['a\\.c', 'a\\x{2e}c'],
    ['^\\d{2,3}$', '^[0-9]{2,3}$'],
    ['(a|b)+?', '(a|b)+?'],
    ['[^a-c]', '[^a-c]'],
    ['[]a]', '[\\x{5d}a]'],
    ['a{,2}', 'a\\x{7b}\\x{2c}2\\x{7d}'],
  ])('%s', (pattern, re2) => {
    expect(printed(pattern)).toBe(re2);
  });

  test('ignoring case lists both', () => {
    expect(printed('k', true)).toBe('[kK]');
    expect(printed('(?i)[a-c]')).toBe('[a-cA-C]');
  });

  test.each([
    ...[
      '*a',
      'a**',
      '(a',
      'a)',
      '[a',
      'a{2',
      'a{3,2}',
      'a{256}',
      '\\y',
      '\\1',
      '(?=a)',
      '[[.a.]]',
      '[b-a]',
      '[a-\\d]',
    ],
    ...['***=a', 'a$b', '$$', '()', '(?:)', '^*'],
  ])('%s is refused', (pattern) => {
    expect(() => printed(pattern)).toThrow('is not supported');
  });
});

describe('one way to match', () => {
  test.each(['[0-9]+', '^([^@]+)@(.+)$', '(ab)*c', 'a(b|c)d?', '\\w+\\s', 'a{2,4}b'])('%s', (pattern) => {
    expect(matchesOneWay(parseRegex(pattern, false))).toBe(true);
  });

  test.each(['foo|foobar', '.*@', 'a?ab', '(a*)*', 'a+?', '(|a)b', 'a{1,3}a'])('not %s', (pattern) => {
    expect(matchesOneWay(parseRegex(pattern, false))).toBe(false);
  });

  test('emptiness and groups', () => {
    expect(isNullable(parseRegex('a*', false))).toBe(true);
    expect(isNullable(parseRegex('^a+|b+$', false))).toBe(false);
    expect(isNullable(parseRegex('^a*|b+$', false))).toBe(true);
    expect(isNullable(parseRegex('a*b', false))).toBe(false);
    expect(capturingGroups(parseRegex('(a)(?:b(c))?(d|e)', false))).toEqual([true, false, true]);
  });
});
