import { PGlite } from '@electric-sql/pglite';
import { AGGREGATES, SCALARS, WINDOWS } from '../src/dialect/table.ts';
import { CHAPTERS } from './postgres-chapters.ts';

/** What the planner itself converts: values of the session, and sets. */
const CONVERTED: ReadonlySet<string> = new Set([
  'now()',
  'statement_timestamp()',
  'transaction_timestamp()',
  'age(timestamp)',
  'age(timestamptz)',
  'unnest(anyarray)',
  'string_to_table(text,text)',
  'string_to_table(text,text,text)',
  'regexp_split_to_table(text,text)',
  'regexp_split_to_table(text,text,text)',
  'generate_subscripts(anyarray,int4)',
  ...['int4', 'int8', 'numeric'].flatMap((type) => [
    `generate_series(${type},${type})`,
    `generate_series(${type},${type},${type})`,
  ]),
  'row_to_json(record)',
  'row_to_json(record,bool)',
  'generate_series(timestamp,timestamp,interval)',
  'generate_series(timestamptz,timestamptz,interval)',
  'generate_series(timestamptz,timestamptz,interval,text)',
  ...['json', 'jsonb'].flatMap((type) => [`${type}_each(${type})`, `${type}_each_text(${type})`]),
]);

/** Supported with a difference that the document permits. */
const DIFFERING =
  /^(?:(?:sum|avg|stddev\w*|var\w*|corr|covar_\w+|regr_(?!count)\w+)\(float|(?:avg|stddev\w*|var\w*)\((?!interval)|(?:sqrt|exp|ln|log|log10|power|pow)\(numeric|(?:sin|cos|tan|cot|asin|acos|atan)d?\(|any_value\()/;

const SIGNATURES = `SELECT DISTINCT p.proname || '(' || CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '*' ELSE
    coalesce((SELECT string_agg(t.typname, ',' ORDER BY a.i)
      FROM unnest(p.proargtypes) WITH ORDINALITY AS a(oid, i) JOIN pg_type t ON t.oid = a.oid), '') END || ')' AS signature
  FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = ANY($1) AND p.prokind = $2
  ORDER BY 1`;

/** The chapters as a Markdown table, counted over the embedded catalog; and what of each is refused. */
export async function compatibilityCounts(): Promise<string> {
  const postgres = await PGlite.create();
  try {
    const rows: string[] = [];
    const refusals: string[] = [];
    for (const { title, functions, kind } of CHAPTERS) {
      const { rows: found } = await postgres.query<{ signature: string }>(SIGNATURES, [functions, kind]);
      const signatures = found.map(({ signature }) => signature);
      const supported = signatures.filter(isSupported);
      const refused = signatures.filter((signature) => !isSupported(signature));
      const differing = supported.filter((signature) => DIFFERING.test(signature));
      rows.push(
        `| ${title} | ${signatures.length} | ${supported.length - differing.length} | ${differing.length} | ${refused.length} |`,
      );
      if (refused.length > 0) refusals.push(`- ${title}: ${refused.map((name) => `\`${name}\``).join(', ')}`);
    }
    return [
      '### Chapters',
      '',
      "PostgreSQL's functions by chapter of its documentation, each signature counted once. Differing: as permitted above.",
      '',
      '| chapter | functions | supported | differing | refused |',
      '|---|---|---|---|---|',
      ...rows,
      '',
      'Refused by name:',
      '',
      ...refusals,
      '',
    ].join('\n');
  } finally {
    await postgres.close();
  }
}

function isSupported(signature: string): boolean {
  return (
    SCALARS.has(signature) ||
    SCALARS.has(`skein.${signature}`) ||
    AGGREGATES.has(signature) ||
    WINDOWS.has(signature) ||
    CONVERTED.has(signature)
  );
}
