import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';
import { sqlOf } from './signatures.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const call = (signature: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(signature, { sql: sqlOf(signature), bound: 700, ...options });

const INPUTS = values(
  'text',
  ...[
    '1 day',
    '2 days',
    '-3 hours',
    '1 year 2 mons 3 days 04:05:06.789',
    '1 mon -1 day',
    '04:05',
    '1:2.5',
    '-04:05:06',
    '+1 day',
    '1.5 days',
  ],
  ...[
    '1.5 months',
    '0.5 years',
    '1.7 weeks',
    '2 weeks 3 days',
    '30',
    '1.25',
    '1 02:03:04',
    '90 minutes',
    '1h',
    '10m',
    '5s',
    '100 ms',
    '7 us',
    '@ 1 minute',
  ],
  ...[
    '1 day ago',
    '1 year 2 hours ago',
    'P1Y2M3DT4H5M6S',
    'PT36H',
    'P2W',
    'P1.5D',
    'PT0.5S',
    '1-2',
    '-1-2',
    '1 decade',
    '2 centuries',
    '1 millennium',
  ],
  ...[
    '',
    ' ',
    'abc',
    '1 foo',
    'day',
    '1 day 2 days',
    '1 day day',
    '1 century 5',
    '2147483648 days',
    '1e3 days',
    '10:70',
    '1:60:00',
    '99999999999 hours',
  ],
  ...[
    'infinity',
    '1 day 2',
    '1.',
    '.5 days',
    '-.5 days',
    '1 day, 2 hours',
    '3 mon',
    '4 mons',
    '1y',
    '1 yr',
    '0',
    '1 sec',
    '0.0000005 secs',
    '0.0000015 secs',
    '1 min 30 sec',
  ],
);

const FORMATS = values(
  'text',
  ...[
    'HH24:MI:SS',
    'HH12:MI',
    'HH:MI',
    'DD',
    'MM',
    'YYYY',
    'YYYY-MM-DD HH24:MI:SS.US',
    'FMHH24:FMMI',
    'SS.MS',
    'FF3',
    'FMDD "days"',
    'Month',
    'Day',
    'Q',
    'AM',
    '',
    'FMHH24 "h"',
  ],
  ...[
    'Y,YYY YYYY YYY YY Y',
    'CC Q W WW',
    'DDD SSSS',
    'RM rm FMRM',
    'AM a.m.',
    'HH12th HH24TH FMMIth SSth MSth',
  ],
  ...['IYYY', 'J', 'TZ', 'OF', 'DDth FX Qth', 'FMYY FMCC FMDDD', 'ID', 'A.D.'],
);

const BOUNDS = values('timestamp', '2024-01-01', '2024-01-02', '2024-01-03 12:00', '2024-02-29', 'infinity');
const INSTANTS = values('timestamptz', '2024-01-01 00:00+00', '2024-01-02 12:00+00', '2024-03-31 01:00+00');
const LENGTHS = values('interval', '0', '1 day', '-1 day', '1 mon', '12:00');
const TIMES = values('time', '00:00', '12:00', '13:30', '24:00');
const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata'];
const YEARS = values('int4', '2024', '0', '-44');
const MONTHS = values('int4', '3', '13');
const DAYS = values('int4', '10', '31');
const HOURS = values('int4', '2', '24');
const MINUTES = values('int4', '30', '60');
const SECONDS = values('float8', '0', '5.5');

const always = (): boolean => true;

const period = ([a, b, c, d]: readonly string[]): string => `(${a}, ${b}) OVERLAPS (${c}, ${d})`;

const overlaps = (
  type: string,
  of: readonly ArgumentValues[],
  zones: readonly string[],
): readonly DialectCase[] =>
  [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ].map(([first, second]) => {
    const name = (lasts: boolean | undefined): string => `${type},${lasts ? 'interval' : type}`;
    return call(`overlaps(${name(first)},${name(second)})`, {
      sql: period,
      values: [of, first ? LENGTHS : of, of, second ? LENGTHS : of],
      timeZones: first || second ? zones : ['UTC'],
    });
  });

const MADE = [YEARS, MONTHS, DAYS, HOURS, MINUTES, SECONDS];

export const cases: readonly DialectCase[] = [
  ...['text', 'varchar', 'bpchar', 'name'].map((type) =>
    call(`cast ${type} -> interval`, {
      sql: ([x]) => `CAST(${x} AS interval)`,
      ...(type === 'bpchar' ? {} : { messages: true as const }),
      values: [INPUTS.map((of) => ({ ...of, type: typeByName(type) }))],
      mayRefuse: always,
    }),
  ),
  call('to_char(interval,text)', {
    values: [undefined, FORMATS],
    bound: 2000,
    mayRefuse: ([, format]) => format === 'IYYY' || format === 'J',
    messages: true,
  }),
  ...overlaps('timestamp', BOUNDS, ['UTC']),
  ...overlaps('timestamptz', INSTANTS, ZONES),
  call('overlaps(time,time,time,time)', { sql: period, values: [TIMES, TIMES, TIMES, TIMES] }),
  ...overlaps('time', TIMES, ['UTC']).filter(({ signature }) => signature.includes('interval')),
  call('timezone(timestamp)', { sql: ([x]) => `${x} AT LOCAL`, timeZones: ZONES }),
  call('timezone(timestamptz)', { sql: ([x]) => `${x} AT LOCAL`, timeZones: ZONES }),
  call('timestamp(date,time)', {
    sql: ([d, t]) => `timestamp(${d}, ${t})`.replace('timestamp(', 'pg_catalog.timestamp('),
  }),
  call('timestamptz(date,time)', { sql: ([d, t]) => `pg_catalog.timestamptz(${d}, ${t})`, timeZones: ZONES }),
  ...['date_add', 'date_subtract'].flatMap((name) => [
    call(`${name}(timestamptz,interval)`, { timeZones: ZONES }),
    call(`${name}(timestamptz,interval,text)`, {
      values: [undefined, undefined, values('text', 'UTC', 'America/New_York')],
      constant: [2],
    }),
  ]),
  call('make_timestamptz(int4,int4,int4,int4,int4,float8)', { values: MADE, timeZones: ZONES }),
  call('make_timestamptz(int4,int4,int4,int4,int4,float8,text)', {
    values: [...MADE, values('text', 'UTC', 'America/New_York')],
    constant: [6],
  }),
];
