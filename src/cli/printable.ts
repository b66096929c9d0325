const ESCAPES: Readonly<Record<string, string>> = { '\n': '\n', '\t': '    ' };

/** A text as a terminal may show it: control characters, which could steer the terminal, are spelt out. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return ESCAPES[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
