import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OwnedSequence } from '../catalog/owned.ts';
import { Sequences } from './sequences.ts';

let directory: string;
let file: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'skein-sequences-'));
  file = join(directory, 'sequences');
});

afterAll(() => rmSync(directory, { recursive: true }));

const SEQUENCE: OwnedSequence = {
  kind: 'sequence',
  oid: 16_400,
  schema: 'public',
  name: 's',
  temporary: false,
  start: 1n,
  increment: 1n,
  min: 1n,
  max: 1000n,
  cycles: false,
};

function open(): Sequences {
  const sequences = Sequences.open(file);
  sequences.enter(1, {
    user: 'ann',
    relations: () => new Map([[SEQUENCE.oid, SEQUENCE]]),
    readOnly: () => false,
  });
  return sequences;
}

function next(sequences: Sequences): unknown {
  const nextval = sequences.functions.find(({ name }) => name === 'host_nextval');
  return nextval?.evaluate([BigInt(SEQUENCE.oid), 1, 0n]);
}

it('gives no value twice, however it ended', () => {
  const first = open();
  expect([next(first), next(first)]).toEqual([1n, 2n]);
  first.close();
  const second = open();
  expect(next(second)).toBe(3n);
  // It is killed, and the last line of its log was not whole.
  appendFileSync(file, '["16400","7');
  const third = open();
  const after = next(third);
  expect(after).toBeGreaterThan(3n);
  third.close();
  const fourth = open();
  expect(next(fourth)).toBe(BigInt(String(after)) + 1n);
  for (let given = Number(after) + 2; given <= 1000; given++) expect(next(fourth)).toBe(BigInt(given));
  expect(() => next(fourth)).toThrow('nextval: reached maximum value of sequence "s" (1000)');
  fourth.retain(new Map());
  fourth.close();
  expect(next(open())).toBe(1n);
});
