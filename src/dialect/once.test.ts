import { expect, test } from 'vitest';
import { once } from './once.ts';

const twice = (sql: string): string => once([sql], ([x]) => `f(${x}, ${x})`);

test('columns and literals are repeated', () => {
  expect(twice('c1')).toBe('f(c1, c1)');
  expect(twice(`'a b'::VARCHAR`)).toBe(`f('a b'::VARCHAR, 'a b'::VARCHAR)`);
  expect(twice('(-1)::INTEGER')).toBe('f((-1)::INTEGER, (-1)::INTEGER)');
});

test('anything else is evaluated once', () => {
  expect(twice('g(c1)')).toBe('list_transform([g(c1)], lambda v1: f(v1, v1))[1]');
});

test('several arguments share one lambda', () => {
  expect(once(['g(c1)', 'c2'], ([a, b]) => `f(${a}, ${a}, ${b})`)).toBe(
    'list_transform([struct_pack(a0 := g(c1), a1 := c2)], lambda v1: f(v1.a0, v1.a0, v1.a1))[1]',
  );
});

test('an inner lambda takes another name', () => {
  expect(twice(twice('g(c1)'))).toContain('lambda v2: f(v2, v2)');
});
