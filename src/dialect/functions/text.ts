import type { Expr } from '../../plan/expr.ts';
import { exprType } from '../../plan/type-of.ts';
import { constantInteger, constantText } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { elementTexts } from './arrays.ts';
import { textOf } from './output.ts';

type Print = ScalarEntry['print'];

/** The DuckDB function that means the same over every value of the arguments' types. */
const same = (signature: string, name: string): ScalarEntry => ({
  signature,
  print: (args) => `${name}(${args.join(', ')})`,
});

/** Functions that count: DuckDB's give BIGINT. */
const count = (signature: string, name: string): ScalarEntry => ({
  signature,
  print: (args) => `CAST(${name}(${args.join(', ')}) AS INTEGER)`,
});

const entry = (signature: string, print: Print): ScalarEntry => ({ signature, print });

/** Takes arguments of any type as text. */
function anyText(
  signature: string,
  by: 'output' | 'cast',
  print: (texts: readonly string[]) => string,
): ScalarEntry {
  return {
    signature,
    takesText: true,
    admit: (exprs) => {
      for (const expr of exprs) textOf('', exprType(expr), by);
    },
    print: (args, types) => print(args.map((arg, index) => textOf(arg, types[index], by))),
  };
}

const atLeast = (expr: Expr | undefined, least: number): boolean =>
  (constantInteger(expr) ?? Number.NEGATIVE_INFINITY) >= least;

const printSubstr: Print = (args, _types, _result, exprs) =>
  atLeast(exprs[1], 1) && atLeast(exprs[2], 0)
    ? `substr(${args.join(', ')})`
    : `skein_substr(${args.join(', ')})`;

const printSubstrFrom: Print = ([text, start], _types, _result, exprs) =>
  atLeast(exprs[1], 1)
    ? `substr(${text}, ${start})`
    : `substr(${text}, CASE WHEN ${start} < 1 THEN 1 ELSE ${start} END)`;

const printSplitPart: Print = (args, _types, _result, exprs) => {
  const separator = constantText(exprs[1]);
  const position = constantInteger(exprs[2]);
  const plain = separator !== undefined && separator !== '' && position !== undefined && position !== 0;
  return `${plain ? 'split_part' : 'skein_split_part'}(${args.join(', ')})`;
};

const printArrayToString: Print = ([array, separator, forNull], types) =>
  `host_array_join(${elementTexts(array, types[0])}, ${separator}, ${forNull ?? 'NULL::VARCHAR'})`;

const trims = (['btrim', 'ltrim', 'rtrim'] as const).flatMap((name) => {
  const duckdb = name === 'btrim' ? 'trim' : name;
  return [entry(`${name}(text)`, ([text]) => `${duckdb}(${text}, ' ')`), same(`${name}(text,text)`, duckdb)];
});

const substrings = ['substr', 'substring'].flatMap((name) => [
  entry(`${name}(text,int4)`, printSubstrFrom),
  entry(`${name}(text,int4,int4)`, printSubstr),
]);

const lengths = [
  ...['length', 'char_length', 'character_length'].map((name) => count(`${name}(text)`, 'length')),
  count('octet_length(text)', 'strlen'),
  count('bit_length(text)', 'bit_length'),
];

const positions = ['strpos', 'position'].map((name) => count(`${name}(text,text)`, 'strpos'));

const pads = ['lpad', 'rpad'].flatMap((name) => [
  same(`${name}(text,int4,text)`, `skein_${name}`),
  entry(`${name}(text,int4)`, ([text, size]) => `skein_${name}(${text}, ${size}, ' ')`),
]);

export const textEntries: readonly ScalarEntry[] = [
  // The cast names the type where DuckDB folds a NULL operand to an untyped NULL.
  entry('text || text', ([a, b]) => `CAST(${a} || ${b} AS VARCHAR)`),
  anyText('text || anynonarray', 'cast', ([a, b]) => `CAST(${a} || ${b} AS VARCHAR)`),
  anyText('anynonarray || text', 'cast', ([a, b]) => `CAST(${a} || ${b} AS VARCHAR)`),
  anyText('concat(any)', 'output', (args) => `concat(${args.join(', ')})`),
  anyText('concat_ws(text,any)', 'output', (args) => `concat_ws(${args.join(', ')})`),
  same('lower(text)', 'skein_lower'),
  same('upper(text)', 'skein_upper'),
  same('initcap(text)', 'skein_initcap'),
  ...lengths,
  ...substrings,
  ...trims,
  ...positions,
  ...pads,
  same('left(text,int4)', 'left'),
  same('right(text,int4)', 'skein_right'),
  same('replace(text,text,text)', 'replace'),
  same('repeat(text,int4)', 'skein_repeat'),
  same('reverse(text)', 'skein_reverse'),
  entry('split_part(text,text,int4)', printSplitPart),
  same('translate(text,text,text)', 'translate'),
  count('ascii(text)', 'ascii'),
  same('chr(int4)', 'skein_chr'),
  same('starts_with(text,text)', 'starts_with'),
  same('text ^@ text', 'starts_with'),
  same('md5(text)', 'md5'),
  entry('to_hex(int4)', ([n]) => `lower(to_hex(${n}::BIGINT & 4294967295))`),
  entry('to_hex(int8)', ([n]) => `lower(to_hex(${n}))`),
  same('overlay(text,text,int4,int4)', 'skein_overlay'),
  entry('overlay(text,text,int4)', ([x, y, start]) => `skein_overlay(${x}, ${y}, ${start}, length(${y}))`),
  same('quote_literal(text)', 'skein_quote_literal'),
  same('string_to_array(text,text)', 'skein_string_to_array'),
  entry('array_to_string(anyarray,text)', printArrayToString),
  entry('array_to_string(anyarray,text,text)', printArrayToString),
];
