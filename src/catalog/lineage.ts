/*
 * How the rows of what users made came to be: the statement that made a table or view, the last one that changed its rows, and all
 * that these rows were computed from.
 */

/** A statement that made or changed something. */
export interface Deed {
  /** Cut where it is very long. */
  readonly statement: string;
  readonly user: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Undefined: of a view. */
  readonly rows: number | undefined;
}

/** A relation that was read. */
export interface Parent {
  readonly oid: number;
  readonly schema: string;
  /** As it was then: the name to show once the relation is gone. */
  readonly name: string;
}

/** What is known of one relation, or what one transaction adds to that. */
export interface Lineage {
  readonly made: Deed | undefined;
  readonly changed: Deed | undefined;
  /** Nothing of before is left: it was made, or emptied. */
  readonly anew: boolean;
  readonly parents: readonly Parent[];
  /** Those that were asked for rows. */
  readonly agents: readonly string[];
}

/** Statements of a dbt seed have megabytes; nobody reads those here. */
const MAX_STATEMENT = 20_000;
const MAX_PARENTS = 1000;

export const NOTHING_KNOWN: Lineage = {
  made: undefined,
  changed: undefined,
  anew: false,
  parents: [],
  agents: [],
};

/** Both, one after the other. Of more parents than are kept, the latest stay. */
export function followedBy(earlier: Lineage, later: Lineage): Lineage {
  const made = later.made ?? earlier.made;
  const changed = later.changed ?? (later.made === undefined ? earlier.changed : undefined);
  if (later.anew) return { ...later, made, changed };
  const parents = new Map([...earlier.parents, ...later.parents].map((parent) => [parent.oid, parent]));
  return {
    made,
    changed,
    anew: earlier.anew,
    parents: [...parents.values()].slice(-MAX_PARENTS),
    agents: [...new Set([...earlier.agents, ...later.agents])],
  };
}

/** With what parents were made of, in their places. @param of undefined: it stays. */
export function throughParents(lineage: Lineage, of: (oid: number) => Lineage | undefined): Lineage {
  let through: Lineage = { ...lineage, parents: [] };
  for (const parent of lineage.parents) {
    const { parents, agents } = of(parent.oid) ?? { parents: [parent], agents: [] };
    through = followedBy(through, { ...NOTHING_KNOWN, parents, agents });
  }
  return through;
}

export function shortened(sql: string): string {
  return sql.length <= MAX_STATEMENT ? sql : `${sql.slice(0, MAX_STATEMENT)}… (${sql.length} characters)`;
}
