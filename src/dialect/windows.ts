import { carrierOf } from '../types/carrier.ts';
import type { SqlType } from '../types/sql-type.ts';

/** One admitted window function that is not an aggregate. */
export interface WindowEntry {
  readonly signature: string;
  /** `over` is the whole OVER clause. */
  readonly print: (
    args: readonly string[],
    types: readonly SqlType[],
    over: string,
    result: SqlType,
  ) => string;
  /** The frame matters to it. */
  readonly framed?: true;
}

const named = (signature: string, fn: string, framed = false): WindowEntry => ({
  signature,
  print: (args, _types, over) => `${fn}(${args.join(', ')})${over}`,
  ...(framed ? { framed: true } : {}),
});

/** Value and default in the result's carrier: DuckDB would bring the default to the value's. */
const withDefault = (fn: string): WindowEntry => ({
  signature: `${fn}(anycompatible,int4,anycompatible)`,
  print: ([value, offset, otherwise], types, over, result) => {
    const wanted = carrierOf(result).duckdb;
    const carried = (sql: string | undefined, type: SqlType | undefined) =>
      type !== undefined && carrierOf(type).duckdb === wanted ? `${sql}` : `CAST(${sql} AS ${wanted})`;
    return `${fn}(${carried(value, types[0])}, ${offset}, ${carried(otherwise, types[2])})${over}`;
  },
});

/** Shift functions count in int4; DuckDB takes BIGINT, and a NULL offset gives NULL in both. */
export const windowEntries: readonly WindowEntry[] = [
  named('row_number()', 'row_number'),
  named('rank()', 'rank'),
  named('dense_rank()', 'dense_rank'),
  named('percent_rank()', 'percent_rank'),
  named('cume_dist()', 'cume_dist'),
  named('lag(anyelement)', 'lag'),
  named('lag(anyelement,int4)', 'lag'),
  withDefault('lag'),
  named('lead(anyelement)', 'lead'),
  named('lead(anyelement,int4)', 'lead'),
  withDefault('lead'),
  named('first_value(anyelement)', 'first_value', true),
  named('last_value(anyelement)', 'last_value', true),
  {
    signature: 'ntile(int4)',
    print: ([n], _types, over) => `CAST(ntile(skein_window_count(${n}, '22014', 'ntile'))${over} AS INTEGER)`,
  },
  {
    signature: 'nth_value(anyelement,int4)',
    print: ([value, n], _types, over) =>
      `nth_value(${value}, skein_window_count(${n}, '22016', 'nth_value'))${over}`,
    framed: true,
  },
];
