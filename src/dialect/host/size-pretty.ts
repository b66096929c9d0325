import { type HostFunction, strict, TEXT } from './host-function.ts';

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BYTES_BELOW = 10n * 1024n;
const UNITS_BELOW = 20n * 1024n - 1n;

const absolute = (x: bigint): bigint => (x < 0n ? -x : x);

/** src/backend/utils/adt/dbsize.c: from kilobytes on, sizes are counted in halves of the unit, and rounded at the end. */
function sizePretty(value: string): string {
  let size = BigInt(value.replace(/\..*$/, ''));
  if (absolute(size) < BYTES_BELOW) return `${value} bytes`;
  size /= 512n;
  let unit = 1;
  while (absolute(size) >= UNITS_BELOW && unit < UNITS.length - 1) {
    size /= 1024n;
    unit += 1;
  }
  return `${(size + (size < 0n ? -1n : 1n)) / 2n} ${UNITS[unit]}`;
}

export const sizeFunctions: readonly HostFunction[] = [strict('size_pretty', [TEXT], TEXT, sizePretty)];
