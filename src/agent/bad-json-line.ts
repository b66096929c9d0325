import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** A longer search is not worth the better message. */
const MAX_LINES = 10_000_000;

/**
 * Number of the first line that is not JSON. DuckDB's own number is that of the next line in some files.
 * @returns undefined if each line is JSON, or the file is compressed or no JSON Lines.
 */
export async function badJsonLine(path: string): Promise<number | undefined> {
  if (!/\.(jsonl|ndjson)$/i.test(path)) return undefined;
  const file = createReadStream(path, 'utf8');
  let line = 0;
  try {
    for await (const text of createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (line > MAX_LINES) return undefined;
      if (text.trim() !== '' && !isJson(text)) return line;
    }
    return undefined;
  } finally {
    file.destroy();
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
