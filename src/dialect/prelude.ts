import { CAST_MACROS } from './prelude-casts.ts';
import { DATETIME_MACROS } from './prelude-datetime.ts';
import { NUMBER_MACROS } from './prelude-numbers.ts';
import { TEXT_MACROS } from './prelude-text.ts';

/** Settings that every DuckDB of the fleet runs with: each makes an unadorned expression mean what PostgreSQL means. */
const SETTINGS: readonly string[] = [
  // Integers are divided by `//`; otherwise a float divided by zero would be NULL.
  `SET GLOBAL integer_division = false`,
  `SET GLOBAL default_null_order = 'postgres'`,
  `SET GLOBAL preserve_insertion_order = true`,
  `SET GLOBAL TimeZone = 'UTC'`,
];

/** What the host functions compute; to be raised with any change of it. */
const HOST_FUNCTIONS_VERSION = 8;

/** Statements that a DuckDB runs before anything that the dialect printed. */
export const PRELUDE: readonly string[] = [
  ...SETTINGS,
  `CREATE OR REPLACE MACRO skein_host_functions_version() AS ${HOST_FUNCTIONS_VERSION}`,
  ...NUMBER_MACROS,
  ...CAST_MACROS,
  ...TEXT_MACROS,
  ...DATETIME_MACROS,
];
