import { refuse, SkeinError } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { MAX_DECIMAL_PRECISION, numericType, type SqlType } from '../../types/sql-type.ts';
import { constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { type NumberFormat, numberFormat } from '../host/number-format.ts';
import { shapeOf } from './numerics.ts';

const toChar = (type: string, host: string, carried: (x: string) => string): ScalarEntry => ({
  signature: `to_char(${type},text)`,
  print: ([x = '', template]) => `host_${host}_to_char(${carried(x)}, ${template})`,
});

function readable(template: string): NumberFormat | undefined {
  try {
    return numberFormat(template);
  } catch (error) {
    if (error instanceof SkeinError) return undefined;
    throw error;
  }
}

/** The numeric that a constant template reads. */
function templateType(template: Expr | undefined): SqlType {
  const text = constantText(template);
  if (text === undefined) throw refuse('to_number by a template that is not constant');
  if (text === null || text === '') return numericType(1, 0);
  const format = readable(text);
  // A bad template is reported where a row is read by it.
  if (format === undefined) return numericType(1, 0);
  const { pre, post, multi } = format;
  const scale = multi === 0 ? post : post + 16;
  const precision = Math.max(1, pre + multi + scale);
  if (precision > MAX_DECIMAL_PRECISION) throw refuse(`the template "${text}"`);
  return { ...numericType(precision, scale), quotient: 'derived' };
}

export const numberTemplateEntries: readonly ScalarEntry[] = [
  toChar('int4', 'int4', (x) => `CAST(${x} AS BIGINT)`),
  toChar('int8', 'int8', (x) => x),
  toChar('float4', 'float4', (x) => `CAST(${x} AS DOUBLE)`),
  toChar('float8', 'float8', (x) => x),
  toChar('numeric', 'numeric', (x) => `CAST(${x} AS VARCHAR)`),
  {
    signature: 'to_number(text,text)',
    admit: (exprs) => {
      if (exprs[1]?.kind !== 'param') templateType(exprs[1]);
    },
    print: ([x, template], _types, result) => {
      const { precision, scale } = shapeOf(result);
      return `CAST(host_to_number(${x}, ${template}) AS DECIMAL(${precision},${scale}))`;
    },
    numericResult: (_types, exprs) => templateType(exprs[1]),
  },
];
