import { SkeinError } from '../../base/errors.ts';
import { invalidValue } from './values.ts';

/** The encodings that PostgreSQL knows, each with its other names (encnames.c), by their letters and digits. */
const ENCODINGS: Readonly<Record<string, string>> = {
  SQL_ASCII: '',
  UTF8: 'unicode',
  BIG5: 'win950 windows950',
  EUC_CN: '',
  EUC_JIS_2004: '',
  EUC_JP: '',
  EUC_KR: '',
  EUC_TW: '',
  GB18030: '',
  GBK: 'win936 windows936',
  ISO_8859_5: '',
  ISO_8859_6: '',
  ISO_8859_7: '',
  ISO_8859_8: '',
  JOHAB: '',
  KOI8R: 'koi8',
  KOI8U: '',
  LATIN1: 'iso88591',
  LATIN2: 'iso88592',
  LATIN3: 'iso88593',
  LATIN4: 'iso88594',
  LATIN5: 'iso88599',
  LATIN6: 'iso885910',
  LATIN7: 'iso885913',
  LATIN8: 'iso885914',
  LATIN9: 'iso885915',
  LATIN10: 'iso885916',
  MULE_INTERNAL: '',
  SHIFT_JIS_2004: '',
  SJIS: 'mskanji shiftjis win932 windows932',
  UHC: 'win949 windows949',
  WIN1250: 'windows1250',
  WIN1251: 'win windows1251',
  WIN1252: 'windows1252',
  WIN1253: 'windows1253',
  WIN1254: 'windows1254',
  WIN1255: 'windows1255',
  WIN1256: 'windows1256',
  WIN1257: 'windows1257',
  WIN1258: 'abc tcvn tcvn5712 vscii windows1258',
  WIN866: 'alt windows866',
  WIN874: 'windows874',
};

const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(ENCODINGS).flatMap(([encoding, others]) =>
    [lettersOf(encoding), ...others.split(' ').filter((name) => name !== '')].map(
      (name) => [name, encoding] as const,
    ),
  ),
);

/** SQL_ASCII asks for bytes as they are, and they are UTF-8. */
const WITHOUT_CONVERSION = new Set(['UTF8', 'SQL_ASCII']);

/** Names differ by letters and digits only: asyncpg sends `'utf-8'` with the quotes. @throws 22023, 0A000 */
export function canonicalEncoding(value: string): string {
  const encoding = BY_NAME.get(lettersOf(value));
  if (encoding === undefined) throw invalidValue('client_encoding', value);
  if (WITHOUT_CONVERSION.has(encoding)) return encoding;
  throw new SkeinError('notSupported', `invalid value for parameter "client_encoding": "${value}"`, {
    detail: `Conversion between ${encoding} and UTF8 is not supported.`,
  });
}

function lettersOf(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
