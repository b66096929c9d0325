import type { AggregateEntry } from '../entries.ts';
import { admitPairs, pairs } from './pairs.ts';

/** What DuckDB's string_agg takes for a separator. */
const CONSTANT = /^'(?:[^']|'')*'::VARCHAR$/;

/** Of pairs of a value and what stands before it, unless it is the first; that of no values is NULL. */
function joined(list: string, text: (sql: string) => string): string {
  const values = `list_filter(${list}, lambda p: p.a IS NOT NULL)`;
  const part = `CASE WHEN i > 1 THEN coalesce(${text('p.b')}, '') ELSE '' END || ${text('p.a')}`;
  return `array_to_string(nullif(list_transform(${values}, lambda p, i: ${part}), []), '')`;
}

export const stringAggregates: readonly AggregateEntry[] = [
  {
    signature: 'string_agg(text,text)',
    admit: (call) => {
      if (call.args[1]?.kind !== 'const') admitPairs(call);
    },
    print: ([x = '', between = ''], _types, _result, context) => {
      if (between.startsWith('NULL::')) return context.call('string_agg', [x, `''`]);
      if (CONSTANT.test(between)) return context.call('string_agg', [x, between]);
      return joined(pairs(x, between, context), (sql) => sql);
    },
  },
  {
    signature: 'string_agg(bytea,bytea)',
    admit: admitPairs,
    print: ([x = '', between = ''], _types, _result, context) =>
      `unhex(${joined(pairs(x, between, context), (sql) => `hex(${sql})`)})`,
  },
];
