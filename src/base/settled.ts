import { SkeinError } from './errors.ts';

const MAX_ATTEMPTS = 100;

/**
 * What a statement finds once nothing of it changed while it waited for others.
 * @param attempt gives undefined where something did change, and is made again.
 * @throws 40001 where that doesn't end.
 */
export async function settled<T extends object>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const found = await attempt();
    if (found !== undefined) return found;
  }
  throw new SkeinError('serializationFailure', 'what this statement refers to changes all the time');
}
