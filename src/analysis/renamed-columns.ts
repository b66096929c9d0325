/**
 * psql 15 and 16 read two catalog columns that PostgreSQL 17 renamed; they fail on a genuine PostgreSQL 18 too. The new
 * name is padded to the old one's length, so that positions in errors stay right.
 */
export function currentNames(sql: string): string {
  if (!sql.includes('iculocale')) return sql;
  return sql
    .replace(/\bd\.daticulocale\b/g, 'd.datlocale   ')
    .replace(/\bc\.colliculocale\b/g, 'c.colllocale   ');
}
