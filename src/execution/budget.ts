import { SkeinError } from '../base/errors.ts';
import type { Fragment } from '../plan/distributed.ts';
import { gatherAdvice } from '../plan/gather-advice.ts';
import type { GatherLimit } from './execution.ts';

export interface Amount {
  readonly bytes: number;
  readonly rows: number;
}

/** skein.gather_limit and skein.gather_row_limit over one statement. */
export class GatherBudget {
  readonly #limit: GatherLimit;
  #bytes = 0;
  #rows = 0;

  constructor(limit: GatherLimit) {
    this.#limit = limit;
  }

  /** @throws 54000 once the statement has gathered more than it may. */
  take(amount: Amount, source: Pick<Fragment, 'reason' | 'estimate'> | undefined): void {
    this.#bytes += amount.bytes;
    this.#rows += amount.rows;
    if (this.#bytes <= this.#limit.bytes && this.#rows <= this.#limit.rows) return;
    throw overLimit(this.#limit, source);
  }

  /** What a failed task had brought is not held any more. */
  giveBack(amount: Amount): void {
    this.#bytes -= amount.bytes;
    this.#rows -= amount.rows;
  }
}

function overLimit(
  limit: GatherLimit,
  source: Pick<Fragment, 'reason' | 'estimate'> | undefined,
): SkeinError {
  const why =
    source === undefined
      ? ''
      : ` Rows are gathered for: ${source.reason}; ${source.estimate.rows} rows were estimated.`;
  return new SkeinError(
    'limitExceeded',
    `the statement gathers more than skein.gather_limit and skein.gather_row_limit allow (${limit.bytes} bytes, ${limit.rows} rows)`,
    {
      detail: `No agent can compute this part alone, so its rows come to the proxy.${why}`,
      hint: gatherAdvice(source === undefined ? [] : [source.reason]),
    },
  );
}
