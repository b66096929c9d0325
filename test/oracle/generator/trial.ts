import { type Answer, ask, differences, isOrdered } from '../../support/compare.ts';
import type { World } from '../../support/world.ts';
import { type Protocol, printSample, type Sample } from './arbitrary.ts';
import type { Printed } from './node.ts';

/** What became of one query. `void`: PostgreSQL itself gives an error, at a row that another plan might not have computed. */
export type Verdict =
  | { readonly kind: 'same' }
  | { readonly kind: 'void'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'different'; readonly reason: string };

export interface Trial {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  readonly verdict: Verdict;
}

export async function tryQuery(world: World, sample: Sample): Promise<Trial> {
  const printed = printSample(sample);
  const { sql, parameters } = printed;
  if (sample.protocol === 'prepared') return tryPrepared(world, sample, printed);
  const [expected, actual] = await Promise.all(askBoth(world, sample.protocol, sql, parameters));
  return { sql, parameters, verdict: judge(expected, actual, isOrdered(sql)) };
}

let prepared = 0;

/** A prepared statement with one list of values, and then with others: some NULL, some of another parameter. */
async function tryPrepared(
  { oracle, skein }: World,
  { world: seed }: Sample,
  { sql, parameters, types }: Printed,
): Promise<Trial> {
  prepared += 1;
  const name = `prepared${prepared}`;
  const others = parameters.map((value, i) => {
    const turn = (seed + i) % 4;
    if (turn === 0) return null;
    return turn === 1
      ? value
      : (parameters.find((_, j) => j !== i && types[i] !== undefined && types[j] === types[i]) ?? value);
  });
  for (const values of [parameters, others]) {
    const [expected, actual] = await Promise.all([
      ask(oracle, sql, values, name),
      ask(skein, sql, values, name),
    ]);
    const verdict = judge(expected, actual, isOrdered(sql));
    if (verdict.kind !== 'same' || values === others) {
      await Promise.all([ask(oracle, `DEALLOCATE ${name}`), ask(skein, `DEALLOCATE ${name}`)]);
      return { sql, parameters: values, verdict };
    }
  }
  throw new Error('both lists of values were tried');
}

function askBoth(
  { oracle, skein, binary }: World,
  protocol: Exclude<Protocol, 'prepared'>,
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
