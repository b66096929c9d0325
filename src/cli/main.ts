import { endingOf } from './failure.ts';
import { createProgram } from './program.ts';

// A reader such as `head` that has seen enough is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

createProgram()
  .parseAsync()
  .catch((thrown: unknown) => {
    const { text, exitCode } = endingOf(thrown);
    process.stderr.write(text);
    process.exit(exitCode);
  });
