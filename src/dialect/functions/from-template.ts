import type { ScalarEntry } from '../entries.ts';
import { once } from '../once.ts';
import { admitZone, constantZone, fromLocal } from './zone.ts';

export const fromTemplateEntries: readonly ScalarEntry[] = [
  {
    signature: 'to_date(text,text)',
    print: ([text, template]) => `(DATE '1970-01-01' + host_to_date(${text}, ${template}))`,
  },
  {
    signature: 'to_timestamp(text,text)',
    usesTimeZone: true,
    admit: (exprs) => admitZone(exprs[2]),
    print: ([text, template], _types, _result, exprs) => {
      const zone = constantZone(exprs[2]);
      if (zone === null) return 'NULL::TIMESTAMPTZ';
      return once(
        [`host_to_timestamp(${text}, ${template})`],
        ([read]) => `CASE WHEN ${read}[1] IS NULL THEN make_timestamptz(${read}[2])
          ELSE skein_timestamptz(${fromLocal(zone, `make_timestamp(${read}[1])`)}) END`,
      );
    },
  },
];
