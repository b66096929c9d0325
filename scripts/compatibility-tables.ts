import { AGGREGATES, SCALARS, WINDOWS } from '../src/dialect/table.ts';

/** What of PostgreSQL's functions, operators and casts Skein was taught, as Markdown, from the dialect table itself. */
export function compatibilityTables(): string {
  const scalars = [...SCALARS.keys()].filter(isPublic);
  const of = (belongs: (signature: string) => boolean) => scalars.filter(belongs).sort();
  const isCast = (signature: string) => signature.startsWith('cast ');
  const isTypmod = (signature: string) => signature.startsWith('typmod ');
  const isFunction = (signature: string) => !isCast(signature) && /^[a-z_0-9]+\(/.test(signature);
  const isOperator = (signature: string) =>
    !isCast(signature) && !isTypmod(signature) && !isFunction(signature);
  return [
    section('Operators', of(isOperator)),
    section('Functions', of(isFunction)),
    section(
      'Casts',
      of(isCast).map((signature) => signature.slice('cast '.length)),
    ),
    section(
      'Length and precision of types',
      of(isTypmod).map((signature) => signature.slice('typmod '.length).replace(' explicit', '')),
    ),
    section('Aggregates', [...AGGREGATES.keys()].filter(isPublic).sort()),
    section('Window functions', [...WINDOWS.keys()].filter(isPublic).sort()),
  ].join('\n');
}

/** Skein's own steps of split aggregates are no functions of PostgreSQL. */
function isPublic(signature: string): boolean {
  return !signature.startsWith('skein.');
}

function section(title: string, signatures: readonly string[]): string {
  return `### ${title} (${signatures.length})\n\n${signatures.map((signature) => `\`${signature}\``).join(', ')}\n`;
}
