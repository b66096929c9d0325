import type { CharacterSet } from './character-set.ts';
import { type Automaton, build, isGreedy } from './deterministic.ts';
import { capturingGroups } from './groups.ts';
import { hasPart, type Regex } from './regex.ts';

export interface Machine {
  readonly automaton: Automaton;
  readonly positions: readonly CharacterSet[];
}

/** A run that PostgreSQL's engine matches as one, or a capturing group. */
export interface Unit {
  readonly machine: Machine;
  /** Takes the shortest text with which the rest still matches, else the longest. */
  readonly shortest: boolean;
  readonly captured?: readonly Branch[];
}

export interface Branch {
  readonly atStart: boolean;
  readonly atEnd: boolean;
  readonly machine: Machine;
  readonly shortest: boolean;
  readonly units: readonly Unit[];
}

type Preference = 'none' | 'longest' | 'shortest' | 'mixed';

/**
 * The expression as PostgreSQL's engine takes a match apart: from the leftmost start to the longest end (the shortest, where
 * the first quantifier prefers it), then from left to right, run by run between capturing groups. undefined where this
 * isn't surely what it does: repeated or optional groups that capture, and quantifiers of both kinds within one another.
 */
export function dissectionOf(regex: Regex): readonly Branch[] | undefined {
  if (!isGreedy(regex) && hasExactCount(regex)) return undefined;
  return branchesOf(regex, true);
}

function branchesOf(regex: Regex, outermost: boolean): readonly Branch[] | undefined {
  const all = regex.kind === 'alternatives' ? regex.branches : [regex];
  const branches = all.flatMap((branch) => branchOf(branch, outermost) ?? []);
  if (branches.length < all.length || (all.length > 1 && !all.every(isGreedy))) return undefined;
  return branches;
}

function branchOf(regex: Regex, outermost: boolean): Branch | undefined {
  const parts = regex.kind === 'concat' ? regex.parts : [regex];
  const atStart = outermost && parts[0]?.kind === 'start';
  const atEnd = outermost && parts.length > (atStart ? 1 : 0) && parts.at(-1)?.kind === 'end';
  const inner = parts.slice(atStart ? 1 : 0, atEnd ? -1 : undefined);
  const machine = machineOf(inner);
  const units = unitsOf(inner);
  if (machine === undefined || units === undefined) return undefined;
  const first = units.find((unit) => unit.prefers !== 'none');
  const built = units.flatMap((unit) => builtUnit(unit) ?? []);
  if (built.length < units.length) return undefined;
  return { atStart, atEnd, machine, shortest: first?.prefers === 'shortest', units: built };
}

function machineOf(parts: readonly Regex[]): Machine | undefined {
  const positions: CharacterSet[] = [];
  const automaton = build({ kind: 'concat', parts }, positions);
  return automaton === undefined ? undefined : { automaton, positions };
}

interface Run {
  readonly parts: readonly Regex[];
  readonly prefers: Preference;
}

const captures = (part: Regex): boolean => part.kind === 'group' && part.captures;

/** A part that captures, or whose preference isn't that of the run before it, stands alone. */
function unitsOf(parts: readonly Regex[]): readonly Run[] | undefined {
  const runs: Run[] = [];
  let open: Run = { parts: [], prefers: 'none' };
  for (const part of parts) {
    const prefers = preference(part);
    if (prefers === 'mixed' || (!captures(part) && capturingGroups(part).length > 0)) return undefined;
    const together = either(open.prefers, prefers);
    if (captures(part) || together === 'mixed') {
      runs.push(open, { parts: [part], prefers });
      open = { parts: [], prefers: 'none' };
    } else {
      open = { parts: [...open.parts, part], prefers: together };
    }
  }
  return [...runs, open].filter((run) => run.parts.length > 0);
}

function builtUnit(run: Run): Unit | undefined {
  const machine = machineOf(run.parts);
  if (machine === undefined) return undefined;
  const shortest = run.prefers === 'shortest';
  const [part] = run.parts;
  if (part?.kind !== 'group' || !part.captures) return { machine, shortest };
  const captured = branchesOf(part.body, false);
  return captured === undefined ? undefined : { machine, shortest, captured };
}

function either(a: Preference, b: Preference): Preference {
  if (a === 'none') return b;
  return b === 'none' || a === b ? a : 'mixed';
}

function preference(regex: Regex): Preference {
  switch (regex.kind) {
    case 'set':
    case 'start':
    case 'end':
      return 'none';
    case 'group':
      return captures(regex) ? firstPreference(regex.body) : preference(regex.body);
    case 'concat':
      return regex.parts.map(preference).reduce(either, 'none');
    case 'alternatives':
      return isGreedy(regex) ? 'longest' : 'mixed';
    case 'repeat':
      return either(regex.greedy ? 'longest' : 'shortest', preference(regex.body));
  }
}

/** Within a group that captures, preferences may differ: the first that there is counts outside. */
function firstPreference(body: Regex): Preference {
  if (body.kind !== 'concat') return preference(body);
  return body.parts.map(preference).find((prefers) => prefers !== 'none') ?? 'none';
}

/** {m} has no preference and {m,m} has one, which the tree doesn't tell apart. */
function hasExactCount(regex: Regex): boolean {
  return hasPart(regex, (part) => part.kind === 'repeat' && part.least === part.most);
}
