import { SkeinError } from '../../base/errors.ts';
import { remembering } from './host-function.ts';

/** A pattern of PostgreSQL's number templates, or a literal character. */
export type NumberNode =
  | { readonly kind: 'pattern'; readonly id: string }
  | { readonly kind: 'text'; readonly text: string };

/** What a number template says as a whole (NUMDesc of formatting.c). */
export interface NumberFormat {
  readonly nodes: readonly NumberNode[];
  readonly flags: ReadonlySet<Flag>;
  /** Digits before and after the point, and after V. */
  readonly pre: number;
  readonly post: number;
  readonly multi: number;
  /** Position, from 1, of the first `0` before the point; 0: none. */
  readonly zeroStart: number;
  readonly zeroEnd: number;
  readonly sign: 'none' | 'before' | 'after';
  /** Digits before an `S` that is before the point. */
  readonly digitsBeforeSign: number;
}

export type Flag =
  | 'decimal'
  | 'zero'
  | 'blank'
  | 'fill'
  | 'sign'
  | 'bracket'
  | 'minus'
  | 'plus'
  | 'roman'
  | 'multi'
  | 'scientific';

const KEYWORDS = ', . 0 9 B C D EEEE FM G L MI PL PR RN SG SP S TH V'.split(' ');
const LOWER = 'b c d eeee fm g l mi pl pr rn sg sp s th v'.split(' ');

/** The ordinal and the Roman numeral differ by case; the other patterns don't. */
const CASED: ReadonlySet<string> = new Set(['rn', 'th']);

const wrong = (message: string, detail?: string): SkeinError =>
  new SkeinError('syntaxError', message, detail === undefined ? {} : { detail });

/** @throws 42601 as PostgreSQL does. */
export const numberFormat: (template: string) => NumberFormat = remembering((template) => {
  const format = new FormatReader();
  const nodes = split(template);
  for (const node of nodes) if (node.kind === 'pattern') format.read(node.id);
  return { ...format.description(), nodes };
});

function split(template: string): readonly NumberNode[] {
  const nodes: NumberNode[] = [];
  let rest = template;
  while (rest !== '') {
    const keyword = [...KEYWORDS, ...LOWER].find((word) => rest.startsWith(word));
    if (keyword !== undefined) {
      nodes.push({ kind: 'pattern', id: CASED.has(keyword) ? keyword : keyword.toUpperCase() });
      rest = rest.slice(keyword.length);
    } else {
      const literal = /^"((?:\\.|[^"\\]|\\$)*)(?:"|$)/su.exec(rest) ?? /^(?:\\(?="))?(.)/su.exec(rest);
      const text = rest.startsWith('"')
        ? (literal?.[1] ?? '').replace(/\\(.)/gsu, '$1')
        : (literal?.[1] ?? '');
      for (const character of text) nodes.push({ kind: 'text', text: character });
      rest = rest.slice(literal?.[0].length ?? 1);
    }
  }
  return nodes;
}

class FormatReader {
  readonly #flags = new Set<Flag>();
  #pre = 0;
  #post = 0;
  #multi = 0;
  #zeroStart = 0;
  #zeroEnd = 0;
  #sign: NumberFormat['sign'] = 'none';
  #digitsBeforeSign = 0;

  description(): Omit<NumberFormat, 'nodes'> {
    return {
      flags: this.#flags,
      pre: this.#pre,
      post: this.#post,
      multi: this.#multi,
      zeroStart: this.#zeroStart,
      zeroEnd: this.#zeroEnd,
      sign: this.#sign,
      digitsBeforeSign: this.#digitsBeforeSign,
    };
  }

  read(id: string): void {
    if (this.#has('scientific') && id !== 'EEEE') throw wrong('"EEEE" must be the last pattern used');
    if (id === '9' || id === '0') this.#digit(id);
    else if (id === '.' || id === 'D') this.#point();
    else if (id === 'S') this.#locatedSign();
    else if (id === 'EEEE') this.#scientific();
    else this.#other(id);
    const beside = [...this.#flags].filter((flag) => flag !== 'roman' && flag !== 'fill');
    if (this.#has('roman') && beside.length > 0) {
      throw wrong('"RN" is incompatible with other formats', '"RN" may only be used together with "FM".');
    }
  }

  #has(...flags: readonly Flag[]): boolean {
    return flags.some((flag) => this.#flags.has(flag));
  }

  #digit(id: '9' | '0'): void {
    if (this.#has('bracket')) throw wrong(`"${id}" must be ahead of "PR"`);
    if (id === '9' && this.#has('multi')) {
      this.#multi++;
      return;
    }
    if (id === '0' && !this.#has('zero') && !this.#has('decimal')) {
      this.#flags.add('zero');
      this.#zeroStart = this.#pre + 1;
    }
    if (this.#has('decimal')) this.#post++;
    else this.#pre++;
    if (id === '0') this.#zeroEnd = this.#pre + this.#post;
  }

  #point(): void {
    if (this.#has('decimal')) throw wrong('multiple decimal points');
    if (this.#has('multi')) throw wrong('cannot use "V" and decimal point together');
    this.#flags.add('decimal');
  }

  #locatedSign(): void {
    if (this.#has('sign')) throw wrong('cannot use "S" twice');
    if (this.#has('plus', 'minus', 'bracket')) {
      throw wrong('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
    }
    this.#flags.add('sign');
    if (this.#has('decimal')) {
      this.#sign = 'after';
    } else {
      this.#sign = 'before';
      this.#digitsBeforeSign = this.#pre;
    }
  }

  #scientific(): void {
    if (this.#has('scientific')) throw wrong('cannot use "EEEE" twice');
    if (this.#has('blank', 'fill', 'sign', 'bracket', 'minus', 'plus', 'roman', 'multi')) {
      throw wrong(
        '"EEEE" is incompatible with other formats',
        '"EEEE" may only be used together with digit and decimal point patterns.',
      );
    }
    this.#flags.add('scientific');
  }

  #other(id: string): void {
    switch (id) {
      case 'B':
        if (this.#pre === 0 && this.#post === 0 && !this.#has('zero')) this.#flags.add('blank');
        return;
      case 'FM':
        this.#flags.add('fill');
        return;
      case 'MI':
      case 'PL':
      case 'SG':
        if (this.#has('sign')) throw wrong(`cannot use "S" and "${id}" together`);
        if (id !== 'PL') this.#flags.add('minus');
        if (id !== 'MI') this.#flags.add('plus');
        return;
      case 'PR':
        if (this.#has('sign', 'plus', 'minus')) {
          throw wrong('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
        }
        this.#flags.add('bracket');
        return;
      case 'RN':
      case 'rn':
        if (this.#has('roman')) throw wrong('cannot use "RN" twice');
        this.#flags.add('roman');
        return;
      case 'V':
        if (this.#has('decimal')) throw wrong('cannot use "V" and decimal point together');
        this.#flags.add('multi');
        return;
      default:
    }
  }
}
