/** PostgreSQL's expression for a signature of a function or operator. */
export function sqlOf(signature: string): (args: readonly string[]) => string {
  const call = /^([^ (]+)\(.*\)$/.exec(signature);
  if (call !== null) return (args) => `${call[1]}(${args.join(', ')})`;
  const words = signature.split(' ');
  const operator = words.length === 3 ? words[1] : words[0];
  return words.length === 3 ? ([l, r]) => `(${l}) ${operator} (${r})` : ([x]) => `${operator} (${x})`;
}
