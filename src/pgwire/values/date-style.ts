import { SkeinError } from '../../base/errors.ts';

export type DateFormat = 'ISO' | 'SQL' | 'Postgres' | 'German';
export type FieldOrder = 'MDY' | 'DMY' | 'YMD';

export interface DateStyle {
  readonly format: DateFormat;
  readonly order: FieldOrder;
}

const FORMATS: readonly DateFormat[] = ['ISO', 'SQL', 'Postgres', 'German'];
const ORDERS: readonly FieldOrder[] = ['MDY', 'DMY', 'YMD'];

/** @param setting as the DateStyle parameter is reported: `ISO, MDY`. */
export function parseDateStyle(setting: string): DateStyle {
  const words = setting.split(',').map((word) => word.trim().toLowerCase());
  const format = FORMATS.find((name) => words.includes(name.toLowerCase()));
  const order = ORDERS.find((name) => words.includes(name.toLowerCase()));
  if (format === undefined || order === undefined) {
    throw new SkeinError('invalidParameterValue', `invalid value for parameter "DateStyle": "${setting}"`);
  }
  return { format, order };
}
