import fc from 'fast-check';
import { type Postgres, startPostgres } from '../../support/postgres.ts';
import { startWorld, type World, type WorldOptions } from '../../support/world.ts';
import { featuresOf, printSample, type Sample, statements } from './arbitrary.ts';
import type { RefusalRates } from './rates.ts';
import { type Trial, tryQuery } from './trial.ts';
import { VIEW_DEFINITIONS } from './views.ts';

type NamedWorld = WorldOptions & { readonly name: string };

/** Random relations over 1, 2 and 5 agents. */
export function worldsFor(seed: number): readonly NamedWorld[] {
  const base = { seed, split: 'random', nulls: 9 } as const;
  return [
    { ...base, name: 'five agents', agents: 5, rows: 70 },
    { ...base, name: 'two agents, NULL-heavy, by sale', agents: 2, rows: 50, nulls: 2, split: 'by-sale' },
    {
      ...base,
      name: 'five agents, one empty',
      agents: 5,
      rows: 40,
      split: 'one-empty',
      timeZone: 'America/New_York',
    },
    { ...base, name: 'one agent', agents: 1, rows: 40 },
  ];
}

export interface Worlds {
  readonly all: readonly World[];
  readonly names: readonly string[];
  close(): Promise<void>;
}

export async function startWorlds(options: readonly NamedWorld[]): Promise<Worlds> {
  const postgres: Postgres = await startPostgres();
  const all: World[] = [];
  for (const named of options) {
    const world = await startWorld(postgres, named.name, named);
    for (const sql of VIEW_DEFINITIONS) await Promise.all([world.oracle.query(sql), world.skein.query(sql)]);
    all.push(world);
  }
  return {
    all,
    names: options.map(({ name }) => name),
    async close() {
      const closed = await Promise.allSettled(all.map((world) => world.close()));
      await postgres.close();
      const failures = closed.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      if (failures.length > 0) throw new AggregateError(failures, 'a world did not end well');
    },
  };
}

export interface Failure {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  readonly world: string;
  /** The optional rewrite that was left out. */
  readonly variant: string | undefined;
  readonly reason: string;
  readonly seed: number;
  /** How many queries of the seed ran before it. */
  readonly after: number;
  /** The query as it was made, before it was made smaller. */
  readonly first: string;
}

/** A failing query is made smaller by no more attempts than this. */
const MAX_SHRINKS = 1500;

/** Asks `runs` random queries of both databases; the first on which they differ, as small as it was made. */
export async function runQueries(
  worlds: Worlds,
  run: {
    readonly seed: number;
    readonly runs: number;
    readonly rates: RefusalRates;
    /** Not longer; undefined: as long as it takes. */
    readonly milliseconds?: number;
  },
): Promise<Failure | undefined> {
  let shrinks: number | undefined;
  let found: Trial | undefined;
  const property = fc.asyncProperty(statements, async (sample) => {
    if (shrinks !== undefined && ++shrinks > MAX_SHRINKS) return;
    const { world } = worldOf(worlds, sample);
    world.planner.variant = sample.variant;
    const trial = await tryQuery(world, sample);
    const { verdict } = trial;
    if (shrinks === undefined) run.rates.add(featuresOf(sample), verdict);
    if (verdict.kind !== 'different') return;
    shrinks ??= 0;
    found = trial;
    throw new Error(verdict.reason);
  });
  const details = await fc.check(property, {
    seed: run.seed,
    numRuns: run.runs,
    verbose: true,
    ...(run.milliseconds === undefined ? {} : { interruptAfterTimeLimit: run.milliseconds }),
  });
  const [sample] = details.counterexample ?? [];
  if (sample === undefined || found === undefined) return undefined;
  const [first] = details.failures[0] ?? [];
  return {
    sql: found.sql,
    parameters: found.parameters,
    world: worldOf(worlds, sample).name,
    variant: sample.variant,
    reason: found.verdict.kind === 'same' ? '' : found.verdict.reason,
    seed: run.seed,
    after: details.numRuns - 1,
    first: first === undefined ? '' : printSample(first).sql,
  };
}

function worldOf({ all, names }: Worlds, sample: Sample) {
  const at = sample.world % all.length;
  const world = all[at];
  if (world === undefined) throw new Error('there are no worlds');
  return { world, name: names[at] ?? '' };
}

export function describeFailure(failure: Failure): string {
  const parameters = failure.parameters.length === 0 ? '' : `\n  with ${JSON.stringify(failure.parameters)}`;
  return (
    `seed ${failure.seed}, query ${failure.after + 1}, over ${failure.world}${failure.variant === undefined ? '' : `, variant ${failure.variant}`}:\n` +
    `  ${failure.sql}${parameters}\n${failure.reason.replaceAll(/^/gm, '  ')}\n  made smaller from: ${failure.first}`
  );
}
