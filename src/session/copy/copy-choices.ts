import { SkeinError } from '../../base/errors.ts';
import type { CopyOption } from '../../sql/copy-statement.ts';

/** What becomes of a row with a value that is none of its column's type: it ends the COPY, or is left out. */
export type OnError = 'stop' | 'ignore';

/** What is told of the rows left out: nothing, how many, or each of them. */
export type Verbosity = 'silent' | 'default' | 'verbose';

export function onErrorOf(option: CopyOption, text: () => string): OnError {
  if (option.value.kind === 'none') return 'stop';
  const given = text();
  const choice = given.toLowerCase();
  if (choice === 'stop' || choice === 'ignore') return choice;
  throw notRecognized('ON_ERROR', given, option);
}

export function verbosityOf(option: CopyOption, text: () => string): Verbosity {
  if (option.value.kind === 'none') return 'default';
  const given = text();
  const choice = given.toLowerCase();
  if (choice === 'silent' || choice === 'default' || choice === 'verbose') return choice;
  throw notRecognized('LOG_VERBOSITY', given, option);
}

function notRecognized(what: string, given: string, { position }: CopyOption): SkeinError {
  return new SkeinError('invalidParameterValue', `COPY ${what} "${given}" not recognized`, { position });
}

/** defGetCopyRejectLimitOption. */
export function rejectLimitOf({ name, value }: CopyOption, text: () => string): bigint {
  if (value.kind === 'none') throw new SkeinError('syntaxError', `${name} requires a numeric value`);
  const given = text();
  if (!/^\s*[+-]?\d+\s*$/.test(given)) {
    throw new SkeinError('invalidText', `invalid input syntax for type bigint: "${given}"`);
  }
  const limit = BigInt(given.trim().replace(/^\+/, ''));
  if (limit > 0n) return limit;
  throw new SkeinError('invalidParameterValue', `REJECT_LIMIT (${given}) must be greater than zero`);
}
