import { CommanderError } from 'commander';
import { SkeinError, toSkeinError } from '../base/errors.ts';

/** The command was used or configured wrongly; nothing was tried. */
const EXIT_USAGE = 2;
const EXIT_FAILED = 1;

/** Ends a command with a text of its own on standard error. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = EXIT_FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Ending {
  readonly text: string;
  readonly exitCode: number;
}

/** What is said, and with which code the command ends, when this was thrown. Never a stack trace. */
export function endingOf(thrown: unknown): Ending {
  // Commander has said already what is wrong.
  if (thrown instanceof CommanderError) {
    return { text: '', exitCode: thrown.exitCode === 0 ? 0 : EXIT_USAGE };
  }
  if (thrown instanceof Failure) return { text: `${thrown.message}\n`, exitCode: thrown.exitCode };
  const error = toSkeinError(thrown);
  const { detail, hint } = error.fields;
  const lines = [`skein: ${error.message}`];
  if (detail !== undefined) lines.push(`detail: ${detail}`);
  if (hint !== undefined) lines.push(`hint: ${hint}`);
  return { text: `${lines.join('\n')}\n`, exitCode: isUsage(error) ? EXIT_USAGE : EXIT_FAILED };
}

function isUsage(error: SkeinError): boolean {
  return error.code === new SkeinError('invalidParameterValue', '').code;
}
