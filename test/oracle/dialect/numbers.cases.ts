import { admits, type DialectCase } from './harness.ts';

export const cases: readonly DialectCase[] = [admits('int4 + int4', { sql: ([a, b]) => `${a} + ${b}` })];
