/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
}

export function fencedBlocks(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text: text.trimEnd(),
  }));
}

export type Step =
  | { readonly kind: 'command'; readonly line: string; readonly output: string | undefined }
  | { readonly kind: 'statement'; readonly sql: string; readonly output: string | undefined }
  | { readonly kind: 'file'; readonly name: string; readonly text: string };

/**
 * What a page tells its reader to do, in order: `sh` blocks a line a command, `sql` blocks their statements, `yaml` blocks whose
 * first line is a comment with the name of a file. A `text` block is the output of what stands before it.
 */
export function steps(markdown: string): readonly Step[] {
  const found: Step[] = [];
  for (const { language, text } of fencedBlocks(markdown)) {
    switch (language) {
      case 'sh':
        found.push(...text.split('\n').map((line): Step => ({ kind: 'command', line, output: undefined })));
        break;
      case 'sql':
        found.push(...statements(text).map((sql): Step => ({ kind: 'statement', sql, output: undefined })));
        break;
      case 'yaml':
        found.push({ kind: 'file', name: fileName(text), text });
        break;
      case 'text': {
        const last = found.pop();
        if (last === undefined || last.kind === 'file') throw new Error(`output of nothing: ${text}`);
        found.push({ ...last, output: text });
        break;
      }
      // What one finds in a file that is there.
      case 'jinja':
        break;
      default:
        throw new Error(`a block of ${language} is of no known kind`);
    }
  }
  return found;
}

function statements(text: string): readonly string[] {
  return text
    .split(/;$/m)
    .map((sql) => sql.trim())
    .filter((sql) => sql !== '');
}

function fileName(text: string): string {
  const name = /^# (\S+\.yaml)\n/.exec(text)?.[1];
  if (name === undefined) throw new Error(`expected the name of a file in the first line of ${text}`);
  return name;
}
