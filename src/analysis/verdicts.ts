import { createHash } from 'node:crypto';
import type { AnalysisSession } from './engine.ts';

const MAX_VERDICTS = 2000;

/** Catalog queries that the guard has let pass, the newest. What it says depends on all that is part of the key. */
export class Verdicts {
  readonly #passed = new Map<string, true>();

  has(key: string): boolean {
    if (!this.#passed.delete(key)) return false;
    this.#passed.set(key, true);
    return true;
  }

  add(key: string): void {
    this.#passed.set(key, true);
    const [oldest] = this.#passed.keys();
    if (this.#passed.size > MAX_VERDICTS && oldest !== undefined) this.#passed.delete(oldest);
  }
}

/** @param versions of the shadow. */
export function verdictKey(
  versions: readonly number[],
  sql: string,
  parameterOids: readonly number[],
  session: AnalysisSession,
): string {
  const { user, searchPath, overlay } = session;
  return createHash('sha256')
    .update(JSON.stringify([versions, overlay?.id ?? 0, user, searchPath, parameterOids, sql]))
    .digest('base64');
}
