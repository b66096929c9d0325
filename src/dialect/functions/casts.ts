import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { carrierOf } from '../../types/carrier.ts';
import { MAX_DECIMAL_PRECISION, numericType, type SqlType } from '../../types/sql-type.ts';
import { INTEGER_DIGITS } from '../aggregates/exact.ts';
import { constantInteger, constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { boundedNumeric, decimal, shapeOf } from './numerics.ts';

const INTEGERS = ['int2', 'int4', 'int8'] as const;
const FLOATS = ['float4', 'float8'] as const;
const TEXTS = ['text', 'varchar', 'bpchar', 'name'] as const;

/** PostgreSQL's name of a type in its messages, the least and the greatest value. */
const RANGES = {
  int2: ['smallint', -(2n ** 15n), 2n ** 15n - 1n],
  int4: ['integer', -(2n ** 31n), 2n ** 31n - 1n],
  int8: ['bigint', -(2n ** 63n), 2n ** 63n - 1n],
} as const;

const castTo = (x: string | undefined, result: SqlType): string =>
  `CAST(${x} AS ${carrierOf(result).duckdb})`;

/** DuckDB's own cast means the same: between numbers it rounds halves to even from floats, away from zero from DECIMAL. */
const direct = (from: string, to: string): ScalarEntry => ({
  signature: `cast ${from} -> ${to}`,
  print: ([x], _types, result) => castTo(x, result),
});

const betweenNumbers: readonly ScalarEntry[] = [
  ...INTEGERS.flatMap((from) => [
    ...INTEGERS.filter((to) => to !== from).map((to) => direct(from, to)),
    ...FLOATS.map((to) => direct(from, to)),
    integerToNumeric(from),
  ]),
  direct('float4', 'float8'),
  { signature: 'cast float8 -> float4', print: ([x]) => `skein_float_narrow(${x})` },
  ...FLOATS.flatMap((from) => INTEGERS.map((to) => floatToInteger(from, to))),
  ...INTEGERS.map(numericToInteger),
  ...FLOATS.map(numericToFloat),
  ...FLOATS.map(floatToNumeric),
];

/** DuckDB checks the range before it rounds. */
function floatToInteger(from: string, to: string): ScalarEntry {
  return {
    signature: `cast ${from} -> ${to}`,
    print: ([x], _types, result) => castTo(`round_even(${x}::DOUBLE, 0)`, result),
  };
}

/** By way of an integer that holds every value, so that the error is about integers. */
function numericToInteger(to: string): ScalarEntry {
  return {
    signature: `cast numeric -> ${to}`,
    print: ([x], [of], result) =>
      castTo(`${x}::${shapeOf(of).precision <= 18 ? 'BIGINT' : 'HUGEINT'}`, result),
  };
}

/** A constant needs only its own digits. */
function integerToNumeric(from: (typeof INTEGERS)[number]): ScalarEntry {
  return {
    signature: `cast ${from} -> numeric`,
    print: ([x], _types, result) => castTo(x, result),
    numericResult: (_types, [expr]) => numericType(integerDigits(expr) ?? INTEGER_DIGITS[from], 0),
  };
}

function integerDigits(expr: Expr | undefined): number | undefined {
  return constantText(expr)?.replace('-', '').length;
}

/** Up to 15 digits the integer and the power of ten are exact doubles, whose quotient is rounded once; otherwise by the text. */
function numericToFloat(to: (typeof FLOATS)[number]): ScalarEntry {
  return {
    signature: `cast numeric -> ${to}`,
    print: ([x], [of], result) =>
      shapeOf(of).precision <= 15 && to === 'float8' ? castTo(x, result) : castTo(`${x}::VARCHAR`, result),
  };
}

/** As from text: PostgreSQL chooses the scale per value. */
const PER_VALUE: SqlType = { ...numericType(MAX_DECIMAL_PRECISION, 20), quotient: 'derived' };

function floatToNumeric(from: (typeof FLOATS)[number]): ScalarEntry {
  const digits = from === 'float8' ? 15 : 6;
  return {
    signature: `cast ${from} -> numeric`,
    print: ([x]) => `skein_float_numeric(${x}, ${digits})`,
    numericResult: () => PER_VALUE,
  };
}

const fromText: readonly ScalarEntry[] = TEXTS.flatMap((from) => [
  ...INTEGERS.map((to): ScalarEntry => {
    const [name, least, greatest] = RANGES[to];
    return {
      signature: `cast ${from} -> ${to}`,
      print: ([x], _types, result) =>
        castTo(`skein_text_integer(${x}, '${name}', ${least}::HUGEINT, ${greatest}::HUGEINT)`, result),
    };
  }),
  ...FLOATS.map(
    (to): ScalarEntry => ({
      signature: `cast ${from} -> ${to}`,
      print: ([x]) => `skein_text_${to}(${x})`,
    }),
  ),
  {
    signature: `cast ${from} -> numeric`,
    print: ([x]) => `skein_text_numeric(${x})`,
    numericResult: () => PER_VALUE,
  },
  { signature: `cast ${from} -> bool`, print: ([x]) => `skein_text_bool(${x})` },
  { signature: `cast ${from} -> uuid`, print: ([x]) => `skein_text_uuid(${x})` },
]);

/** Targets of casts to text; bpchar without a length is text. */
const TEXT_TARGETS = ['text', 'varchar', 'bpchar'] as const;

const toText: readonly ScalarEntry[] = [
  direct('char', 'text'),
  ...TEXT_TARGETS.flatMap((to): readonly ScalarEntry[] => [
    ...[...INTEGERS, 'oid', 'bool', 'uuid'].map((from) => direct(from, to)),
    ...FLOATS.map(
      (from): ScalarEntry => ({
        signature: `cast ${from} -> ${to}`,
        print: ([x]) => `skein_float_text(${x}, ${from === 'float8' ? '1e15' : '1e6'})`,
      }),
    ),
    {
      signature: `cast numeric -> ${to}`,
      print: ([x], [of], result) => {
        if (of?.quotient !== undefined) {
          throw refuse('the text of a numeric quotient, whose scale PostgreSQL chooses per value,', {
            hint: 'Round it first: round(value, digits).',
          });
        }
        return castTo(x, result);
      },
    },
  ]),
];

const identity = (signature: string): ScalarEntry => ({ signature, print: ([x]) => `${x}` });

/** The blanks that pad a bpchar are not part of its text. */
const unpadded = (to: string): ScalarEntry => ({
  signature: `cast bpchar -> ${to}`,
  print: ([x]) => `rtrim(${x}, ' ')`,
});

const betweenTexts: readonly ScalarEntry[] = [
  ...['text -> varchar', 'varchar -> text', 'text -> bpchar', 'varchar -> bpchar'].map((pair) =>
    identity(`cast ${pair}`),
  ),
  ...['name -> text', 'name -> varchar', '_varchar -> _text'].map((pair) => identity(`cast ${pair}`)),
  ...['bit', 'varbit'].flatMap((from) => ['text', 'varchar'].map((to) => identity(`cast ${from} -> ${to}`))),
  ...['bit -> varbit', 'varbit -> bit'].map((pair) => identity(`cast ${pair}`)),
  unpadded('text'),
  unpadded('varchar'),
];

const ofBool: readonly ScalarEntry[] = [
  direct('bool', 'int4'),
  { signature: 'cast int4 -> bool', print: ([x]) => `(${x} <> 0)` },
];

/** PostgreSQL's typmods of character types count their own header. */
const VARHDRSZ = 4;

function typmodOf(expr: Expr | undefined): number {
  const typmod = constantInteger(expr);
  if (typmod === undefined) throw refuse('a type modifier that is not a constant');
  return typmod;
}

/** What an explicit cast to numeric(p, s) gives: rounded, or 22003. */
function numericTypmod(types: readonly SqlType[], exprs: readonly Expr[]): SqlType {
  const typmod = typmodOf(exprs[1]);
  const [of] = types;
  if (typmod < VARHDRSZ) return of ?? numericType(MAX_DECIMAL_PRECISION, 0);
  const precision = (typmod - VARHDRSZ) >>> 16;
  // Eleven bits, signed.
  const scale = (((typmod - VARHDRSZ) & 0x7ff) ^ 0x400) - 0x400;
  if (scale < 0 || scale > precision) throw refuse(`numeric(${precision},${scale})`);
  return boundedNumeric(Math.min(precision, MAX_DECIMAL_PRECISION) - scale, scale);
}

const typmods: readonly ScalarEntry[] = [
  {
    signature: 'typmod numeric',
    print: ([x], types, _result, exprs) => {
      const { precision, scale } = shapeOf(numericTypmod(types, exprs));
      return `CAST(${x} AS ${decimal(precision, scale)})`;
    },
    numericResult: numericTypmod,
    admit: (exprs) => {
      numericTypmod([numericType(MAX_DECIMAL_PRECISION, 0)], exprs);
    },
  },
  {
    signature: 'typmod varchar explicit',
    print: ([x], _types, _result, exprs) => cut(x, typmodOf(exprs[1])),
  },
  {
    signature: 'typmod bpchar explicit',
    print: ([x], _types, _result, exprs) => {
      const length = typmodOf(exprs[1]) - VARHDRSZ;
      return length < 0 ? `${x}` : `rpad(${x}, ${length}, ' ')`;
    },
  },
  {
    signature: 'typmod varchar',
    print: ([x], _types, _result, exprs) =>
      within(x, typmodOf(exprs[1]), 'character varying', (text) => text),
  },
  {
    signature: 'typmod bpchar',
    print: ([x], _types, _result, exprs) => {
      const typmod = typmodOf(exprs[1]);
      return within(x, typmod, 'character', (text) => `rpad(${text}, ${typmod - VARHDRSZ}, ' ')`);
    },
  },
];

/** Of what is assigned to a column only blanks are cut. */
function within(
  x: string | undefined,
  typmod: number,
  type: string,
  stored: (text: string) => string,
): string {
  if (typmod < VARHDRSZ) return `${x}`;
  const length = typmod - VARHDRSZ;
  const message = `'SKEIN:22001:value too long for type ${type}(${length})'`;
  return `CASE WHEN length(${x}) <= ${length} OR rtrim(substr(${x}, ${length + 1}), ' ') = '' THEN ${stored(`left(${x}, ${length})`)} ELSE CASE WHEN ${x} IS NULL THEN NULL ELSE error(${message}) END END`;
}

const bitTypmods: readonly ScalarEntry[] = [
  {
    signature: 'typmod bit explicit',
    print: ([x], _types, _result, exprs) => `rpad(${x}, ${typmodOf(exprs[1])}, '0')`,
  },
  {
    signature: 'typmod varbit explicit',
    print: ([x], _types, _result, exprs) => `left(${x}, ${typmodOf(exprs[1])})`,
  },
];

/** An explicit cast cuts silently. */
function cut(x: string | undefined, typmod: number): string {
  return typmod < VARHDRSZ ? `${x}` : `left(${x}, ${typmod - VARHDRSZ})`;
}

const oids: readonly ScalarEntry[] = [
  { signature: 'cast int4 -> oid', print: ([x]) => `(${x}::BIGINT & 4294967295)` },
  { signature: 'cast oid -> int8', print: ([x]) => `${x}` },
];

export const castEntries: readonly ScalarEntry[] = [
  ...betweenNumbers,
  ...fromText,
  ...toText,
  ...betweenTexts,
  ...ofBool,
  ...typmods,
  ...bitTypmods,
  ...oids,
];
