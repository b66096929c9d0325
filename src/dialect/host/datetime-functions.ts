import { dateByTemplate, timestampByTemplate } from './date-by-template.ts';
import { type HostFunction, INT4, INT8, INT8S, strict, TEXT } from './host-function.ts';
import { parseInterval } from './interval-input.ts';
import { intervalToChar } from './interval-to-char.ts';

export const datetimeFunctions: readonly HostFunction[] = [
  strict('interval_parts', [TEXT], INT8S, parseInterval),
  strict('interval_to_char', [INT8, INT8, INT8, TEXT], TEXT, intervalToChar),
  strict('to_date', [TEXT, TEXT], INT4, dateByTemplate),
  strict('to_timestamp', [TEXT, TEXT], INT8S, timestampByTemplate),
];
