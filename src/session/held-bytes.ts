import type { RawParameter } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields } from '../sql/raw-tree.ts';

/** What a session's prepared statements, portals and cursors keep between its messages, together. */
export class HeldBytes {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws 53200 if there would be more than the limit. */
  take(bytes: number): void {
    if (this.#held + bytes > this.#limit) {
      throw new SkeinError('outOfMemory', 'out of memory', {
        detail: `The session's prepared statements, portals and cursors hold ${this.#held} bytes; ${bytes} more would exceed maxSessionMemory, ${this.#limit} bytes.`,
        hint: 'Deallocate statements, close portals and cursors, or declare cursors without SCROLL: then rows stream through.',
      });
    }
    this.#held += bytes;
  }

  give(bytes: number): void {
    this.#held -= bytes;
  }
}

/** About what an object of a tree takes, with its keys. */
const NODE_BYTES = 100;

/** About what a statement keeps: its text and its tree. */
export function statementBytes(text: string, statement: Statement | undefined): number {
  let nodes = 0;
  const waiting: unknown[] = [statement?.tree.fields];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    nodes += 1;
    for (const inner of Array.isArray(value) ? value : Object.values(rawFields(value))) {
      if (typeof inner === 'object' && inner !== null) waiting.push(inner);
    }
  }
  return text.length + nodes * NODE_BYTES;
}

export function parameterBytes(parameters: readonly RawParameter[]): number {
  return parameters.reduce((sum, { value }) => sum + NODE_BYTES + (value?.byteLength ?? 0), 0);
}
