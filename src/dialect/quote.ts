/** The only place where text becomes part of DuckDB SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** DuckDB has no backslash escapes in `'…'`. */
export function quoteString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
