import { basename } from 'node:path';
import { SkeinError } from '../base/errors.ts';
import { hidePaths } from '../engine/errors.ts';
import { TableProblem } from './files.ts';

/** An error while reading a source, with the file's name and the line or record where DuckDB tells them. */
export function sourceProblem(error: unknown, path: string | undefined): TableProblem {
  if (error instanceof TableProblem) {
    return path === undefined || error.message.includes(basename(path))
      ? error
      : new TableProblem(`${basename(path)}: ${error.message}`);
  }
  const text = causeText(error);
  const file = path ?? /^\s*file = (.*)$/m.exec(text)?.[1];
  const reason = csvReason(text) ?? firstLine(text);
  return new TableProblem(file === undefined ? reason : `${basename(file)}: ${reason}`);
}

/** A row that a reader choked on while a task ran, named by file and line; any other error as it is. */
export function readerError(error: SkeinError): SkeinError {
  const text = causeText(error);
  if (!/CSV Error on Line|in file "/.test(text)) return error;
  return new SkeinError({ sqlstate: '22P04' }, sourceProblem(error, undefined).message, {}, error);
}

/** DuckDB's own text, which says more than the SQLSTATE's wording. */
export function causeText(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** `CSV Error on Line: 3`, then the line's text, then what is wrong with it. */
function csvReason(text: string): string | undefined {
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  if (line === undefined) return undefined;
  const what = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (what !== null) return `line ${line} has ${what[2]} columns instead of ${what[1]}`;
  if (text.includes('unterminated quote')) return `a quote that begins in line ${line} does not end`;
  if (text.includes('not utf-8')) return `line ${line} is not UTF-8`;
  const reason = text.split('\n').find((entry) => /^(Error when|Maximum|Could not)/.test(entry));
  return `line ${line}: ${reason ?? 'it is malformed'}`;
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return hidePaths(line.replace(/^[A-Z][A-Za-z ]+ Error: /, '')).slice(0, 500);
}
