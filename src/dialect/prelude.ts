import { CAST_MACROS } from './prelude-casts.ts';
import { DATETIME_MACROS } from './prelude-datetime.ts';
import { NUMBER_MACROS } from './prelude-numbers.ts';
import { TEXT_MACROS } from './prelude-text.ts';

/** Settings that every DuckDB of the fleet runs with: each makes an unadorned expression mean what PostgreSQL means. */
const SETTINGS: readonly string[] = [
  `SET default_null_order = 'postgres'`,
  `SET preserve_insertion_order = true`,
  `SET TimeZone = 'UTC'`,
];

/** Statements that a DuckDB runs before anything that the dialect printed. */
export const PRELUDE: readonly string[] = [
  ...SETTINGS,
  ...NUMBER_MACROS,
  ...CAST_MACROS,
  ...TEXT_MACROS,
  ...DATETIME_MACROS,
];
