import { tokens } from './lexical.ts';

const INSTANT = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/i;
/** Escapes spell any word, and so do literals that continue one another. */
const SPELLS = /^(?:e.*\\|u&)/is;

/** Whether a literal may name an instant that is another each time that PostgreSQL reads it: 'now', 'today 12:00', '{tomorrow}'. */
export function mayNameAnInstant(sql: string): boolean {
  if (!INSTANT.test(sql) && !/\\|u&|'\s*[\n\r]/i.test(sql)) return false;
  let continues = false;
  for (const { kind, text } of tokens(sql)) {
    const isLiteral = kind === 'quoted' && !/^(?:u&)?"/i.test(text);
    if (isLiteral && (continues || INSTANT.test(text) || SPELLS.test(text))) return true;
    continues = isLiteral;
  }
  return false;
}
