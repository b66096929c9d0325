import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SkeinError } from '../../../src/base/errors.ts';
import { dateByTemplate, timestampByTemplate } from '../../../src/dialect/host/date-by-template.ts';
import { describeCases, type Oracle, startOracle } from './harness.ts';
import { cases } from './templates.cases.ts';

describeCases('date and time templates', cases);

const FIELDS =
  `YYYY YYY YY Y IYYY IY I HH24 HH12 MI SSSSS SS MS US FF1 FF4 MM DDD DD D IDDD ID IW WW W Q CC J FX OF TZH TZM Month mon
  Day dy AM p.m. AD b.c. RM Y,YYY YYYY MM DD HH24 MI SS YYYY MM DD`.split(/\s+/);
const BETWEEN = [
  '-',
  '/',
  ' ',
  ':',
  '.',
  ',',
  '',
  '',
  '  ',
  '"x"',
  'T',
  '9',
  'é',
  '\\"',
  '\\',
  '"',
  'FM',
  'TH',
];
const VALUES =
  `1 01 12 31 2024 1999 24 99 0 00 7 13 60 366 -5 +3 5th January feb Sunday mon am A.M. bc AD XII iv 1,999 2,0 12345678 100000
  99999999999 070 2460000 -03 05:30 é x 20 - 2147483647 -2147483648 53`.split(/\s+/);

/** A sequence that is the same in each run. */
function chooser(seed: number): <T>(items: readonly [T, ...T[]] | readonly T[]) => T {
  let state = seed;
  return (items) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return items[(state >>> 8) % items.length] as (typeof items)[number];
  };
}

function pairs(count: number): readonly (readonly [text: string, template: string])[] {
  const choose = chooser(20_260_101);
  const made = (of: readonly string[], between: readonly string[]): string =>
    Array.from({ length: choose([1, 2, 3, 4, 5]) }, () => choose(of) + choose(between)).join('');
  const plain = BETWEEN.filter((text) => !/[xFT]/.test(text));
  /** As the template wants it, mostly. */
  const shaped = (template: string): string =>
    template
      .replace(/FM|FX|TH/g, '')
      .replace(/I?YYYY/g, () => choose(['2024', '1999', '-5', '20', '12024']))
      .replace(/HH(?:24|12)|MI|SS|MM|DD|IW|WW|CC|YY|TZ[HM]/g, () => choose(['01', '12', '5', '23', '30']))
      .replace('Month', 'july')
      .replace('Day', 'MONDAY')
      .replace('AM', 'pm')
      .replace(/[DWQIJY]/g, () => choose(['1', '3']));
  return Array.from({ length: count }, () => {
    const template = made(FIELDS, BETWEEN);
    return [choose([true, false]) ? shaped(template) : made(VALUES, plain), template];
  });
}

function outcome(read: () => string): readonly (string | null)[] {
  try {
    return [read()];
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error;
    return [error.code, error.message, error.fields.detail ?? '', error.fields.hint ?? ''];
  }
}

const ASK = `CREATE FUNCTION pg_temp.ask(x text, f text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE detail text; hint text;
BEGIN
  RETURN ARRAY[concat(to_date(x, f) - date '1970-01-01', ' ', trunc(extract(epoch from to_timestamp(x, f)) * 1000000))];
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN ARRAY[SQLSTATE, SQLERRM, detail, hint];
END $$`;

describe('texts read by templates', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(async () => {
    await oracle?.close();
  });

  test('random ones, with the errors’ details and hints', async () => {
    const asked = pairs(4000);
    await oracle.postgres.query(ASK);
    const { rows } = await oracle.postgres.query<{ said: readonly string[] }>(
      `SELECT pg_temp.ask(x, f) AS said FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(x, f, i) ORDER BY i`,
      [asked.map(([text]) => text), asked.map(([, template]) => template)],
    );
    const differing = asked.flatMap(([text, template], index) => {
      const got = outcome(() => {
        const days = dateByTemplate(text, template);
        const [local, instant] = timestampByTemplate(text, template);
        return `${days} ${local ?? instant}`;
      });
      const want = rows[index]?.said;
      return JSON.stringify(got) === JSON.stringify(want) ? [] : [{ text, template, want, got }];
    });
    expect(rows.filter(({ said }) => said.length === 1).length).toBeGreaterThan(500);
    expect(differing).toEqual([]);
  });
});
