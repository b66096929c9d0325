import { expect, test } from 'vitest';
import { formatMessage } from './pg-error.ts';

test('all that PostgreSQL says, in its order', () => {
  const message = {
    severity: 'ERROR',
    code: '42703',
    message: 'column "x" does not exist',
    detail: 'd',
    hint: 'h',
    where: 'w',
    position: '8',
  };
  expect(formatMessage(message, 'SELECT x FROM t')).toBe(
    [
      'ERROR:  42703: column "x" does not exist',
      'LINE 1: SELECT x FROM t',
      '               ^',
      'DETAIL:  d',
      'HINT:  h',
      'CONTEXT:  w',
    ].join('\n'),
  );
});

test('the line of the position, counted in characters', () => {
  expect(formatMessage({ message: 'm', position: '17' }, "SELECT '🎉'\nFROM x\nWHERE")).toBe(
    'ERROR:  m\nLINE 2: FROM x\n             ^',
  );
});

test('what was put in front does not count', () => {
  expect(formatMessage({ message: 'm', position: '12' }, 'SELECT', 10)).toBe(
    'ERROR:  m\nLINE 1: SELECT\n         ^',
  );
});

test('the end of the statement', () => {
  expect(formatMessage({ message: 'm', position: '7' }, 'SELECT')).toBe(
    'ERROR:  m\nLINE 1: SELECT\n              ^',
  );
});

test('of a long line only what is near', () => {
  const sql = `SELECT ${'a, '.repeat(100)}wrong${', b'.repeat(100)}`;
  const [, line, mark] = formatMessage({ message: 'm', position: '308' }, sql).split('\n');
  expect(line).toMatch(/^LINE 1: \.\.\..*wrong.*\.\.\.$/);
  expect(line?.slice(mark?.indexOf('^')).startsWith('wrong')).toBe(true);
  expect(line?.length).toBeLessThan(80);
});

test('a position that the statement does not have', () => {
  expect(formatMessage({ message: 'm', position: '99' }, 'SELECT')).toBe('ERROR:  m');
});
