import { exprType } from '../../plan/type-of.ts';
import type { ScalarEntry } from '../entries.ts';
import { textOf } from './output.ts';

type Print = ScalarEntry['print'];

const entry = (signature: string, print: Print): ScalarEntry => ({ signature, print });

/** The host function of the same arguments. */
const host = (signature: string, name: string): ScalarEntry =>
  entry(signature, (args) => `host_${name}(${args.join(', ')})`);

/** Takes what follows the first argument by its output. */
const printFormat: Print = ([template, ...args], [, ...types]) =>
  `host_format(${template}, CAST([${args.map((arg, index) => textOf(arg, types[index], 'output')).join(', ')}] AS VARCHAR[]))`;

const formats: readonly ScalarEntry[] = [
  {
    signature: 'format(text,any)',
    takesText: true,
    admit: (exprs) => {
      for (const expr of exprs.slice(1)) textOf('', exprType(expr), 'output');
    },
    print: printFormat,
  },
  entry('format(text)', ([template]) => `host_format(${template}, CAST([] AS VARCHAR[]))`),
];

const quoting: readonly ScalarEntry[] = [
  host('quote_ident(text)', 'quote_ident'),
  entry('quote_nullable(text)', ([x]) => `coalesce(host_quote_literal(${x}), 'NULL')`),
  entry(
    'quote_literal(anyelement)',
    ([x = ''], types) => `host_quote_literal(${textOf(x, types[0], 'cast')})`,
  ),
  entry(
    'quote_nullable(anyelement)',
    ([x = ''], types) => `coalesce(host_quote_literal(${textOf(x, types[0], 'cast')}), 'NULL')`,
  ),
  host('parse_ident(text,bool)', 'parse_ident'),
];

const unicode: readonly ScalarEntry[] = [
  host('unistr(text)', 'unistr'),
  host('normalize(text,text)', 'normalize'),
  entry('is_normalized(text,text)', ([x, form]) => `(host_normalize(${x}, ${form}) = ${x})`),
];

const digits: readonly ScalarEntry[] = (['int4', 'int8'] as const).flatMap((type) =>
  (
    [
      ['bin', 2],
      ['oct', 8],
    ] as const
  ).map(([name, base]) =>
    entry(
      `to_${name}(${type})`,
      ([x]) => `host_digits(CAST(${x} AS BIGINT), ${type === 'int4' ? 32 : 64}, ${base})`,
    ),
  ),
);

/** Blanks at the end of a bpchar don't count. */
const padded: readonly ScalarEntry[] = ['length', 'char_length', 'character_length'].map((name) =>
  entry(`${name}(bpchar)`, ([x]) => `CAST(length(rtrim(${x}, ' ')) AS INTEGER)`),
);

const others: readonly ScalarEntry[] = [
  entry('textcat(text,text)', ([a, b]) => `CAST(${a} || ${b} AS VARCHAR)`),
  entry(
    'string_to_array(text,text,text)',
    ([x, separator, forNull]) =>
      `list_transform(skein_string_to_array(${x}, ${separator}), lambda e: nullif(e, ${forNull}))`,
  ),
];

/** The functions behind the operators. */
const comparisons: readonly ScalarEntry[] = (
  [
    ['texteq', '='],
    ['textne', '<>'],
    ['text_lt', '<'],
    ['text_le', '<='],
    ['text_gt', '>'],
    ['text_ge', '>='],
  ] as const
).map(([name, operator]) => entry(`${name}(text,text)`, ([a, b]) => `(${a} ${operator} ${b})`));

export const stringEntries: readonly ScalarEntry[] = [
  ...formats,
  ...quoting,
  ...unicode,
  ...digits,
  ...padded,
  ...others,
  ...comparisons,
];
