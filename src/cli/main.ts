import { toSkeinError } from '../base/errors.ts';
import { createProgram } from './program.ts';

createProgram()
  .parseAsync()
  .catch((thrown: unknown) => {
    const error = toSkeinError(thrown);
    const { detail, hint } = error.fields;
    const more = [detail && `detail: ${detail}`, hint && `hint: ${hint}`]
      .filter(Boolean)
      .map((line) => `${line}\n`);
    process.stderr.write(`skein: ${error.message}\n${more.join('')}`);
    process.exitCode = 1;
  });
