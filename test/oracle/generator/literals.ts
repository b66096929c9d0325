import { featured, literal, type Node, op } from './node.ts';
import type { Choice, RARE_TYPES, Type } from './scope.ts';

const TEXTS = ['a', 'b', '', 'abc', 'É', ' x ', '100%', "it's", 'EU', 'FR', 'Berlin', 'web', '日本'] as const;
const NUMERICS = ['0', '1.5', '12.50', '-3.25', '0.005', '99.99'] as const;
const FLOATS = ['0.5', '1.5', '-2.25', '100'] as const;
const DATES = ['2024-01-01', '2024-02-29', '2024-03-15', '2023-12-31'] as const;
const TIMESTAMPS = ['2024-01-01 00:00:00', '2024-02-29 12:30:00', '2024-06-15 23:59:59.5'] as const;

const RARE: Readonly<Record<(typeof RARE_TYPES)[number], readonly string[]>> = {
  timestamptz: ['2024-01-01 00:00:00+00', '2024-03-31 01:30:00+00', '2024-07-01 12:00:00-05'],
  time: ['00:00:00', '12:00:00', '18:30:00.25'],
  timetz: ['12:00:00+00', '12:00:00+02', '10:00:00+00'],
  interval: ['1 day', '02:00:00', '-3 days', '1 year'],
  uuid: ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000004'],
  bytea: ['\\x', '\\x00', '\\x61'],
  jsonb: ['1', '"a"', '{"a": 1}', '[1, null]', '{"b": "x", "a": [2]}', 'null'],
  'int4[]': ['{}', '{1,2}', '{NULL}', '{3}'],
  'text[]': ['{}', '{a,b}', '{a}', '{NULL,""}'],
  'char(4)': ['a', 'b', '', 'zz', 'É1'],
};

/** A constant of the type, which a parameter may stand for. */
export function constant(choice: Choice, type: Type, where: 'bare' | 'cast' = 'cast'): Node {
  switch (type) {
    case 'int4':
      return number(choice, 'int4', String(choice.int(-2, 9)), where);
    case 'int8':
      return number(choice, 'int8', String(choice.int(0, 90)), where);
    case 'numeric':
      return number(choice, 'numeric', choice.pick(NUMERICS), where);
    case 'float8': {
      const value = choice.pick(FLOATS);
      return literal('float8', `'${value}'::float8`, value, where);
    }
    case 'text': {
      const value = choice.pick(TEXTS);
      const quoted = `'${value.replaceAll("'", "''")}'`;
      return literal('text', where === 'bare' ? quoted : `${quoted}::text`, value, where);
    }
    case 'bool': {
      const value = choice.pick(['true', 'false']);
      return literal('bool', value, value, 'no');
    }
    case 'date': {
      const value = choice.pick(DATES);
      return literal('date', `DATE '${value}'`, value, where);
    }
    case 'timestamp': {
      const value = choice.pick(TIMESTAMPS);
      return literal('timestamp', `TIMESTAMP '${value}'`, value, where);
    }
    default: {
      const value = choice.pick(RARE[type]);
      return featured(`type ${type}`, literal(type, `'${value}'::${type}`, value, where));
    }
  }
}

/** In parentheses where a sign could meet an operator. */
function number(
  choice: Choice,
  type: 'int4' | 'int8' | 'numeric',
  value: string,
  where: 'bare' | 'cast',
): Node {
  const signed = value.startsWith('-') ? `(${value})` : value;
  const sql = type === 'int4' || choice.chance(50) ? signed : `${signed}::${type}`;
  return literal(type, sql, value, where);
}

/** A constant between two bounds: a length, a divisor, a factor. */
export function small(choice: Choice, from: number, to: number, where: 'bare' | 'cast' = 'cast'): Node {
  const value = String(choice.int(from, to));
  return {
    tag: 'int4',
    children: [],
    render: () => value,
    literal: { type: 'int4', value, parameter: where, isBounded: true },
  };
}

export const nothing = (type: Type): Node => op(type, `NULL::${type}`);
