import { expect, test } from 'vitest';
import { fileNames } from './parquet.ts';

test('names that differ in case only get a number', () => {
  expect(fileNames(['Country', 'country', 'a', 'A_1', 'a'])).toEqual([
    'Country',
    'country_1',
    'a',
    'A_1',
    'a_2',
  ]);
});
