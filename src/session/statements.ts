import { SkeinError } from '../base/errors.ts';
import type { HeldBytes } from './held-bytes.ts';

/** A session's prepared statements: those of Parse and those of SQL PREPARE, in one namespace. */
export class Statements<S extends { readonly bytes: number }> {
  readonly #limit: number;
  readonly #held: HeldBytes;
  readonly #statements = new Map<string, S>();
  readonly #runs = new Map<string, number>();

  constructor(limit: number, held: HeldBytes) {
    this.#limit = limit;
    this.#held = held;
  }

  find(name: string): S | undefined {
    return this.#statements.get(name);
  }

  get(name: string): S {
    const found = this.#statements.get(name);
    if (found !== undefined) return found;
    throw new SkeinError(
      'invalidStatementName',
      name === ''
        ? 'unnamed prepared statement does not exist'
        : `prepared statement "${name}" does not exist`,
    );
  }

  /** It is bound or executed once more. */
  noteRun(name: string): void {
    this.#runs.set(name, this.runs(name) + 1);
  }

  runs(name: string): number {
    return this.#runs.get(name) ?? 0;
  }

  /** Without the unnamed one. */
  list(): readonly (readonly [string, S])[] {
    return [...this.#statements].filter(([name]) => name !== '');
  }

  /** The unnamed statement is replaced; a name in use is an error. */
  add(name: string, statement: S): void {
    this.#checkFree(name);
    this.close(name);
    this.#held.take(statement.bytes);
    this.#statements.set(name, statement);
  }

  #checkFree(name: string): void {
    if (name === '') return;
    if (this.#statements.has(name)) {
      throw new SkeinError('duplicatePreparedStatement', `prepared statement "${name}" already exists`);
    }
    if (this.#statements.size >= this.#limit) {
      throw new SkeinError('limitExceeded', `more than ${this.#limit} prepared statements`);
    }
  }

  /** Close in the protocol: no error if it isn't there. */
  close(name: string): void {
    this.#held.give(this.#statements.get(name)?.bytes ?? 0);
    this.#statements.delete(name);
    this.#runs.delete(name);
  }

  /** DEALLOCATE: it must be there. */
  deallocate(name: string): void {
    this.get(name);
    this.close(name);
  }

  /** The unnamed statement stays: PostgreSQL keeps it apart. */
  deallocateAll(): void {
    for (const name of [...this.#statements.keys()]) if (name !== '') this.close(name);
  }
}
