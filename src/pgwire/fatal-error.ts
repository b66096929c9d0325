import { SkeinError } from '../base/errors.ts';

/** Ends the connection: reported with severity FATAL, after which nothing more is read. */
export class FatalError extends SkeinError {
  override readonly name = 'FatalError';
}
