import { parseTemplate, type TemplateField, type TemplateItem } from '../functions/template.ts';

/** What a text may say of a time, by numbers. */
export type NumberName =
  | 'hh'
  | 'pm'
  | 'mi'
  | 'ss'
  | 'ssss'
  | 'd'
  | 'dd'
  | 'ddd'
  | 'mm'
  | 'ms'
  | 'us'
  | 'year'
  | 'bc'
  | 'ww'
  | 'w'
  | 'cc'
  | 'j'
  | 'tzh'
  | 'tzm';

export type Convention = 'gregorian' | 'iso' | undefined;

export interface FieldStep {
  readonly spelled: string;
  readonly convention: Convention;
  /** Whether its digits end where the text's do: no field of digits follows. */
  readonly all: boolean;
  /** Two characters of the text follow the number. */
  readonly ordinal: boolean;
}

export interface DigitsStep extends FieldStep {
  readonly kind: 'digits';
  readonly into: NumberName | undefined;
  readonly width: number;
  /** Of a clock of 12 hours. */
  readonly halves: boolean;
  /** Monday is 1. */
  readonly isoWeekday: boolean;
}

export interface FractionStep extends FieldStep {
  readonly kind: 'fraction';
  readonly into: 'ms' | 'us';
  readonly width: number;
  /** As many digits has a whole one. */
  readonly most: 3 | 6;
  /** The digits that are kept, where the field says so. */
  readonly precision: number;
}

export interface WordStep extends FieldStep {
  readonly kind: 'word';
  readonly into: NumberName;
  /** In capitals; longer ones come before their beginnings. */
  readonly words: readonly string[];
  /** The number of the word at a place. */
  readonly numbers: readonly number[];
}

export interface OffsetStep extends FieldStep {
  readonly kind: 'offset';
  readonly abbreviated: boolean;
  readonly withMinutes: boolean;
}

/** What an item of a template does with the text. */
export type Step =
  | { readonly kind: 'text' | 'separator' | 'fixed' }
  | DigitsStep
  | FractionStep
  | WordStep
  | OffsetStep
  | (FieldStep & { readonly kind: 'offsetMinutes' | 'groupedYear' });

const GREGORIAN = /^(?:DDD?|D|MM|MONTH|MON|RM|WW?|Y,YYY|Y{1,4})$/;
const ISO = /^(?:IDDD|I[DW]|IY{0,3})$/;
const NOT_DIGITS = /^(?:FX|OF|TZH?|RM|MON(?:TH)?|DA?Y|[AP]\.?M\.?|AD|BC|A\.D\.|B\.C\.)$/;

/** The member that a field of digits sets, and how many of them it has; without a count, as many as its letters. */
const DIGITS: Readonly<Record<string, readonly [into: NumberName | undefined, width?: number]>> = {
  HH24: ['hh', 2],
  HH12: ['hh', 2],
  HH: ['hh'],
  MI: ['mi'],
  SS: ['ss'],
  SSSS: ['ssss'],
  SSSSS: ['ssss'],
  MM: ['mm'],
  DDD: ['ddd'],
  IDDD: ['ddd', 3],
  DD: ['dd'],
  D: ['d'],
  ID: ['d', 1],
  WW: ['ww'],
  IW: ['ww'],
  Q: [undefined],
  CC: ['cc'],
  W: ['w'],
  J: ['j'],
  YYYY: ['year'],
  IYYY: ['year'],
  YYY: ['year'],
  IYY: ['year'],
  YY: ['year'],
  IY: ['year'],
  Y: ['year'],
  I: ['year'],
};

const WEEKDAYS = 'SUNDAY MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY'.split(' ');
const MONTHS = 'JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER DECEMBER'.split(
  ' ',
);
const ROMAN = 'XII XI X IX VIII VII VI V IV III II I'.split(' ');
const abbreviated = (words: readonly string[]): readonly string[] => words.map((word) => word.slice(0, 3));

const WORDS: Readonly<Record<string, readonly [into: NumberName, words: readonly string[]]>> = {
  MONTH: ['mm', MONTHS],
  MON: ['mm', abbreviated(MONTHS)],
  RM: ['mm', ROMAN],
  DAY: ['d', WEEKDAYS],
  DY: ['d', abbreviated(WEEKDAYS)],
  AM: ['pm', ['AM', 'PM']],
  PM: ['pm', ['AM', 'PM']],
  'A.M.': ['pm', ['A.M.', 'P.M.']],
  'P.M.': ['pm', ['A.M.', 'P.M.']],
  AD: ['bc', ['AD', 'BC']],
  BC: ['bc', ['AD', 'BC']],
  'A.D.': ['bc', ['A.D.', 'B.C.']],
  'B.C.': ['bc', ['A.D.', 'B.C.']],
};

const upperName = ({ field }: TemplateField): string => field.toUpperCase();

export function templateSteps(template: string): readonly Step[] {
  const items = parseTemplate(template);
  return items.map((item, index) => {
    if (item.kind === 'field') return fieldStep(item, items[index + 1]);
    return { kind: item.kind === 'text' ? 'text' : 'separator' };
  });
}

function takesAll(item: TemplateField, next: TemplateItem | undefined): boolean {
  if (item.plain || item.ordinal !== undefined || next === undefined) return true;
  return next.kind === 'field' ? NOT_DIGITS.test(upperName(next)) : !/^\d$/.test(next.text);
}

function fieldStep(item: TemplateField, next: TemplateItem | undefined): Step {
  const name = upperName(item);
  const common: FieldStep = {
    spelled: item.spelled,
    convention: GREGORIAN.test(name) ? 'gregorian' : ISO.test(name) ? 'iso' : undefined,
    all: takesAll(item, next),
    ordinal: item.ordinal !== undefined && name !== 'TZM' && !NOT_DIGITS.test(name),
  };
  if (name === 'FX') return { kind: 'fixed' };
  if (name === 'Y,YYY') return { kind: 'groupedYear', ...common };
  if (name === 'TZM') return { kind: 'offsetMinutes', ...common };
  return (
    wordStep(name, common) ??
    digitsStep(name, common) ??
    fractionStep(name, common) ??
    offsetStep(name, common)
  );
}

function wordStep(name: string, common: FieldStep): WordStep | undefined {
  const [into, words] = WORDS[name] ?? [];
  if (into === undefined || words === undefined) return undefined;
  const numbers = words.map((_, place) => (name === 'RM' ? 12 - place : into === 'mm' ? place + 1 : place));
  return { kind: 'word', ...common, into, words, numbers };
}

function digitsStep(name: string, common: FieldStep): DigitsStep | undefined {
  const digits = DIGITS[name];
  if (digits === undefined) return undefined;
  const [into, width = name.length] = digits;
  const halves = name === 'HH' || name === 'HH12';
  return { kind: 'digits', ...common, into, width, halves, isoWeekday: name === 'ID' };
}

function fractionStep(name: string, common: FieldStep): FractionStep | undefined {
  if (name === 'MS') return { kind: 'fraction', ...common, into: 'ms', width: 3, most: 3, precision: 0 };
  if (name === 'US') return { kind: 'fraction', ...common, into: 'us', width: 6, most: 6, precision: 0 };
  const places = /^FF([1-6])$/.exec(name)?.[1];
  if (places === undefined) return undefined;
  const width = Number(places);
  return { kind: 'fraction', ...common, into: 'us', width, most: 6, precision: width };
}

/** TZH; OF, which may have minutes; TZ, which is either UTC or as OF. */
const offsetStep = (name: string, common: FieldStep): OffsetStep => ({
  kind: 'offset',
  ...common,
  abbreviated: name === 'TZ',
  withMinutes: name !== 'TZH',
});
