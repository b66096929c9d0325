/** One case of a golden file: what is asked, what must and must not be done about it, and what was recorded. */
export interface GoldenCase {
  /** Why this plan. */
  readonly comment: string;
  /** Rewrites that must fire. */
  readonly expect: readonly string[];
  /** Rewrites that must not. */
  readonly expectNot: readonly string[];
  /** Settings of the session, as `name=value`. */
  readonly settings: readonly string[];
  readonly sql: string;
}

export interface Recorded {
  readonly plan: readonly string[];
  readonly rows: readonly string[];
}

const END = '====';

/**
 * A file is a sequence of cases, each ended by a line `====`: comment lines (`# …`), directives in brackets, SQL, and below
 * `---- plan` and `---- rows` what was recorded, which isn't read here.
 */
export function parseGolden(text: string): readonly GoldenCase[] {
  return text
    .split(`\n${END}\n`)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseCase);
}

function parseCase(text: string): GoldenCase {
  const lines = (text.split('\n---- plan')[0] ?? '').split('\n');
  const comment = lines.filter((line) => line.startsWith('#')).map((line) => line.slice(1).trim());
  const directives = lines
    .filter((line) => line.startsWith('['))
    .flatMap((line) => line.replaceAll(/[[\]]/g, '').split(' '));
  const values = (name: string): readonly string[] =>
    directives
      .filter((directive) => directive.startsWith(`${name}=`))
      .flatMap((directive) => directive.slice(name.length + 1).split(','));
  const sql = lines.filter((line) => !line.startsWith('#') && !line.startsWith('[')).join('\n');
  return {
    comment: comment.join('\n'),
    expect: values('expect'),
    expectNot: values('expect-not'),
    settings: values('set'),
    sql: sql.trim(),
  };
}

export function printGolden(cases: readonly (readonly [GoldenCase, Recorded])[]): string {
  return cases.map(([golden, recorded]) => `${printCase(golden, recorded)}\n${END}\n`).join('\n');
}

function printCase(golden: GoldenCase, { plan, rows }: Recorded): string {
  const directives = [
    ...(golden.expect.length === 0 ? [] : [`expect=${golden.expect.join(',')}`]),
    ...(golden.expectNot.length === 0 ? [] : [`expect-not=${golden.expectNot.join(',')}`]),
    ...golden.settings.map((setting) => `set=${setting}`),
  ];
  return [
    ...golden.comment.split('\n').map((line) => `# ${line}`),
    ...(directives.length === 0 ? [] : [`[${directives.join(' ')}]`]),
    golden.sql,
    '---- plan',
    ...plan,
    '---- rows',
    ...rows,
  ].join('\n');
}
