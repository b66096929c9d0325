import { type Answer, ask, differences, isOrdered } from '../../support/compare.ts';
import type { World } from '../../support/world.ts';
import { printSample, type Sample } from './arbitrary.ts';

/** What became of one query. `void`: PostgreSQL itself gives an error, at a row that another plan might not have computed. */
export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'void'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'different'; readonly reason: string };

export interface Trial {
  readonly sql: string;
  readonly parameters: readonly string[];
  readonly verdict: Verdict;
}

export async function tryQuery(world: World, sample: Sample): Promise<Trial> {
  const { sql, parameters } = printSample(sample);
  const [expected, actual] = await Promise.all(askBoth(world, sample, sql, parameters));
  return { sql, parameters, verdict: judge(expected, actual, isOrdered(sql)) };
}

function askBoth(
  { oracle, skein, binary }: World,
  { protocol }: Sample,
  sql: string,
  parameters: readonly string[],
): readonly [Promise<Answer>, Promise<Answer>] {
  switch (protocol) {
    case 'simple':
      return [ask(oracle, sql), ask(skein, sql)];
    case 'extended':
      return [ask(oracle, sql, parameters), ask(skein, sql, parameters)];
    case 'binary':
      return [binary.oracle.ask(sql, parameters), binary.skein.ask(sql, parameters)];
  }
}

/** SQLSTATEs of statements that are wrong whatever the rows. */
const ANALYSIS = '42';

function judge(expected: Answer, actual: Answer, ordered: boolean): Verdict {
  if (expected.sqlstate?.startsWith(ANALYSIS) && actual.sqlstate !== expected.sqlstate) {
    return { kind: 'different', reason: differences(expected, actual, ordered).join('\n') };
  }
  if (expected.sqlstate !== undefined) {
    return { kind: 'void', reason: `${expected.sqlstate} ${expected.message}` };
  }
  if (actual.sqlstate === '0A000') return { kind: 'refused', reason: actual.message ?? '' };
  const reasons = differences(expected, actual, ordered);
  return reasons.length === 0 ? { kind: 'same' } : { kind: 'different', reason: reasons.join('\n') };
}
