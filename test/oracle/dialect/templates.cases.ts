import { type ArgumentValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';

const texts = (...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName('text'), values: [...items, null] },
];

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata'];

const always = (): boolean => true;

const FORMATS = texts(
  ...[
    'YYYY-MM-DD',
    'YYYY-MM',
    'YYYY',
    'YYY YY Y',
    'yyyy-mm-dd hh24:mi:ss',
    'YYYYMMDD',
    'HH24:MI:SS.US',
    'SS.MS',
  ],
  ...[
    'HH12:MI AM',
    'HH:MI pm',
    'hh24 a.m.',
    'P.M.',
    'Mon DD, YYYY',
    'FMMonth FMDD YYYY',
    'Month|',
    'MONTH|month',
  ],
  ...[
    'Day|DAY|day',
    'FMDay FMDAY FMday',
    'Dy DY dy',
    'MON mon',
    'DDD DD D',
    'FMDDD FMDD',
    'IYYY-"W"IW-ID',
    'WW W Q',
  ],
  ...[
    '"Q"Q YYYY',
    'CC',
    'J',
    'SSSS SSSSS',
    'FF1 FF3 FF6',
    'YYYY-MM-DD"T"HH24:MI:SS"Z"',
    'YYYY AD',
    'YYYY bc',
    '100% YYYY',
  ],
  ...[
    'TZH:TZM',
    'FMHH24:FMMI',
    'FMYYYY',
    'FMMS',
    '',
    'DDth',
    'Y,YYY',
    'TZ',
    'hello',
    'YYYY\\-MM',
    'IYY',
    'IDDD',
    'RM',
    'é YYYY',
  ],
);

const READ = texts(
  ...[
    '2024-01-05',
    '2024-02-30',
    '2024-1-5',
    ' 2024-01-05',
    '2024-01-05 10:11:12.123456',
    '20240105',
    '2024/01/05',
  ],
  ...[
    '2024-01-05 10:11:12',
    '2024-01-05T10:11:12',
    '2024-13-01',
    '0000-01-01',
    'abc',
    '',
    '2024-01-05 24:00:00',
  ],
  ...['05.01.2024', '2024-01', '2024', '2024-01-05 10:11:60', '2024-01-05 10:11:12.123'],
);

const TEMPLATES = texts(
  ...[
    'YYYY-MM-DD',
    'YYYYMMDD',
    'YYYY-MM-DD HH24:MI:SS',
    'YYYY-MM-DD HH24:MI:SS.US',
    'DD.MM.YYYY',
    'YYYY-MM',
    'YYYY',
  ],
  ...['YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD HH24:MI:SS.MS', 'MM/DD/YY', 'Mon DD YYYY', 'YYYY/MM/DD'],
);

export const cases: readonly DialectCase[] = [
  admits('to_char(timestamp,text)', {
    sql: ([x, format]) => `to_char(${x}, ${format})`,
    values: [undefined, FORMATS],
    constant: [1],
    bound: 700,
    mayRefuse: always,
  }),
  admits('to_char(timestamptz,text)', {
    sql: ([x, format]) => `to_char(${x}, ${format})`,
    values: [undefined, FORMATS],
    constant: [1],
    bound: 700,
    timeZones: ZONES,
    mayRefuse: always,
  }),
  admits('to_date(text,text)', {
    sql: ([x, format]) => `to_date(${x}, ${format})`,
    values: [READ, TEMPLATES],
    constant: [1],
    mayRefuse: always,
  }),
  admits('to_timestamp(text,text)', {
    sql: ([x, format]) => `to_timestamp(${x}, ${format})`,
    values: [READ, TEMPLATES],
    constant: [1],
    timeZones: ZONES,
    mayRefuse: always,
  }),
];
