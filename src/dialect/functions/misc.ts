import { refuse } from '../../base/errors.ts';
import { exprType } from '../../plan/type-of.ts';
import type { ScalarEntry } from '../entries.ts';
import { shapeOf, unscaled } from './numerics.ts';
import { textOf } from './output.ts';

export const miscEntries: readonly ScalarEntry[] = [
  { signature: 'random()', print: () => 'random()', volatile: true },
  {
    signature: 'width_bucket(float8,float8,float8,int4)',
    print: ([x, low, high, count]) => `skein_float_bucket(${x}, ${low}, ${high}, ${count})`,
  },
  {
    signature: 'width_bucket(numeric,numeric,numeric,int4)',
    print: ([x = '', low = '', high = '', count], types) => {
      const scale = Math.max(...types.slice(0, 3).map((type) => shapeOf(type).scale));
      const bounds = [x, low, high].map((sql, index) => unscaled(sql, types[index], scale));
      return `skein_numeric_bucket(${bounds.join(', ')}, ${count})`;
    },
  },
  ...['int8', 'numeric'].map(
    (type): ScalarEntry => ({
      signature: `pg_size_pretty(${type})`,
      admit: ([size]) => {
        if (size !== undefined) textOf('', exprType(size), 'output');
      },
      print: ([x = ''], [of]) => `host_size_pretty(${textOf(x, of, 'output')})`,
    }),
  ),
  {
    signature: 'scale(numeric)',
    print: ([x], [of]) => {
      if (of?.quotient !== undefined) throw refuse('the scale of a numeric quotient');
      return `CASE WHEN ${x} IS NOT NULL THEN ${shapeOf(of).scale}::INTEGER END`;
    },
  },
];
