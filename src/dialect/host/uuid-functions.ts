import { type HostFunction, INT4, INT8, lenient, strict, TEXT } from './host-function.ts';

/** Of a UUID as RFC 9562 lays it out; others have neither version nor time. */
function versionOf(uuid: string): number | null {
  return /[89ab]/.test(uuid.charAt(19)) ? Number.parseInt(uuid.charAt(14), 16) : null;
}

/** 100 ns since 1582-10-15 are so many µs before 1970. */
const GREGORIAN_MICROS = 12_219_292_800_000_000n;

/** µs since 1970 of versions 1 and 7. */
function microsOf(uuid: string): bigint | null {
  const [low = '', mid = '', high = ''] = uuid.split('-');
  switch (versionOf(uuid)) {
    case 1:
      return BigInt(`0x${high.slice(1)}${mid}${low}`) / 10n - GREGORIAN_MICROS;
    case 7:
      return BigInt(`0x${low}${mid}`) * 1000n;
    default:
      return null;
  }
}

export const uuidFunctions: readonly HostFunction[] = [
  strict('uuid_version', [TEXT], INT4, versionOf),
  strict('uuid_micros', [TEXT], INT8, microsOf),
  { ...lenient('clock_micros', [], INT8, () => BigInt(Date.now()) * 1000n), volatile: true },
];
