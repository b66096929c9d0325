/** PostgreSQL writes an exponent below 1e-4, and from these powers of ten on. */
const FLOAT8_PLAIN_EXPONENT = 15;
const FLOAT4_PLAIN_EXPONENT = 6;
const FLOAT4_DIGITS = 9;

/** float8out: the shortest text that reads back as the same value. */
export function float8Text(value: number): string {
  return special(value) ?? plainOrScientific(value.toExponential(), FLOAT8_PLAIN_EXPONENT);
}

/** float4out. @param value one that a float4 holds exactly. */
export function float4Text(value: number): string {
  let text = value.toExponential();
  for (let digits = 1; digits <= FLOAT4_DIGITS; digits++) {
    text = value.toExponential(digits - 1);
    if (Math.fround(Number(text)) === value) break;
  }
  return special(value) ?? plainOrScientific(text, FLOAT4_PLAIN_EXPONENT);
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return undefined;
}

/** @param scientific as `toExponential` writes it: `-1.25e-7`. */
function plainOrScientific(scientific: string, plainExponent: number): string {
  const [significand = '', power = '0'] = scientific.split('e');
  const exponent = Number(power);
  const sign = significand.startsWith('-') ? '-' : '';
  if (exponent < -4 || exponent >= plainExponent) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${significand}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  const digits = significand.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** src/backend/utils/adt/numeric.c: the two high bits of the first word tell the form. */
const KIND_MASK = 0xc000;
const NEGATIVE = 0x4000;
const SHORT = 0x8000;
const SPECIAL = 0xc000;
const SPECIAL_MASK = 0xf000;
const DIGITS_PER_WORD = 4;

/** numeric_out: with the display scale that the value carries. */
export function numericText(view: DataView): string {
  const header = view.getUint16(0, true);
  switch (header & KIND_MASK) {
    case SPECIAL:
      return specialNumeric(header & SPECIAL_MASK);
    case SHORT: {
      const low = header & 0x3f;
      const weight = (header & 0x40) === 0 ? low : low - 0x40;
      return digitsText((header & 0x2000) !== 0, weight, (header & 0x1f80) >>> 7, words(view, 2));
    }
    default:
      return digitsText(
        (header & KIND_MASK) === NEGATIVE,
        view.getInt16(2, true),
        header & 0x3fff,
        words(view, 4),
      );
  }
}

function specialNumeric(kind: number): string {
  if (kind === 0xd000) return 'Infinity';
  return kind === 0xf000 ? '-Infinity' : 'NaN';
}

function words(view: DataView, from: number): string[] {
  const digits: string[] = [];
  for (let at = from; at + 1 < view.byteLength; at += 2) {
    digits.push(String(view.getInt16(at, true)).padStart(DIGITS_PER_WORD, '0'));
  }
  return digits;
}

/** @param weight of the first word: its value is word × 10000^weight. */
function digitsText(negative: boolean, weight: number, scale: number, digits: readonly string[]): string {
  const wholeWords = weight + 1;
  const missing = wholeWords < 0 ? '0'.repeat(-wholeWords * DIGITS_PER_WORD) : '';
  const all = missing + digits.join('');
  const wholeLength = Math.max(wholeWords, 0) * DIGITS_PER_WORD;
  const whole = all.slice(0, wholeLength).padEnd(wholeLength, '0').replace(/^0+/, '');
  const fraction = all.slice(wholeLength, wholeLength + scale).padEnd(scale, '0');
  return `${negative ? '-' : ''}${whole === '' ? '0' : whole}${scale === 0 ? '' : `.${fraction}`}`;
}
