/** Date and time macros. */
export const DATETIME_MACROS: readonly string[] = [];
