import { type ArgumentValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';

const texts = (...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName('text'), values: [...items, null] },
];

const ZONES = ['UTC', 'America/New_York', 'Asia/Kolkata'];

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
  ...[
    'FMCCth CC CCTH',
    'DDTH DDDth FMYYYYth YYth SSth USTH JTH Qth DSP',
    'FMRM|rm|RM',
    'IYYY IYY IY I IDDD IDth',
    'A.D. b.c. OF FMOF tz',
    'TMMonth tmMON|TMday',
    'FXYYYY"\\"q\\\\"',
    'FMFMMonth FM',
    'YYYY"unclosed MM',
    '\\"YYYY\\"',
  ],
);

/** Before or after the year 2000, from where half a digit is rounded away, by the session's zone. */
const HALF_A_DIGIT = '1999-12-31 23:59:59.95';
const LAST_YEARS = /^29427[67]/;

const isAbbreviation = ([text, template]: readonly (string | null)[]): boolean =>
  template === 'TZ' && /^\s*[a-z]/i.test(text ?? '');

const READ = texts(
  ...['2024-01-05', '2024-02-30', '2024-1-5', ' 2024-01-05', '2024-01-05 10:11:12.123456', '20240105'],
  ...['2024/01/05', '2024-01-05 10:11:12', '2024-01-05T10:11:12', '2024-13-01', '0000-01-01', 'abc', ''],
  ...['2024-01-05 24:00:00', '05.01.2024', '2024-01', '2024', '2024-01-05 10:11:60', '  ', '-5', '+12 -3'],
  ...[
    '05 January 2024',
    '5 jan 24',
    'March 7th, 1999 11:59 PM',
    'XII 2021 a.d.',
    '44 BC',
    '2,024',
    '2459000',
  ],
  ...[
    '2024-W07-3',
    '2024-366',
    '99',
    '100-2',
    '519',
    '520',
    '1000',
    '12345-01-02',
    '99999999999',
    '1/2/3 4:5:6',
  ],
  ...['2024-01-05 10:11:12 -03:30', '2024-01-05 10:11+05', '10 16', HALF_A_DIGIT, '2001.25', 'é24'],
  ...[
    '11:59:59 pm',
    '12:00 a.m.',
    '0:30 AM',
    '3600',
    '86399',
    'Sunday 2020',
    '21',
    '294276-12-31',
    '-4713-11-24',
  ],
);

const TEMPLATES = texts(
  ...['YYYY-MM-DD', 'YYYYMMDD', 'YYYY-MM-DD HH24:MI:SS', 'YYYY-MM-DD HH24:MI:SS.US', 'DD.MM.YYYY', 'YYYY-MM'],
  ...['YYYY', 'YYYY-MM-DD"T"HH24:MI:SS', 'YYYY-MM-DD HH24:MI:SS.MS', 'MM/DD/YY', 'Mon DD YYYY', 'YYYY/MM/DD'],
  ...['DD FMMonth YYYY', 'DD Mon YY', 'FMMonth DDth, YYYY HH12:MI AM', 'RM YYYY A.D.', 'YY BC', 'Y,YYY', 'J'],
  ...[
    'IYYY-"W"IW-ID',
    'YYYY-DDD',
    'YY',
    'YYY',
    'Y',
    'I-IW',
    'FXYYYY-MM-DD',
    'FX DD Mon',
    'CC',
    'CC YY',
    'MM-DD',
  ],
  ...[
    'YYYY-MM-DD HH24:MI:SS TZH:TZM',
    'YYYY-MM-DD HH24:MIOF',
    'HH24 TZM',
    'YYYY-MM-DD HH24:MI:SS.FF1',
    'YYYY.FF1',
  ],
  ...[
    'HH:MI:SS pm',
    'HH12:MI A.M.',
    'SSSS',
    'SSSSS',
    'Day YYYY',
    'YYYY-IW',
    'YYYYMM YYYY',
    'WW YYYY',
    'W MM',
    '',
  ],
  ...[
    'hello',
    '"x"YYYY',
    'YYYY  MM',
    'YYYY__DD',
    'FMYYFMMM',
    'YYYYMS',
    'D Q',
    '\\"YYYY',
    'yyyy9mm',
    'TZ',
    'DD J',
  ],
);

export const cases: readonly DialectCase[] = [
  admits('to_char(timestamp,text)', {
    sql: ([x, format]) => `to_char(${x}, ${format})`,
    values: [undefined, FORMATS],
    constant: [1],
    bound: 2000,
  }),
  admits('to_char(timestamptz,text)', {
    sql: ([x, format]) => `to_char(${x}, ${format})`,
    values: [undefined, FORMATS],
    constant: [1],
    bound: 1200,
    timeZones: ZONES,
    mayRefuse: ([, format]) => /tz$/i.test(format ?? ''),
  }),
  admits('to_date(text,text)', {
    sql: ([x, format]) => `to_date(${x}, ${format})`,
    values: [READ, TEMPLATES],
    bound: 4000,
    messages: true,
    mayRefuse: isAbbreviation,
  }),
  admits('to_timestamp(text,text)', {
    sql: ([x, format]) => `to_timestamp(${x}, ${format})`,
    values: [READ, TEMPLATES],
    bound: 900,
    messages: true,
    timeZones: ['UTC', 'America/New_York'],
    mayRefuse: (args) => isAbbreviation(args) || LAST_YEARS.test(args[0] ?? '') || args[0] === HALF_A_DIGIT,
  }),
];
