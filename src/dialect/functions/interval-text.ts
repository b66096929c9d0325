import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';

const fromText: readonly ScalarEntry[] = ['text', 'varchar', 'bpchar', 'name'].map((type) => ({
  signature: `cast ${type} -> interval`,
  print: ([x]) => `skein_interval_of_parts(host_interval_parts(${x}))`,
}));

export const intervalTextEntries: readonly ScalarEntry[] = [
  ...fromText,
  {
    signature: 'to_char(interval,text)',
    print: ([x = '', template]) => {
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
