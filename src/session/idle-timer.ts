import { FatalError } from '../pgwire/fatal-error.ts';
import type { Settings } from './settings/settings.ts';

/** Ends a session that is idle for too long: idle_in_transaction_session_timeout and idle_session_timeout. */
export class IdleTimer {
  readonly #terminate: (reason: FatalError) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(terminate: (reason: FatalError) => void) {
    this.#terminate = terminate;
  }

  start(settings: Settings, inTransaction: boolean): void {
    this.stop();
    const ms = settings.number(
      inTransaction ? 'idle_in_transaction_session_timeout' : 'idle_session_timeout',
    );
    if (ms === 0) return;
    const reason = inTransaction
      ? new FatalError({ sqlstate: '25P03' }, 'terminating connection due to idle-in-transaction timeout')
      : new FatalError({ sqlstate: '57P05' }, 'terminating connection due to idle-session timeout');
    this.#timer = setTimeout(() => this.#terminate(reason), ms).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
