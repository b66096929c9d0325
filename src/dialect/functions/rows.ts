import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { elementType, OID, type SqlType } from '../../types/sql-type.ts';
import { constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { quoteString } from '../quote.ts';
import { elementTexts } from './arrays.ts';
import { timestamptzText } from './datetime-casts.ts';
import { admitJsonValue, jsonValue } from './json-value.ts';
import { textOf } from './output.ts';
import { admitZone, constantZone } from './zone.ts';

/*
 * Composite values have no carrier: where the planner meets one, it says what is made of it (test/clients/types-wire.test.ts).
 */

/** The value's text as its output function has it. */
function outputText(sql: string, type: SqlType | undefined, zone: Expr | undefined): string {
  if (type?.oid === OID.timestamptz) return timestamptzText(constantZone(zone), sql);
  return type !== undefined && elementType(type) !== undefined
    ? `host_array_text(${elementTexts(sql, type)})`
    : textOf(sql, type, 'output');
}

function admitText(type: SqlType, zone: Expr | undefined): void {
  if (type.oid === OID.timestamptz) admitZone(zone);
  else outputText('', type, zone);
}

/** The arguments are the fields' values, in order. */
const text: ScalarEntry = {
  signature: 'skein.row_text(any)',
  usesTimeZone: true,
  admit: (exprs) => {
    for (const expr of exprs.slice(0, -1)) admitText(exprType(expr), exprs.at(-1));
  },
  print: (args, types, _result, exprs) => {
    const fields = args
      .slice(0, -1)
      .map((arg, index) => `skein_record_field(${outputText(arg, types[index], exprs.at(-1))})`);
    return `('(' || ${fields.join(` || ',' || `)} || ')')`;
  },
};

/** The first argument says whether each field begins a line; then come a name and a value for each. */
const json: ScalarEntry = {
  signature: 'skein.row_to_json(any)',
  usesTimeZone: true,
  admit: (exprs) => {
    const zone = exprs.at(-1);
    for (const { value } of pairsOf(exprs)) admitJsonValue(exprType(value), zone);
  },
  print: (args, types, _result, exprs) => {
    const form = constantText(exprs[0]) === 'true' ? 'row_lines' : 'row';
    const pairs = pairsOf(exprs);
    const names = pairs.map(({ name }) => quoteString(name));
    const values = pairs.map(({ at }) => jsonValue(args[at] ?? '', types[at], exprs.at(-1), 'json'));
    return `host_json_object([${names.join(', ')}], [${values.join(', ')}], '${form}')`;
  },
};

interface Pair {
  readonly name: string;
  readonly value: Expr;
  /** Its place among the arguments. */
  readonly at: number;
}

function pairsOf(exprs: readonly Expr[]): readonly Pair[] {
  const pairs: Pair[] = [];
  for (let at = 2; at < exprs.length - 1; at += 2) {
    const name = constantText(exprs[at - 1]);
    const value = exprs[at];
    if (typeof name !== 'string' || value === undefined) throw refuse('a row whose names are no constants');
    pairs.push({ name, value, at });
  }
  return pairs;
}

export const rowEntries: readonly ScalarEntry[] = [text, json];
