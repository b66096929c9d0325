import { SkeinError } from '../base/errors.ts';
import type { Encryption } from '../pgwire/session-handler.ts';

/** What pg_stat_activity tells of a session. Times are µs since 1970. */
export interface Activity {
  readonly processId: number;
  readonly user: string;
  readonly database: string;
  readonly remoteAddress: string;
  readonly remotePort: number | undefined;
  readonly encryption: Encryption | undefined;
  readonly startedAt: bigint;
  readonly applicationName: string;
  readonly state: 'active' | 'idle' | 'idle in transaction' | 'idle in transaction (aborted)';
  readonly query: string;
  readonly transactionStartedAt: bigint | undefined;
  readonly queryStartedAt: bigint | undefined;
  readonly stateChangedAt: bigint;
}

export interface LiveSession {
  activity(): Activity;
  cancel(): void;
  terminate(): void;
}

/** The sessions that are connected. */
export class Activities {
  readonly #limit: number;
  readonly #sessions = new Map<number, LiveSession>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(processId: number, session: LiveSession): void {
    if (this.#sessions.size >= this.#limit) {
      throw new SkeinError('tooManyConnections', 'sorry, too many clients already');
    }
    this.#sessions.set(processId, session);
  }

  remove(processId: number): void {
    this.#sessions.delete(processId);
  }

  find(processId: number): LiveSession | undefined {
    return this.#sessions.get(processId);
  }

  list(): readonly Activity[] {
    return [...this.#sessions.values()].map((session) => session.activity());
  }
}
