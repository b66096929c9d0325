import type { ScalarEntry } from '../entries.ts';

const text = (x: string | undefined): string => `CAST(${x} AS VARCHAR)`;

export const uuidEntries: readonly ScalarEntry[] = [
  {
    signature: 'uuid_extract_version(uuid)',
    print: ([x]) => `CAST(host_uuid_version(${text(x)}) AS SMALLINT)`,
  },
  {
    signature: 'uuid_extract_timestamp(uuid)',
    print: ([x]) => `skein_from_micros(host_uuid_micros(${text(x)}))`,
  },
];
