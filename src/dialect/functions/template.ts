import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';

/** What a date/time template (`YYYY-MM-DD "at" HH24:MI`) consists of. */
export type TemplateItem =
  | { readonly kind: 'text'; readonly text: string }
  /** `plain`: prefixed by FM, that suppresses padding. */
  | { readonly kind: 'field'; readonly field: string; readonly plain: boolean };

/** PostgreSQL's patterns that are carried, longest first; numbers in capitals stand for both spellings. */
const NUMBERS =
  'YYYY YYY YY Y IYYY HH24 HH12 HH MI SSSSS SSSS SS MS US FF1 FF2 FF3 FF4 FF5 FF6 MM DDD DD D IW ID WW W Q CC J TZH TZM';
const WORDS =
  'Month MONTH month Mon MON mon Day DAY day Dy DY dy AM PM am pm A.M. P.M. a.m. p.m. AD BC ad bc';

const FIELDS: readonly string[] = [
  ...NUMBERS.split(' '),
  ...NUMBERS.toLowerCase().split(' '),
  ...WORDS.split(' '),
].sort((a, b) => b.length - a.length);

/** What follows would mean something else than the item alone: ordinal suffixes, and patterns that aren't carried. */
const REFUSED = /^(?:Y,YYY|y,yyy|TH|th|IDDD|iddd|IYY?(?!Y)|iyy?(?!y)|SP)/;

/**
 * The template's items.
 * @throws 0A000 for a template with anything that isn't carried, also letters outside of quotes.
 */
export function parseTemplate(template: string): readonly TemplateItem[] {
  const items: TemplateItem[] = [];
  let rest = template;
  while (rest !== '') {
    const [item, length] = nextItem(rest, template);
    items.push(item);
    rest = rest.slice(length);
  }
  return items;
}

function nextItem(rest: string, template: string): readonly [TemplateItem, number] {
  const refusal = (): Error => refuse(`the date/time template "${template}"`);
  const quoted = /^"([^"\\]*)"/.exec(rest);
  if (quoted !== null) return [{ kind: 'text', text: quoted[1] ?? '' }, quoted[0].length];
  const prefix = /^(?:FM|fm)/.exec(rest)?.[0] ?? '';
  const unprefixed = rest.slice(prefix.length);
  if (REFUSED.test(unprefixed)) throw refusal();
  const spelled = FIELDS.find((field) => unprefixed.startsWith(field));
  if (spelled !== undefined) {
    if (/^(?:TH|th|SP)/.test(unprefixed.slice(spelled.length))) throw refusal();
    return [
      { kind: 'field', field: canonical(spelled), plain: prefix !== '' },
      prefix.length + spelled.length,
    ];
  }
  const other = /^[^A-Za-z"\\]/u.exec(rest);
  if (other === null) throw refusal();
  return [{ kind: 'text', text: other[0] }, other[0].length];
}

const NUMBER_FIELDS: ReadonlySet<string> = new Set(NUMBERS.split(' '));

function canonical(spelled: string): string {
  const upper = spelled.toUpperCase();
  return NUMBER_FIELDS.has(upper) ? upper : spelled;
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
