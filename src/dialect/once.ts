/** A column, or a literal: evaluating it twice costs nothing. A subquery may not stand in a lambda. */
const SIMPLE = /^(?!\((?:SELECT|WITH)\b)\(?[^()]{0,80}\)?(::[A-Z]+(\(\d+(,\d+)?\))?)?$/;

/**
 * DuckDB SQL in which an argument occurs more than once, evaluating each argument once: DuckDB doesn't find common
 * subexpressions inside CASE, so that nested calls would cost exponentially.
 */
export function once(args: readonly string[], body: (names: readonly string[]) => string): string {
  const complex = args.flatMap((arg, index) => (SIMPLE.test(arg) ? [] : [index]));
  const [first] = complex;
  if (first === undefined) return body(args);
  const name = unusedName(args);
  if (args.length === 1) return `list_transform([${args[0]}], lambda ${name}: ${body([name])})[1]`;
  const fields = args.map((arg, index) => `a${index} := ${arg}`).join(', ');
  const names = args.map((_, index) => `${name}.a${index}`);
  return `list_transform([struct_pack(${fields})], lambda ${name}: ${body(names)})[1]`;
}

/** A lambda's parameter that no argument's SQL mentions, be it an outer one's or a finished inner one's. */
function unusedName(args: readonly string[]): string {
  const used = args.flatMap((arg) => [...arg.matchAll(/\bv(\d+)\b/g)].map((match) => Number(match[1])));
  return `v${Math.max(0, ...used) + 1}`;
}
