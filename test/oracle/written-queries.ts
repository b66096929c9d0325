import { readdirSync, readFileSync } from 'node:fs';

export interface WrittenQuery {
  readonly feature: string;
  readonly sql: string;
}

/** What Skein does not do by design: these must be refused with 0A000, whatever PostgreSQL does. */
export const REFUSED: ReadonlySet<string> = new Set(['refused']);

const directory = new URL('./queries/', import.meta.url);

export function writtenQueries(): readonly WrittenQuery[] {
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .flatMap((file) => parse(readFileSync(new URL(file, directory), 'utf8')));
}

/** A line is a statement; `-- feature: x` names what the next lines show. */
function parse(text: string): readonly WrittenQuery[] {
  let feature = '';
  const queries: WrittenQuery[] = [];
  for (const line of text.split('\n').filter((candidate) => candidate.trim() !== '')) {
    const heading = /^-- feature: (.*)$/.exec(line);
    if (heading?.[1] !== undefined) feature = heading[1];
    else queries.push({ feature, sql: line });
  }
  return queries;
}
