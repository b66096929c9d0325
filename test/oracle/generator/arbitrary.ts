import fc from 'fast-check';
import { VARIANTS, type Variant } from '../../support/switched-planner.ts';
import { type Node, nodesOf, print, smaller } from './node.ts';
import { Choice } from './scope.ts';
import { statement } from './statement.ts';

/** How a query reaches the server, and in what format its answer comes. */
export type Protocol = 'simple' | 'extended' | 'prepared' | 'binary';

export interface Sample {
  readonly node: Node;
  readonly protocol: Protocol;
  /** Says over which of the worlds it is asked. */
  readonly world: number;
  /** The plan that Skein is made to choose; undefined: its own. */
  readonly variant: Variant | undefined;
  /** The constants that are sent as parameters. */
  readonly parameters: ReadonlySet<Node>;
}

export function printSample({ node, protocol, parameters }: Sample) {
  return print(node, (constant) => protocol !== 'simple' && parameters.has(constant));
}

export function featuresOf({ node, variant, protocol }: Sample): ReadonlySet<string> {
  const found = new Set<string>([`protocol ${protocol}`]);
  if (variant !== undefined) found.add(`variant ${variant}`);
  for (const { feature } of nodesOf(node)) if (feature !== undefined) found.add(feature);
  return found;
}

const PROTOCOLS = ['simple', 'simple', 'simple', 'extended', 'prepared', 'binary'] as const;

/** Random statements of the supported grammar; a failing one is made smaller as long as it stays valid and fails. */
class StatementArbitrary extends fc.Arbitrary<Sample> {
  override generate(random: fc.Random): fc.Value<Sample> {
    const choice = new Choice(random);
    const node = statement(choice);
    const protocol = choice.pick(PROTOCOLS);
    const constants = [...nodesOf(node)].filter(({ literal }) => literal !== undefined);
    const parameters = new Set(constants.filter(() => choice.chance(40)));
    const variant = choice.chance(30) ? choice.pick(VARIANTS) : undefined;
    const world = choice.int(0, 999_999);
    return new fc.Value({ node, protocol, world, variant, parameters }, undefined);
  }

  override canShrinkWithoutContext(_value: unknown): _value is Sample {
    return false;
  }

  override shrink(sample: Sample): fc.Stream<fc.Value<Sample>> {
    return new fc.Stream(steps(sample)).map((less) => new fc.Value(less, undefined));
  }
}

function* steps(sample: Sample): Generator<Sample> {
  if (sample.variant !== undefined) yield { ...sample, variant: undefined };
  if (sample.protocol !== 'simple') {
    yield { ...sample, protocol: 'simple' };
    if (sample.protocol !== 'extended') yield { ...sample, protocol: 'extended' };
  }
  for (const node of smaller(sample.node)) yield { ...sample, node };
}

export const statements: fc.Arbitrary<Sample> = new StatementArbitrary();
