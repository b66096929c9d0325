import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toSkeinError } from '../../../src/base/errors.ts';
import { markOf } from '../../../src/dialect/are/asked.ts';
import { type Match, matching } from '../../../src/dialect/host/regexp-matcher.ts';
import { describeCases, type Oracle, startOracle } from './harness.ts';
import { cases } from './patterns.cases.ts';

describeCases('patterns', cases);

/** Numbers from 0 on below the given one, the same in every run. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * below);
  };
}

const CHARACTERS = ['a', 'b', 'c', 'A', 'é', '\\.', '.', '\\x61', '\\u0062', '\\141', '(?#x)a', 'ab'];
const SETS = [
  ...['[ab]', '[^a]', '[[:upper:]]', '[[:alpha:]b]', '[a-c]', '[^[:space:]]', '[[=a=]]', '[[.b.]]', '[]a]'],
  ...['[\\w-]', '[b-]', '[^\\D]', '\\d', '\\w', '\\s', '\\W', '\\S'],
];
const PLACES = ['^', '$', '\\m', '\\M', '\\y', '\\Y', '\\A', '\\Z', '[[:<:]]'];
const QUANTIFIERS = [
  ...['*', '+', '?', '*?', '+?', '??', '{2}', '{2}?', '{0}'],
  ...['{1,2}', '{1,2}?', '{0,2}', '{2,}', '{1,1}', '{1,1}?', '{3,}?'],
];
const LETTERS = ['a', 'b', 'c', 'a', 'b', 'A', ' ', '\n', 'é', '1', '_', '😀'];

class Patterns {
  readonly #random: (below: number) => number;
  #closed = 0;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  pattern(): string {
    this.#closed = 0;
    return this.#alternation(3, true);
  }

  text(): string {
    return Array.from({ length: this.#random(9) }, () => this.pick(LETTERS)).join('');
  }

  pick(from: readonly string[]): string {
    return from[this.#random(from.length)] ?? '';
  }

  #alternation(depth: number, refers: boolean): string {
    const branches = this.#random(4) > 0 ? 1 : 2 + this.#random(2);
    return Array.from({ length: branches }, () => this.#branch(depth, refers)).join('|');
  }

  #branch(depth: number, refers: boolean): string {
    const parts = this.#random(4) + (this.#random(8) > 0 ? 1 : 0);
    return Array.from({ length: parts }, () => this.#part(depth, refers)).join('');
  }

  #part(depth: number, refers: boolean): string {
    const kind = this.#random(depth > 0 ? 24 : 12);
    if (kind === 0) return this.pick(PLACES);
    if (kind > 22) return `(?${this.pick(['=', '!', '<=', '<!'])}${this.#alternation(depth - 1, false)})`;
    const quantifier = this.#random(5) > 1 ? '' : this.pick(QUANTIFIERS);
    return `${this.#atom(kind, depth, refers)}${quantifier}`;
  }

  #atom(kind: number, depth: number, refers: boolean): string {
    if (kind < 8) return this.pick(CHARACTERS);
    if (kind < 11) return this.pick(SETS);
    if (kind === 11) return refers && this.#closed > 0 ? `\\${1 + this.#random(this.#closed)}` : 'a';
    const body = this.#alternation(depth - 1, refers);
    if (kind > 17) return `(?:${body})`;
    if (refers) this.#closed += 1;
    return `(${body})`;
  }
}

const FIRST_MATCH =
  `CREATE FUNCTION public.first_match(t text, p text, f text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN regexp_instr(t, p, 1, 1, 0, f) || ' ' || coalesce(regexp_substr(t, p, 1, 1, f), '') || coalesce(regexp_match(t, p, f)::json::text, '');
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || SQLERRM;
END $$`.replace('regexp_match(t, p, f)::json', 'array_to_json(regexp_match(t, p, f))');

/** What random ones found. */
const FOUND: readonly { readonly t: string; readonly p: string; readonly f: string }[] = [
  { t: '11_', p: '(\\w)(\\1)*?_', f: '' },
  { t: 'cca bA', p: '(a*?)*(?:(\\1[b-]))', f: 'p' },
  { t: 'a', p: '(é*)+?(?:(a)\\1b|(a)()\\2|a??)', f: '' },
  { t: 'a', p: '()?(b|(?<!b))*', f: '' },
  { t: 'aé', p: '\\U0061abcda|é', f: 'i' },
];

function written(text: string, { index, texts: [whole = '', ...groups] }: Match): string {
  const shown = groups.length === 0 ? [whole] : groups.map((group) => group ?? null);
  return `${[...text.slice(0, index)].length + 1} ${whole}${JSON.stringify(shown)}`;
}

function firstMatch(text: string, pattern: string, flags: string): string {
  try {
    const found = matching(`${markOf(flags, '')}${pattern}`).next(text, 0);
    return found === undefined ? '0 ' : written(text, found);
  } catch (error) {
    const { code, message } = toSkeinError(error);
    return `${code}${message}`;
  }
}

describe('patterns of every kind', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
    await oracle.postgres.query(FIRST_MATCH);
  });
  afterAll(async () => {
    await oracle?.close();
  });

  test('500 random ones', async () => {
    const patterns = new Patterns(20251121);
    const random = Array.from({ length: 500 }, () => ({
      p: patterns.pattern(),
      f: patterns.pick(['', '', '', 'i', 'n', 'p', 'w', 'x', 'ni', 's', 't', 'q']),
      texts: Array.from({ length: 6 }, () => patterns.text()),
    })).flatMap(({ p, f, texts }) => texts.map((t) => ({ t, p, f })));
    const tries = [...FOUND, ...random];
    const { rows } = await oracle.postgres.query<{ said: string }>(
      'SELECT first_match(t, p, f) AS said FROM json_array_elements($1) WITH ORDINALITY AS tried(j, n), json_to_record(j) AS r(t text, p text, f text) ORDER BY n',
      [JSON.stringify(tries)],
    );
    const differ = tries.flatMap(({ t, p, f }, index) => {
      const [said, wanted] = [firstMatch(t, p, f), rows[index]?.said];
      return said === wanted ? [] : [{ t, p, f, said, wanted }];
    });
    expect(differ).toEqual([]);
    expect(rows.filter(({ said }) => /^[1-9]\d* /.test(said)).length).toBeGreaterThan(500);
  });

  test.each([
    ['(a*)*b', 'a'.repeat(20_000)],
    ['(a|aa)+$', `${'a'.repeat(3000)}b`],
    ['^(\\w+\\s?)*$', `${'word '.repeat(2000)}!`],
    ['(.*)(.*)(.*)\\1\\2\\3x', `${'ab'.repeat(60)}cx`],
  ])('%s ends', (pattern, text) => {
    expect(firstMatch(text, pattern, '')).toMatch(/^(0 $|54001)/);
  });
});
