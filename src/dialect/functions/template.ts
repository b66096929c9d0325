import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';

export interface TemplateField {
  readonly kind: 'field';
  /** Numbers in capitals stand for both spellings. */
  readonly field: string;
  /** As the template spells it. */
  readonly spelled: string;
  /** Prefixed by FM, that suppresses padding. */
  readonly plain: boolean;
  /** Prefixed by TM: in the words of lc_time, which are English, and not padded. */
  readonly localized: boolean;
  readonly ordinal: 'TH' | 'th' | undefined;
}

/** What a date/time template (`YYYY-MM-DD "at" HH24:MI`) consists of; what is no field is a character each. */
export type TemplateItem =
  | { readonly kind: 'text' | 'space' | 'separator'; readonly text: string }
  | TemplateField;

const NUMBERS =
  'Y,YYY YYYY YYY YY Y IYYY IYY IY I HH24 HH12 HH MI SSSSS SSSS SS MS US FF1 FF2 FF3 FF4 FF5 FF6 MM DDD DD D ' +
  'IDDD ID IW WW W Q CC J FX OF TZH TZM';
const WORDS =
  'Month MONTH month Mon MON mon Day DAY day Dy DY dy AM PM am pm A.M. P.M. a.m. p.m. AD BC ad bc A.D. B.C. a.d. b.c. ' +
  'RM rm TZ tz';

const FIELDS: readonly string[] = [
  ...NUMBERS.split(' '),
  ...NUMBERS.toLowerCase().split(' '),
  ...WORDS.split(' '),
].sort((a, b) => b.length - a.length);

const NUMBER_FIELDS: ReadonlySet<string> = new Set(NUMBERS.split(' '));

export function parseTemplate(template: string): readonly TemplateItem[] {
  const items: TemplateItem[] = [];
  let rest = template;
  while (rest !== '') {
    const prefix = /^(?:FM|fm|TM|tm)/.exec(rest)?.[0] ?? '';
    rest = rest.slice(prefix.length);
    if (rest === '') break;
    const field = fieldAt(rest, prefix);
    const [next, length] = field === undefined ? charactersAt(rest) : [[field[0]], field[1]];
    items.push(...next);
    rest = rest.slice(length);
  }
  return items;
}

function fieldAt(rest: string, prefix: string): readonly [TemplateField, number] | undefined {
  const spelled = FIELDS.find((field) => rest.startsWith(field));
  if (spelled === undefined) return undefined;
  const suffix = /^(?:TH|th|SP)/.exec(rest.slice(spelled.length))?.[0] ?? '';
  const upper = spelled.toUpperCase();
  const field: TemplateField = {
    kind: 'field',
    field: NUMBER_FIELDS.has(upper) ? upper : spelled,
    spelled,
    plain: /^fm$/i.test(prefix),
    localized: /^tm$/i.test(prefix),
    ordinal: suffix === 'TH' || suffix === 'th' ? suffix : undefined,
  };
  return [field, spelled.length + suffix.length];
}

const SEPARATOR = /^[!-/:-@[-`{-~]$/;

function charactersAt(rest: string): readonly [readonly TemplateItem[], number] {
  const quoted = /^"((?:\\.|[^"\\]|\\$)*)"?/s.exec(rest);
  if (quoted !== null) {
    const characters = [...(quoted[1] ?? '').replace(/\\(.)/gsu, '$1')];
    return [characters.map((text) => ({ kind: 'text', text })), quoted[0].length];
  }
  const skipped = rest.startsWith('\\"') ? 1 : 0;
  const text = String.fromCodePoint(rest.codePointAt(skipped) ?? 0);
  const kind = SEPARATOR.test(text) ? 'separator' : /^[ \t-\r]$/.test(text) ? 'space' : 'text';
  return [[{ kind, text }], skipped + text.length];
}

/** The constant template. @throws 0A000 where it is no constant. */
export function constantTemplate(expr: Expr | undefined): readonly TemplateItem[] | null {
  const text = constantText(expr);
  if (text === undefined) throw refuse('a date/time template that is not constant');
  return text === null || text === '' ? null : parseTemplate(text);
}

/** For `admit`. */
export function admitTemplate(expr: Expr | undefined): void {
  if (!isPending(expr)) constantTemplate(expr);
}
