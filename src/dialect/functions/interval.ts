import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';

/** Calls the macro with each argument evaluated once. */
const viaMacro = (signature: string, macro: string): ScalarEntry => ({
  signature,
  print: (args) => once(args, (names) => `${macro}(${names.join(', ')})`),
});

export const intervalEntries: readonly ScalarEntry[] = [
  viaMacro('interval + interval', 'skein_interval_sum'),
  viaMacro('interval - interval', 'skein_interval_difference'),
  viaMacro('- interval', 'skein_interval_negated'),
  viaMacro('interval * float8', 'skein_interval_times'),
  {
    signature: 'float8 * interval',
    print: ([f = '', i = '']) => once([i, f], ([a, b]) => `skein_interval_times(${a}, ${b})`),
  },
  viaMacro('interval / float8', 'skein_interval_over'),
  viaMacro('justify_days(interval)', 'skein_justify_days'),
  viaMacro('justify_hours(interval)', 'skein_justify_hours'),
  viaMacro('justify_interval(interval)', 'skein_justify_interval'),
];
