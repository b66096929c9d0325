import { SkeinError } from '../../base/errors.ts';
import type { Client } from '../client.ts';

/** @throws 25006 */
export function checkMayWrite({ settings }: Client, command: string): void {
  if (settings.get('transaction_read_only') !== 'on') return;
  throw new SkeinError('readOnlyTransaction', `cannot execute ${command} in a read-only transaction`);
}
