import type { RawParameter } from '../analysis/engine.ts';
import type { Client } from './client.ts';
import type { Outcome } from './portals.ts';
import type { RowReading } from './row-source.ts';
import type { Prepared } from './statement.ts';

/** One run of a statement. */
export interface Run {
  readonly client: Client;
  readonly prepared: Prepared;
  readonly parameters: readonly RawParameter[];
  readonly reading: RowReading;
  /** For statements that run others: EXECUTE, cursors. */
  readonly perform: (run: Run) => Promise<Outcome>;
}
