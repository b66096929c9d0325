import { createHash } from 'node:crypto';
import { Lru } from '../base/lru.ts';
import type { AnalysisSession } from './engine.ts';

const MAX_VERDICTS = 2000;

/** Catalog queries that the guard has let pass. What it says depends on all that is part of the key. */
export const passedQueries = (): Lru<true> => new Lru(MAX_VERDICTS);

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
