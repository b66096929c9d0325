import { numericType } from '../../types/sql-type.ts';
import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';

/** Holds every position, and its distance from any other. */
export const POSITION = numericType(30, 0);

function entry(name: string, args: string, macro = `skein_${name}`): ScalarEntry {
  return {
    signature: `skein.${name}(${args})`,
    print: (values) => once(values, (names) => `CAST(${macro}(${names.join(', ')}) AS DECIMAL(30,0))`),
    numericResult: () => POSITION,
  };
}

/** What RANGE frames with an interval as offset measure by: where a value lies, and how far its neighbours may. */
export const framePositionEntries: readonly ScalarEntry[] = [
  entry('timestamp_position', 'timestamp'),
  entry('timestamp_position', 'timestamptz'),
  entry('time_position', 'time'),
  entry('timetz_position', 'timetz'),
  entry('interval_position', 'interval', 'skein_interval_length'),
  entry('timestamp_distance', 'interval,numeric'),
  entry('time_distance', 'interval', 'skein_interval_micros'),
  entry('timetz_distance', 'interval'),
  entry('frame_distance', 'interval,numeric,numeric'),
];
