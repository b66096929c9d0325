import { SkeinError } from '../base/errors.ts';
import type { OwnedRelations, OwnedSequence } from '../catalog/owned.ts';
import {
  BOOL,
  type HostFunction,
  type HostValue,
  INT4,
  INT8,
  lenient,
  strict,
} from '../dialect/host/host-function.ts';
import { SequenceLog } from './sequence-log.ts';

/** Who asks for values. */
export interface SequenceReader {
  readonly user: string;
  /** As the session sees them. */
  readonly relations: () => OwnedRelations;
  readonly readOnly: () => boolean;
}

interface ReaderState extends SequenceReader {
  /** By OID: what nextval gave last. */
  readonly given: Map<number, bigint>;
  lastUsed: number | undefined;
}

/** Values on disk are ahead of those that were given, by as many as were given since the start, within these. */
const MIN_AHEAD = 32n;
const MAX_AHEAD = 4096n;

/** One of a sequence's lives: ALTER SEQUENCE … RESTART begins another, which its transaction alone sees until it commits. */
interface Life {
  last: bigint;
  called: boolean;
  /** What the log says of it has been given, or may be. undefined: no value may be given before it is logged. */
  logged: bigint | undefined;
  count: bigint;
}

/**
 * The values of sequences. As in PostgreSQL a value that was given is never given again, whatever becomes of the transaction
 * that asked, or of the process.
 */
export class Sequences {
  readonly #log: SequenceLog;
  readonly #lives = new Map<string, Life>();
  readonly #readers = new Map<number, ReaderState>();

  static open(file: string): Sequences {
    return new Sequences(SequenceLog.open(file));
  }

  private constructor(log: SequenceLog) {
    this.#log = log;
  }

  /** What DuckDB calls back: the OID of a sequence, and the number of a session. */
  get functions(): readonly HostFunction[] {
    return [
      volatile(
        strict<[bigint, number, bigint], bigint>('nextval', [INT8, INT4, INT8], INT8, (oid, session) =>
          this.#next(Number(oid), session),
        ),
      ),
      volatile(
        strict<[bigint, number], bigint>('currval', [INT8, INT4], INT8, (oid, session) =>
          this.#current(Number(oid), session),
        ),
      ),
      volatile(strict<[number], bigint>('lastval', [INT4], INT8, (session) => this.#lastUsed(session))),
      volatile(
        lenient<[bigint, number, bigint, boolean], bigint>(
          'setval',
          [INT8, INT4, INT8, BOOL],
          INT8,
          (oid, session, value, called) =>
            oid === null || session === null || value === null || called === null
              ? null
              : this.#set(Number(oid), session, { last: value, called }),
        ),
      ),
    ];
  }

  enter(session: number, reader: SequenceReader): void {
    this.#readers.set(session, { ...reader, given: new Map(), lastUsed: undefined });
  }

  leave(session: number): void {
    this.#readers.delete(session);
  }

  /** DISCARD SEQUENCES. */
  discard(session: number): void {
    const reader = this.#reader(session);
    reader.given.clear();
    reader.lastUsed = undefined;
  }

  /** undefined: no value was given yet. */
  lastValue(sequence: OwnedSequence): bigint | undefined {
    const { last, called } = this.#life(sequence);
    return called ? last : undefined;
  }

  /** Where it stands, for who alters it. */
  state(sequence: OwnedSequence): { readonly last: bigint; readonly called: boolean } {
    const { last, called } = this.#life(sequence);
    return { last, called };
  }

  /** At the start: forgets what no definition speaks of. */
  retain(relations: OwnedRelations): void {
    const kept = new Set(
      [...relations.values()].flatMap((relation) => (relation.kind === 'sequence' ? [keyOf(relation)] : [])),
    );
    this.#log.retain((key) => kept.has(key));
  }

  /** Nothing was given that isn't logged, but the log may be ahead: it is told where each sequence stands. */
  close(): void {
    for (const [key, { last, called, logged }] of this.#lives)
      if (logged !== undefined && logged !== last) this.#log.set(key, { last, called });
    this.#log.close();
  }

  #reader(session: number): ReaderState {
    const reader = this.#readers.get(session);
    if (reader === undefined) throw new SkeinError('internal', `no session ${session}`);
    return reader;
  }

  #life(sequence: OwnedSequence): Life {
    const key = keyOf(sequence);
    const known = this.#lives.get(key);
    if (known !== undefined) return known;
    const logged = this.#log.get(key);
    const state = logged ?? { last: sequence.restart?.value ?? sequence.start, called: false };
    const life = { ...state, logged: logged?.called === true ? logged.last : undefined, count: 0n };
    this.#lives.set(key, life);
    return life;
  }

  #next(oid: number, session: number): bigint {
    const reader = this.#reader(session);
    const sequence = sequenceOf(reader, oid);
    requirePrivilege(sequence, reader.user, 'Uw');
    requireWritable(sequence, reader, 'nextval()');
    const life = this.#life(sequence);
    const { value, wrapped } = life.called
      ? following(sequence, life.last)
      : { value: life.last, wrapped: false };
    this.#secure(sequence, life, value, wrapped);
    life.last = value;
    life.called = true;
    life.count += 1n;
    reader.given.set(oid, value);
    reader.lastUsed = oid;
    return value;
  }

  /** The log says that the value was given, before it is. */
  #secure(sequence: OwnedSequence, life: Life, value: bigint, wrapped: boolean): void {
    const { increment, min, max } = sequence;
    const { logged } = life;
    const isLogged = !wrapped && logged !== undefined && (increment > 0n ? value <= logged : value >= logged);
    if (isLogged) return;
    const steps = life.count < MIN_AHEAD ? MIN_AHEAD : life.count > MAX_AHEAD ? MAX_AHEAD : life.count;
    const possible = (increment > 0n ? max - value : min - value) / increment;
    const ahead = value + (possible < steps ? possible : steps) * increment;
    this.#log.set(keyOf(sequence), { last: ahead, called: true });
    life.logged = ahead;
  }

  #current(oid: number, session: number): bigint {
    const reader = this.#reader(session);
    const sequence = sequenceOf(reader, oid);
    requirePrivilege(sequence, reader.user, 'rU');
    const value = reader.given.get(oid);
    if (value !== undefined) return value;
    throw new SkeinError(
      'objectNotInState',
      `currval of sequence "${sequence.name}" is not yet defined in this session`,
    );
  }

  #lastUsed(session: number): bigint {
    const reader = this.#reader(session);
    const { lastUsed } = reader;
    const value = lastUsed === undefined ? undefined : reader.given.get(lastUsed);
    if (lastUsed === undefined || value === undefined || !reader.relations().has(lastUsed))
      throw new SkeinError('objectNotInState', 'lastval is not yet defined in this session');
    requirePrivilege(sequenceOf(reader, lastUsed), reader.user, 'rU');
    return value;
  }

  #set(oid: number, session: number, state: { readonly last: bigint; readonly called: boolean }): bigint {
    const reader = this.#reader(session);
    const sequence = sequenceOf(reader, oid);
    requirePrivilege(sequence, reader.user, 'w');
    requireWritable(sequence, reader, 'setval()');
    const { name, min, max } = sequence;
    const { last, called } = state;
    if (last < min || last > max) {
      throw new SkeinError(
        'numericOutOfRange',
        `setval: value ${last} is out of bounds for sequence "${name}" (${min}..${max})`,
      );
    }
    const life = this.#life(sequence);
    this.#log.set(keyOf(sequence), state);
    Object.assign(life, { last, called, logged: called ? last : undefined });
    if (called) reader.given.set(oid, last);
    return last;
  }
}

const volatile = (host: HostFunction): HostFunction => ({
  ...host,
  volatile: true,
  evaluate: (args: readonly HostValue[]) => host.evaluate(args),
});

function keyOf({ oid, restart }: OwnedSequence): string {
  return restart === undefined ? String(oid) : `${oid} ${restart.id}`;
}

function sequenceOf(reader: ReaderState, oid: number): OwnedSequence {
  const relation = reader.relations().get(oid);
  if (relation?.kind === 'sequence') return relation;
  throw new SkeinError('undefinedTable', `could not open relation with OID ${oid}`);
}

/** @throws 2200H */
function following(
  { name, increment, min, max, cycles }: OwnedSequence,
  last: bigint,
): { readonly value: bigint; readonly wrapped: boolean } {
  const value = last + increment;
  if (value >= min && value <= max) return { value, wrapped: false };
  const [reached, limit, first] =
    increment > 0n ? (['maximum', max, min] as const) : (['minimum', min, max] as const);
  if (cycles) return { value: first, wrapped: true };
  throw new SkeinError(
    { sqlstate: '2200H' },
    `nextval: reached ${reached} value of sequence "${name}" (${limit})`,
  );
}

/** @param letters of an ACL, of which one is enough. */
function requirePrivilege({ name, access }: OwnedSequence, user: string, letters: string): void {
  if (access === undefined) return;
  const { owner, grants } = access;
  const granted = [user, ''].map((role) => grants?.get(role) ?? '').join('');
  const may = grants === undefined ? user === owner : [...letters].some((letter) => granted.includes(letter));
  if (!may) throw new SkeinError('insufficientPrivilege', `permission denied for sequence ${name}`);
}

function requireWritable({ temporary }: OwnedSequence, reader: ReaderState, command: string): void {
  if (temporary || !reader.readOnly()) return;
  throw new SkeinError('readOnlyTransaction', `cannot execute ${command} in a read-only transaction`);
}
