import { zonedComparisonEntries } from '../../../src/dialect/functions/zoned-comparison.ts';
import { type ArgumentValues, typeByName } from './edge-values.ts';
import { type AdmissionOptions, admits, type DialectCase } from './harness.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const comparisons = zonedComparisonEntries.map(({ signature }) =>
  admits(signature, {
    sql: ([l, r]) => `${l} ${signature.split(' ')[1]} ${r}`,
    timeZones: ['UTC', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin', '<-03>+03'],
  }),
);

const REGIONS = ['UTC', 'Europe/Berlin', 'america/new_york', 'Asia/Kolkata', 'Australia/Lord_Howe'];
const FIXED = [
  '+05:30',
  '-3',
  '+03',
  'FOO+2',
  '<+03>-3',
  '<FOO>-12:34:56',
  'abc167',
  'z',
  'est',
  'CEST',
  'IST',
  'CST',
  'nst',
];
const NAMES = [...REGIONS, ...FIXED, 'EST5EDT', 'cst6cdt', 'PST8PDT', 'Mars/Phobos', 'nowhere at all', ''];
const SESSIONS = [
  'UTC',
  'Asia/Kolkata',
  'Asia/Shanghai',
  '<+05:30>-05:30',
  'FOO+2',
  'EST5EDT',
  '<+03>-3',
  'America/New_York',
];

const INTERVALS = [
  '05:30',
  '-08:30:15',
  '0',
  '00:00:00.9',
  '-00:00:00.9',
  '-03:00:00.5',
  '15:59:59',
  '-16:00',
  '200:00',
  '1 day',
  '-1 month',
];

/** What an abbreviation means in the session may not be known; a clock's zone with rules depends on today. */
const refusals: Pick<AdmissionOptions, 'mayRefuse' | 'bound' | 'messages'> = {
  mayRefuse: () => true,
  bound: 240,
};

const named = (type: string, options: Partial<AdmissionOptions> = {}): DialectCase =>
  admits(`timezone(text,${type})`, {
    sql: ([zone, x]) => `timezone(${zone}, ${x})`,
    values: [values('text', ...NAMES), undefined],
    timeZones: SESSIONS,
    ...refusals,
    ...options,
  });

const conversions: readonly DialectCase[] = [
  named('timestamp'),
  named('timestamptz'),
  named('timetz', { values: [values('text', ...FIXED), undefined], constant: [0] }),
  ...['timestamp', 'timestamptz', 'timetz'].map((type) =>
    admits(`timezone(interval,${type})`, {
      sql: ([zone, x]) => `timezone(${zone}, ${x})`,
      values: [values('interval', ...INTERVALS), undefined],
      messages: true,
      mayRefuse: ([zone]) => type === 'timetz' && /^(?:-16|200)/.test(zone ?? ''),
    }),
  ),
  admits('timezone(timetz)', {
    sql: ([x]) => `${x} AT LOCAL`,
    timeZones: ['UTC', '<-03>+03', '<+05:30>-05:30'],
  }),
];

export const cases = [...comparisons, ...conversions];
