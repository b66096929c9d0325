import { refuse } from '../../base/errors.ts';
import { constantInteger } from '../constants.ts';
import type { ScalarEntry } from '../entries.ts';
import { quoteString } from '../quote.ts';
import {
  checkGroups,
  checkReplace,
  regexEntry,
  replacement,
  requireMatchNotEmpty,
  type Use,
} from './regular-expressions.ts';

/** The arguments after the pattern, with the defaults of those that the form lacks. */
const rest = (args: readonly string[], from: number, defaults: readonly string[]): string =>
  defaults.map((otherwise, index) => args[from + index] ?? otherwise).join(', ');

const split: Use = {
  flags: 'i',
  check: requireMatchNotEmpty,
  print: (text, pattern, _regex, { posix = pattern }) => `host_regexp_split(${text}, ${posix})`,
};

/** The sets that regexp_matches gives (test/oracle/queries/set-returning.sql): the first match only, without `g`. */
const matches: Use = {
  flags: 'gi',
  check: (regex) => {
    requireMatchNotEmpty(regex);
    checkGroups(regex);
  },
  print: (text, pattern, _regex, { flags, posix = pattern }) =>
    `host_regexp_matches(${text}, ${posix}, ${flags.includes('g')})`,
};

const count: Use = {
  flags: 'i',
  check: requireMatchNotEmpty,
  print: (text, pattern, _regex, { args, posix = pattern }) =>
    `host_regexp_count(${text}, ${posix}, ${args[2]})`,
};

const instr: Use = {
  flags: 'i',
  check: requireMatchNotEmpty,
  print: (text, pattern, _regex, { args, posix = pattern }) =>
    `host_regexp_instr(${text}, ${posix}, ${rest(args, 2, ['1', '1', '0'])})`,
};

const substr: Use = {
  flags: 'i',
  check: (regex, exprs) => {
    requireMatchNotEmpty(regex);
    if (exprs.length > 5) checkGroups(regex);
  },
  print: (text, pattern, _regex, { args, posix = pattern }) =>
    `host_regexp_substr(${text}, ${posix}, ${rest(args, 2, ['1', '1'])}, ${args[5] ?? '0'})`,
};

/** Of one match, or of all where n is 0; without n, flags say so. */
const replace: Use = {
  flags: 'i',
  check: checkReplace,
  print: (text, pattern, regex, { args, exprs, posix = pattern }) => {
    if (constantInteger(exprs[3]) === undefined)
      throw refuse('regexp_replace from a place that is not constant');
    return `host_regexp_replace(${text}, ${posix}, ${quoteString(replacement(exprs, regex))}, ${rest(args, 3, ['1', '1'])})`;
  },
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
  regexEntry(`${SUBSTR})`, substr),
  regexEntry(`${SUBSTR},int4)`, substr),
  regexEntry(`${SUBSTR},int4,text)`, { ...substr, flagsAt: 4 }),
  regexEntry(`${SUBSTR},int4,text,int4)`, { ...substr, flagsAt: 4 }),
  regexEntry(`${REPLACE})`, replace),
  regexEntry(`${REPLACE},int4)`, replace),
  regexEntry(`${REPLACE},int4,text)`, { ...replace, flagsAt: 5 }),
];
