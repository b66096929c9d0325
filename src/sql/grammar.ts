import { createRequire } from 'node:module';
import { tooComplex } from '../base/errors.ts';

type Library = typeof import('libpg-query');

/** What PostgreSQL's parser says is wrong with a text. */
export interface GrammarError {
  readonly message: string;
  /** 0-based, in characters. */
  readonly cursor: number;
}

let library = await instantiate();
let isReplacing = false;

/**
 * PostgreSQL's raw parse tree of a text, or what its parser says. A text that overflows the stack or the memory of libpg-query's
 * WebAssembly leaves that damaged: after a few dozen of them it would parse nothing any more. So it is replaced.
 * @throws 54001
 */
export function parseGrammar(sql: string): { readonly tree: unknown } | { readonly error: GrammarError } {
  try {
    return { tree: library.parseSync(sql) };
  } catch (error) {
    if (library.hasSqlDetails(error)) {
      return { error: { message: error.message, cursor: error.sqlDetails?.cursorPosition ?? 0 } };
    }
    void replace();
    throw tooComplex('it is nested too deep, or too long', error);
  }
}

/** Until the new one is there, the old one does what it still can. */
async function replace(): Promise<void> {
  if (isReplacing) return;
  isReplacing = true;
  try {
    library = await instantiate();
  } catch {
    // There is no memory for another one now: the next text that does damage tries again.
  }
  isReplacing = false;
}

/** Another instance: the package has only one for each time that it is loaded. */
async function instantiate(): Promise<Library> {
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve('libpg-query')];
  const fresh: Library = require('libpg-query');
  await fresh.loadModule();
  return fresh;
}
