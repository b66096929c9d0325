import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { admitTemplate, constantTemplate } from './template.ts';

const fromText: readonly ScalarEntry[] = ['text', 'varchar', 'bpchar', 'name'].map((type) => ({
  signature: `cast ${type} -> interval`,
  print: ([x]) => `skein_interval_of_parts(host_interval_parts(${x}))`,
}));

export const intervalTextEntries: readonly ScalarEntry[] = [
  ...fromText,
  {
    signature: 'to_char(interval,text)',
    admit: (exprs) => admitTemplate(exprs[1]),
    print: ([x = '', template], _types, _result, exprs) => {
      if (constantTemplate(exprs[1]) === null) return 'NULL::VARCHAR';
      const part = (name: string, i: string | undefined): string =>
        `CAST(skein_interval_${name}(${i}) AS BIGINT)`;
      return once(
        [x],
        ([i]) =>
          `host_interval_to_char(${part('months', i)}, ${part('days', i)}, ${part('micros', i)}, ${template})`,
      );
    },
  },
];
