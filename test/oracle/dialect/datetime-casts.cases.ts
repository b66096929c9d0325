import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin', '<+05:30>-05:30'];

const cast = (source: string, target: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(`cast ${source} -> ${target}`, { sql: ([x]) => `CAST(${x} AS ${target})`, ...options });

const zonedCast = (source: string, target: string): DialectCase => cast(source, target, { timeZones: ZONES });

const always = (): boolean => true;

const DAY_TEXTS = [
  ...[
    '2024-01-05',
    '2024-1-5',
    ' 2024-01-05 ',
    '0001-01-01',
    '0000-01-01',
    '9999-12-31',
    '10000-01-01',
    '99999-1-1',
  ],
  ...['2024-02-30', '2023-02-29', '2024-13-01', '2024-00-10', '2024-01-32', '2024-01-00', '5874897-12-31'],
  ...['5874898-01-01', '2024-01-05 10:00', '2024-01-05T10:00:00Z', '2024-01-05 24:00:00', '2024-01-05 25:00'],
  ...[
    '2024-01-05 10:61',
    'infinity',
    '-infinity',
    'Infinity',
    'epoch',
    '',
    ' ',
    'abc',
    'January',
    'now',
    'today',
  ],
  ...[
    '20240105',
    '2024/01/05',
    '05.01.2024',
    'Jan 5 2024',
    '2024-01-05 BC',
    '24-01-05',
    '2024-01-05x',
    '2024-01',
  ],
  ...['294246-12-31', '294247-01-10', '294247-01-11', '2024-01-05\n', "20'4", '+2024-01-05'],
];

const CLOCK_TEXTS = [
  ...[
    '2024-01-05 10:11:12.5',
    '2024-01-05 10:11:12.123456',
    '2024-01-05 10:11:12.1234567',
    '2024-01-05T1:02:03',
  ],
  ...[
    '2024-01-05 10:11:60',
    '2024-01-05 10:11:12+02',
    '2024-01-05 10:11:12.5+05:30',
    '2024-01-05 10:11:12-0330',
  ],
  ...[
    '2024-01-05 10:11:12 UTC',
    '2024-01-05 10:11:12Z',
    '2024-01-05T10:11:12.000Z',
    '2024-01-05 10:11:12 +01',
  ],
  ...[
    '2024-01-05 10:11:12 Europe/Berlin',
    '2024-01-05 10:11:12 EST',
    '2024-01-05 10:11:12+16',
    '2024-01-05+02',
  ],
  ...[
    '2024-01-05 10:11:12-15:59',
    '2024-03-31 02:30',
    '2024-10-27 02:30',
    '2024-11-03 01:30',
    '2024-01-05 10',
  ],
  ...['2024-01-05 10:11 PM', '0001-01-01 00:00:00+10', '2024-01-05 24:00:00.000', '2024-01-05 24:00:01'],
];

const TIME_TEXTS = [
  ...[
    '10:11',
    '10:11:12',
    '10:11:12.5',
    '1:02:03',
    '24:00:00',
    '24:00',
    '24:00:01',
    '25:00',
    '10:60',
    '10:11:60',
  ],
  ...[
    '10:11:12.123456',
    '10:11:12.1234567',
    '101112',
    '10:11 PM',
    'noon',
    '',
    '10:11:12+02',
    ' 10:11 ',
    '10',
    '1:2',
  ],
];

/** bpchar without a length, which is what a plan has. */
const TEXT_TYPES = ['text', 'varchar', 'bpchar'] as const;

const casts: readonly DialectCase[] = [
  cast('date', 'timestamp'),
  cast('timestamp', 'date'),
  cast('timestamp', 'time'),
  cast('timetz', 'time'),
  zonedCast('timestamptz', 'timestamp'),
  zonedCast('timestamptz', 'date'),
  zonedCast('timestamptz', 'time'),
  zonedCast('timestamp', 'timestamptz'),
  zonedCast('date', 'timestamptz'),
  cast('time', 'interval'),
  cast('interval', 'time'),
  ...TEXT_TYPES.flatMap((to) => [
    cast('date', to),
    cast('timestamp', to),
    cast('time', to),
    cast('timetz', to),
    cast('interval', to),
    zonedCast('timestamptz', to),
  ]),
  ...TEXT_TYPES.flatMap((from) => [
    cast(from, 'date', { values: [values(from, ...DAY_TEXTS)], mayRefuse: always }),
    cast(from, 'timestamp', { values: [values(from, ...DAY_TEXTS, ...CLOCK_TEXTS)], mayRefuse: always }),
    cast(from, 'timestamptz', {
      values: [values(from, ...DAY_TEXTS, ...CLOCK_TEXTS)],
      mayRefuse: always,
      timeZones: ['UTC', 'America/New_York'],
    }),
    cast(from, 'time', { values: [values(from, ...TIME_TEXTS)], mayRefuse: always }),
  ]),
];

const precise = (type: string, sqlType: string, ...items: readonly string[]): DialectCase =>
  admits(`typmod ${type}`, {
    sql: ([x, digits]) => `${sqlType}(${x}, ${digits})`,
    values: [values(type, ...items), [{ type: typeByName('int4'), values: ['0', '1', '3', '5', '6'] }]],
    constant: [1],
  });

const TIMESTAMPS = [
  ...[
    '2024-02-29 12:34:56.789',
    '2024-12-31 23:59:59.999999',
    '1999-12-31 23:59:59.5',
    '1969-12-31 23:59:59.5',
  ],
  ...[
    '2024-01-01 00:00:00.5',
    '2024-01-01 00:00:00.0005',
    '1998-01-01 00:00:00.0005',
    'infinity',
    '-infinity',
  ],
];

const typmods: readonly DialectCase[] = [
  precise('timestamp', 'pg_catalog."timestamp"', ...TIMESTAMPS),
  precise('timestamptz', 'pg_catalog.timestamptz', ...TIMESTAMPS),
  precise('time', 'pg_catalog."time"', '00:00:00.5', '23:59:59.999999', '12:34:56.789', '24:00'),
  admits('typmod interval', {
    sql: ([x, typmod]) => `pg_catalog."interval"(${x}, ${typmod})`,
    values: [
      values(
        'interval',
        '1.5 seconds',
        '-1.5 seconds',
        '1 mon 1 day 00:00:00.0005',
        '-00:00:00.000005',
        '1 day',
      ),
      [{ type: typeByName('int4'), values: ['2147418112', '2147418115', '2147418117', '2147483647', '-1'] }],
    ],
    constant: [1],
  }),
];

const INT4S = values(
  'int4',
  '-2147483648',
  '-4714',
  '-4713',
  '-1',
  '0',
  '1',
  '2',
  '12',
  '13',
  '29',
  '31',
  '2024',
  '5874897',
  '5874898',
);
const SMALL = values('int4', '-1', '0', '1', '11', '24', '59', '60');
const SECONDS = values(
  'float8',
  '-1',
  '0',
  '0.5',
  '59.9999999',
  '60',
  '60.5',
  '1.0000005',
  'NaN',
  'Infinity',
);

const functions: readonly DialectCase[] = [
  admits('make_date(int4,int4,int4)', {
    sql: (args) => `make_date(${args.join(', ')})`,
    values: [INT4S, INT4S, INT4S],
    bound: 1000,
  }),
  admits('make_time(int4,int4,float8)', {
    sql: (args) => `make_time(${args.join(', ')})`,
    values: [SMALL, SMALL, SECONDS],
  }),
  admits('make_timestamp(int4,int4,int4,int4,int4,float8)', {
    sql: (args) => `make_timestamp(${args.join(', ')})`,
    values: [
      values('int4', '-1', '0', '2024', '294246'),
      values('int4', '2', '13'),
      values('int4', '1', '29', '30'),
      values('int4', '0', '23', '24'),
      values('int4', '0', '59'),
      SECONDS,
    ],
  }),
  admits('make_interval(int4,int4,int4,int4,int4,int4,float8)', {
    sql: (args) => `make_interval(${args.join(', ')})`,
    values: [
      values('int4', '1', '-178956970', '178956971'),
      values('int4', '0', '14'),
      values('int4', '2', '306783379'),
      values('int4', '-3'),
      values('int4', '5', '2147483647'),
      values('int4', '6'),
      values('float8', '0', '1.5', '-0.0000005', 'NaN', 'Infinity', '1e20'),
    ],
  }),
  admits('to_timestamp(float8)', {
    sql: ([x]) => `to_timestamp(${x})`,
    values: [
      values(
        'float8',
        ...[
          '0',
          '-0.5',
          '1e9',
          '1704067200.123456',
          '1704067200.1234565',
          '-62135596800',
          '-210866803200',
          '-210866803201',
        ],
        ...[
          '9223371331199',
          '9.3e12',
          '1e300',
          'NaN',
          'Infinity',
          '-Infinity',
          '0.0000005',
          '946684800.0000005',
        ],
      ),
    ],
    mayRefuse: ([x]) => x === '9223371331199',
  }),
  ...['date', 'timestamp', 'timestamptz', 'interval'].map((type) =>
    admits(`isfinite(${type})`, { sql: ([x]) => `isfinite(${x})` }),
  ),
];

const CAST_FUNCTIONS = [
  ...[
    'timestamp(date)',
    'date(timestamp)',
    'time(timestamp)',
    'time(timetz)',
    'interval(time)',
    'time(interval)',
  ],
  ...[
    'timestamp(timestamptz)',
    'date(timestamptz)',
    'time(timestamptz)',
    'timestamptz(timestamp)',
    'timestamptz(date)',
  ],
];

const castFunctions = CAST_FUNCTIONS.map((signature) => {
  const name = signature.slice(0, signature.indexOf('('));
  return admits(signature, {
    sql: ([x]) => `pg_catalog."${name}"(${x})`,
    ...(signature.includes('timestamptz') ? { timeZones: ZONES } : {}),
  });
});

export const cases: readonly DialectCase[] = [...castFunctions, ...casts, ...typmods, ...functions];
