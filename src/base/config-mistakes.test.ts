import { expect, test } from 'vitest';
import { z } from 'zod';
import { configMistakes } from './config-mistakes.ts';

const schema = z.strictObject({
  port: z.number().int().min(1).max(10),
  name: z.string().min(1),
  kind: z.enum(['a', 'b', 'c']).default('a'),
  labels: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  tables: z
    .array(z.strictObject({ path: z.string(), header: z.boolean().optional() }))
    .min(1)
    .default([]),
  size: z
    .string()
    .regex(/^\d+MB$/, 'expected a size such as 5MB')
    .optional(),
});

const right = { port: 1, name: 'n' };

function mistakes(input: unknown): readonly string[] {
  const result = configMistakes(schema, input);
  return 'mistakes' in result ? result.mistakes : [];
}

test.each([
  [{ ...right, port: '5' }, 'port: expected a number, not "5"'],
  [{ ...right, port: 1.5 }, 'port: expected a whole number, not 1.5'],
  [{ ...right, port: 11 }, 'port: expected at most 10, not 11'],
  [{ name: 'n' }, 'port: missing; expected a number'],
  [{ ...right, name: '' }, 'name: expected a text that is not empty, not ""'],
  [{ ...right, kind: 'd' }, 'kind: expected a, b or c, not "d"'],
  [{ ...right, labels: { x: null } }, 'labels.x: expected text, a number or true or false, not null'],
  [{ ...right, labels: [] }, 'labels: expected a mapping of keys to values, not a list'],
  [{ ...right, tables: [] }, 'tables: expected at least 1 entry, not a list'],
  [
    { ...right, tables: [{ path: 'x', header: 'yes' }] },
    'tables[0].header: expected true or false, not "yes"',
  ],
  [
    { ...right, tables: [{ path: 'x', heador: true }] },
    'tables[0].heador: unknown key; did you mean header?',
  ],
  [{ ...right, zzzzzz: 1 }, 'zzzzzz: unknown key; expected port, name, kind, labels, tables or size'],
  [{ ...right, size: '5' }, 'size: expected a size such as 5MB'],
  [[], 'expected a mapping of keys to values, not a list'],
])('%j: %s', (input, message) => {
  expect(mistakes(input)).toEqual([message]);
});

test('every mistake is told', () => {
  expect(mistakes({ port: 0, name: 5, 'odd key': 1 })).toEqual([
    'port: expected at least 1, not 0',
    'name: expected text, not 5',
    '"odd key": unknown key; expected port, name, kind, labels, tables or size',
  ]);
});

test('what is right comes back with its defaults', () => {
  expect(configMistakes(schema, right)).toEqual({ value: { ...right, kind: 'a', labels: {}, tables: [] } });
});
