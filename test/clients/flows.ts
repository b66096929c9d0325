import { readdirSync, readFileSync } from 'node:fs';

/** One statement of a flow: see flows/README.md. */
export interface FlowStep {
  readonly name: string;
  readonly sql: string;
  readonly parameters: readonly { readonly type: string; readonly expression: string }[];
  readonly simple: boolean;
  readonly unordered: boolean;
  readonly drop: ReadonlySet<string>;
  readonly onlyColumns: boolean;
  readonly fails: boolean;
}

const DIRECTORY = new URL('./flows/', import.meta.url);

/** The names of the tools. */
export const FLOWS: readonly string[] = readdirSync(DIRECTORY)
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.replace(/\.sql$/, ''));

export function readFlow(tool: string): readonly FlowStep[] {
  const text = readFileSync(new URL(`${tool}.sql`, DIRECTORY), 'utf8');
  const steps: { directives: string[]; lines: string[] }[] = [];
  let inSql = true;
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const directive = /^--@ (.*)$/.exec(line)?.[1];
    if (directive === undefined) {
      steps.at(-1)?.lines.push(line);
      inSql = true;
    } else if (inSql) {
      steps.push({ directives: [directive], lines: [] });
      inSql = false;
    } else steps.at(-1)?.directives.push(directive);
  }
  return steps.map(({ directives, lines }) => step(directives, lines.join('\n')));
}

function step([name = '', ...directives]: readonly string[], sql: string): FlowStep {
  const has = (word: string) => directives.includes(word);
  const argument = (word: string) =>
    directives.find((directive) => directive.startsWith(`${word} `))?.slice(word.length + 1) ?? '';
  const known = /^(?:simple|unordered|error|only columns|(?:params|drop) .+)$/;
  const unknown = directives.find((directive) => !known.test(directive));
  if (unknown !== undefined) throw new Error(`${name}: no such directive: ${unknown}`);
  return {
    name,
    sql,
    parameters: argument('params').split('; ').filter(Boolean).map(parameter),
    simple: has('simple'),
    unordered: has('unordered'),
    drop: new Set(argument('drop').split(', ')),
    onlyColumns: has('only columns'),
    fails: has('error'),
  };
}

function parameter(text: string): { readonly type: string; readonly expression: string } {
  const at = text.indexOf(':');
  return { type: text.slice(0, at), expression: text.slice(at + 1) };
}
