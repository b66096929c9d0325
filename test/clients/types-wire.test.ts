import { afterAll, beforeAll, describe, it } from 'vitest';
import { type SideBySide, startSideBySide } from './side-by-side.ts';

/** Values of all types through the wire, over tables, beside PostgreSQL 18. */
let sides: SideBySide;

beforeAll(async () => {
  sides = await startSideBySide();
});
afterAll(() => sides.close());

const same = (...script: readonly string[]): Promise<void> => sides.same(...script);

describe('lengths', () => {
  it('of varchar and char', () =>
    same(
      'select cast(word as varchar(3)), word::char(4), n::varchar(2), (n * 1000)::char(2) from numbers order by n',
      "select word::char(6) = 'one', word::char(6)::text = 'one', length(word::char(6)), word::char(6) = 'one   ' from numbers order by n",
      "select concat(word::char(6), '|'), word::char(6) || '|', upper(word::char(6)), word::char(6) like 'o%' from numbers order by n",
      '!select cast($1 as varchar(3)), n from numbers where word = $2::char(6) | abcdef | one',
      '!select $1::char(2), n from numbers where word::char(6) = $2 | abcdef | one',
      'select word::varchar(1), count(*), max(word::char(4)) from numbers group by 1 order by 1',
      'select word::char(1), count(*) from numbers group by 1 order by 1',
      'select distinct word::char(1) from numbers order by 1 desc',
      'select n from numbers order by word::char(2), n',
      'select row_number() over (partition by word::char(1) order by word::char(3), n), word from numbers order by 2',
      "select array[word, 'abcdef']::varchar(2)[], coalesce(word::char(4), 'x'), to_jsonb(word::char(6)) from numbers order by n",
    ));
});
