import { refuse, SkeinError } from '../../base/errors.ts';
import * as bytes from './bytes.ts';
import { formatText } from './format.ts';
import { BOOL, BYTES, type HostFunction, INT4, INT8, lenient, strict, TEXT, TEXTS } from './host-function.ts';
import { parseIdentifier } from './identifiers.ts';
import { quoteIdentifier, quoteLiteral } from './quoting.ts';
import { unescapeUnicode } from './unistr.ts';

const FORMS: Readonly<Record<string, 'NFC' | 'NFD' | 'NFKC' | 'NFKD'>> = {
  NFC: 'NFC',
  NFD: 'NFD',
  NFKC: 'NFKC',
  NFKD: 'NFKD',
};

/** Of assigned characters normal forms never change; others may be assigned in PostgreSQL's Unicode and not in JavaScript's. */
function normalized(text: string, form: string): string {
  const known = FORMS[form.toUpperCase()];
  if (known === undefined)
    throw new SkeinError('invalidParameterValue', `invalid normalization form: ${form}`);
  if (/[^\P{Cn}\p{Noncharacter_Code_Point}]/u.test(text))
    throw refuse('normalizing a character without a meaning');
  return text.normalize(known);
}

function digits(value: bigint, bits: number, base: number): string {
  return BigInt.asUintN(bits, value).toString(base);
}

const texts: readonly HostFunction[] = [
  lenient('format', [TEXT, TEXTS], TEXT, (template, args) =>
    template === null ? null : formatText(template, args ?? []),
  ),
  strict('quote_ident', [TEXT], TEXT, quoteIdentifier),
  strict('quote_literal', [TEXT], TEXT, quoteLiteral),
  strict('parse_ident', [TEXT, BOOL], TEXTS, parseIdentifier),
  strict('unistr', [TEXT], TEXT, unescapeUnicode),
  strict('normalize', [TEXT, TEXT], TEXT, normalized),
  strict('digits', [INT8, INT4, INT4], TEXT, digits),
];

const binary: readonly HostFunction[] = [
  strict('encode', [BYTES, TEXT], TEXT, bytes.encode),
  strict('decode', [TEXT, TEXT], BYTES, bytes.decode),
  strict('text_bytea', [TEXT], BYTES, bytes.parseBytea),
  strict('convert_to', [TEXT, TEXT], BYTES, bytes.convertTo),
  strict('convert_from', [BYTES, TEXT], TEXT, bytes.convertFrom),
  strict('bytea_from', [BYTES, INT4], BYTES, (value, start) => bytes.slice(value, start, undefined)),
  strict('bytea_slice', [BYTES, INT4, INT4], BYTES, bytes.slice),
  strict('bytea_overlay', [BYTES, BYTES, INT4, INT4], BYTES, bytes.overlay),
  strict('bytea_position', [BYTES, BYTES], INT4, bytes.positionOf),
  strict('bytea_btrim', [BYTES, BYTES], BYTES, (value, set) => bytes.trimmed(value, set, 'both')),
  strict('bytea_ltrim', [BYTES, BYTES], BYTES, (value, set) => bytes.trimmed(value, set, 'left')),
  strict('bytea_rtrim', [BYTES, BYTES], BYTES, (value, set) => bytes.trimmed(value, set, 'right')),
  strict('bytea_reverse', [BYTES], BYTES, (value) => value.toReversed()),
  strict('get_byte', [BYTES, INT4], INT4, (value, at) => value[bytes.checkedIndex(at, value.length)] ?? 0),
  strict('set_byte', [BYTES, INT4, INT4], BYTES, bytes.withByte),
  strict('get_bit', [BYTES, INT8], INT4, (value, index) => {
    const at = bytes.checkedIndex(index, value.length * 8);
    return ((value[at >> 3] ?? 0) >> (at & 7)) & 1;
  }),
  strict('set_bit', [BYTES, INT8, INT4], BYTES, bytes.withBit),
  strict('bytea_bit_count', [BYTES], INT8, (value) =>
    BigInt(value.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)),
  ),
  ...(['sha224', 'sha256', 'sha384', 'sha512'] as const).map((name) =>
    strict(name, [BYTES], BYTES, (value) => bytes.HASHES[name](value)),
  ),
  ...(['crc32', 'crc32c'] as const).map((name) =>
    strict(name, [BYTES], INT8, (value) => bytes.checksum(name, value)),
  ),
  strict('integer_bytea', [INT8, INT4], BYTES, bytes.integerBytes),
  strict('bytea_integer', [BYTES, INT4, TEXT], INT8, bytes.bytesInteger),
];

export const textFunctions: readonly HostFunction[] = [...texts, ...binary];
