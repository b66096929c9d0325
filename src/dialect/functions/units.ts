import { refuse } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { constantText, isPending } from '../constants.ts';
import { quoteString } from '../quote.ts';

/** What `extract`, `date_part` and `date_trunc` can be asked for. */
export type DateUnit =
  | 'microseconds'
  | 'milliseconds'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'
  | 'decade'
  | 'century'
  | 'millennium'
  | 'timezone'
  | 'timezone_hour'
  | 'timezone_minute'
  | 'epoch'
  | 'julian'
  | 'isoyear'
  | 'dow'
  | 'isodow'
  | 'doy';

/** PostgreSQL's spellings (deltatktbl and the reserved fields of datetktbl), of which it reads ten characters. */
const SPELLINGS: Readonly<Record<DateUnit, string>> = {
  microseconds: 'microsecon us usec usecond useconds usecs',
  milliseconds: 'millisecon ms msec msecond mseconds msecs',
  second: 's sec second seconds secs',
  minute: 'm min mins minute minutes',
  hour: 'h hour hours hr hrs',
  day: 'd day days',
  week: 'w week weeks',
  month: 'mon mons month months',
  quarter: 'qtr quarter',
  year: 'y year years yr yrs',
  decade: 'dec decade decades decs',
  century: 'c cent centuries century',
  millennium: 'mil millennia millennium mils',
  timezone: 'timezone',
  timezone_hour: 'timezone_h',
  timezone_minute: 'timezone_m',
  epoch: 'epoch',
  julian: 'j jd julian',
  isoyear: 'isoyear',
  dow: 'dow',
  isodow: 'isodow',
  doy: 'doy',
};

const UNITS: ReadonlyMap<string, DateUnit> = new Map(
  (Object.keys(SPELLINGS) as DateUnit[]).flatMap((unit) =>
    SPELLINGS[unit].split(' ').map((spelling) => [spelling, unit] as const),
  ),
);

/** Words that `extract` knows from types that have such a field only. */
export const RESERVED_UNITS: ReadonlySet<DateUnit> = new Set(['epoch', 'julian']);

/** Fields that are nothing to truncate to. */
export const FIELDS_ONLY: ReadonlySet<DateUnit> = new Set([
  'epoch',
  'julian',
  'isoyear',
  'dow',
  'isodow',
  'doy',
]);

/** A constant unit: as it was written, and what it means (undefined: nothing). */
export interface ConstantUnit {
  readonly text: string;
  readonly unit: DateUnit | undefined;
}

/**
 * The unit argument: null for NULL.
 * @throws 0A000 where it is no constant.
 */
export function constantUnit(expr: Expr | undefined): ConstantUnit | null {
  const text = constantText(expr);
  if (text === null) return null;
  if (text === undefined) throw refuse('a date/time unit that is not constant');
  return { text, unit: UNITS.get(text.toLowerCase().slice(0, 10)) };
}

/** For `admit`: a parameter has no value yet. */
export function admitUnit(exprs: readonly Expr[]): void {
  if (!isPending(exprs[0])) constantUnit(exprs[0]);
}

/** What PostgreSQL raises for a unit that the type hasn't got, for every value that isn't NULL. */
export function unitError(
  unit: ConstantUnit,
  typeName: string,
  unrecognized: ReadonlySet<DateUnit>,
  x: string,
): string {
  const { text, unit: known } = unit;
  const unknown = known === undefined || unrecognized.has(known);
  const message = unknown
    ? `SKEIN:22023:unit "${text}" not recognized for type ${typeName}`
    : `SKEIN:0A000:unit "${text}" not supported for type ${typeName}`;
  return `CASE WHEN ${x} IS NOT NULL THEN error(${quoteString(message)}) END`;
}
