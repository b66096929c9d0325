#!/usr/bin/env node
import { toSkeinError } from '../base/errors.ts';
import { createProgram } from './program.ts';

// DuckDB calls block a thread of libuv's pool each: before anything uses the pool (DESIGN §8).
process.env['UV_THREADPOOL_SIZE'] ??= '16';

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
