import { type ArgumentValues, typeByName } from './edge-values.ts';
import { admits, type DialectCase } from './harness.ts';

const values = (type: string, ...items: readonly string[]): readonly ArgumentValues[] => [
  { type: typeByName(type), values: [...items, null] },
];

const INTERVALS = values(
  'interval',
  ...['0', '1 day', '-1 day', '24:00:00', '1 mon', '-1 mon -1 day', '1 year 2 mons 3 days 04:05:06.789'],
  ...['-00:00:00.000001', '1 day -24:00:00', '29 days 24:00:01', '1 mon -1 day 12:00', '-7 years 35 days'],
  ...['2147483647 mons', '-2147483648 mons', '2147483647 days', '-1000 hours', '1 mon -31 days 1 hour'],
);

const FACTORS = values(
  'float8',
  ...['0', '1', '-1', '0.5', '1.5', '-2.5', '3', '0.1', '7', '1e-7', '1e10', '123.456', 'NaN', 'Infinity'],
);

const binary = (signature: string, options: Partial<Parameters<typeof admits>[1]> = {}): DialectCase => {
  const operator = signature.split(' ')[1] ?? '';
  return admits(signature, { sql: ([a, b]) => `${a} ${operator} ${b}`, ...options });
};

const infinite = (args: readonly (string | null)[]): boolean => args.includes('Infinity');

export const cases: readonly DialectCase[] = [
  binary('interval + interval', { values: [INTERVALS, INTERVALS] }),
  binary('interval - interval', { values: [INTERVALS, INTERVALS] }),
  admits('- interval', { sql: ([a]) => `- ${a}`, values: [INTERVALS] }),
  binary('interval * float8', { values: [INTERVALS, FACTORS], mayRefuse: infinite }),
  binary('float8 * interval', { values: [FACTORS, INTERVALS], mayRefuse: infinite }),
  binary('interval / float8', { values: [INTERVALS, FACTORS] }),
  ...['justify_days', 'justify_hours', 'justify_interval'].map((name) =>
    admits(`${name}(interval)`, { sql: ([a]) => `${name}(${a})`, values: [INTERVALS] }),
  ),
];
