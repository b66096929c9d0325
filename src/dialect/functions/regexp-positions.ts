import type { ScalarEntry } from '../entries.ts';
import { regexEntry, type Use } from './regular-expressions.ts';

/** The arguments after the pattern, with the defaults of those that the form lacks. */
const rest = (args: readonly string[], from: number, defaults: readonly string[]): string =>
  defaults.map((otherwise, index) => args[from + index] ?? otherwise).join(', ');

const split: Use = {
  notGlobal: 'regexp_split_to_array',
  host: ([text], pattern) => `host_regexp_split(${text}, ${pattern})`,
};

/** The sets that regexp_matches gives (test/oracle/queries/set-returning.sql): the first match only, without `g`. */
const matches: Use = {
  host: ([text], pattern) => `host_regexp_matches(${text}, ${pattern})`,
};

const count: Use = {
  notGlobal: 'regexp_count',
  host: ([text, , start], pattern) => `host_regexp_count(${text}, ${pattern}, ${start})`,
};

const instr: Use = {
  notGlobal: 'regexp_instr',
  host: (args, pattern) =>
    `host_regexp_instr(${args[0]}, ${pattern}, ${rest(args, 2, ['1', '1', '0'])}, ${args[6] ?? '0'})`,
};

const substr: Use = {
  notGlobal: 'regexp_substr',
  host: (args, pattern) =>
    `host_regexp_substr(${args[0]}, ${pattern}, ${rest(args, 2, ['1', '1'])}, ${args[5] ?? '0'})`,
};

/** Of one match, or of all where n is 0. */
const replace: Use = {
  host: (args, pattern) =>
    `host_regexp_replace(${args[0]}, ${pattern}, ${args[2]}, ${rest(args, 3, ['1', '1'])})`,
};

const SPLIT = 'regexp_split_to_array(text,text';
const COUNT = 'regexp_count(text,text,int4';
const INSTR = 'regexp_instr(text,text';
const SUBSTR = 'regexp_substr(text,text,int4';
const REPLACE = 'regexp_replace(text,text,text,int4';

export const regexpPositionEntries: readonly ScalarEntry[] = [
  regexEntry('skein.regexp_matches(text,text)', matches),
  regexEntry('skein.regexp_matches(text,text,text)', { ...matches, flagsAt: 2 }),
  { signature: 'skein.texts(text)', print: ([x]) => `host_texts(${x})` },
  regexEntry(`${SPLIT})`, split),
  regexEntry(`${SPLIT},text)`, { ...split, flagsAt: 2 }),
  regexEntry(`${COUNT})`, count),
  regexEntry(`${COUNT},text)`, { ...count, flagsAt: 3 }),
  regexEntry(`${INSTR})`, instr),
  regexEntry(`${INSTR},int4)`, instr),
  regexEntry(`${INSTR},int4,int4)`, instr),
  regexEntry(`${INSTR},int4,int4,int4)`, instr),
  regexEntry(`${INSTR},int4,int4,int4,text)`, { ...instr, flagsAt: 5 }),
  regexEntry(`${INSTR},int4,int4,int4,text,int4)`, { ...instr, flagsAt: 5 }),
  regexEntry(`${SUBSTR})`, substr),
  regexEntry(`${SUBSTR},int4)`, substr),
  regexEntry(`${SUBSTR},int4,text)`, { ...substr, flagsAt: 4 }),
  regexEntry(`${SUBSTR},int4,text,int4)`, { ...substr, flagsAt: 4 }),
  regexEntry(`${REPLACE})`, replace),
  regexEntry(`${REPLACE},int4)`, replace),
  regexEntry(`${REPLACE},int4,text)`, { ...replace, flagsAt: 5 }),
];
