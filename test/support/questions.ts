export interface Question {
  readonly title: string;
  readonly sql: string;
}

/** Statements of a file, each below a comment that is its title. */
export function parseQuestions(text: string): readonly Question[] {
  return text
    .split(/^-- /m)
    .slice(1)
    .map((block) => {
      const [title = '', ...lines] = block.trim().split('\n');
      return { title, sql: lines.join('\n').replace(/;$/, '') };
    });
}
