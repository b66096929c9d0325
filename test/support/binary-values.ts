/** Values of which two servers may send different bytes, as text that can be compared; others as the bytes in hexadecimal. */
export function binaryAsText(type: number, value: Buffer): string {
  switch (type) {
    case 700:
      return String(value.readFloatBE(0));
    case 701:
      return String(value.readDoubleBE(0));
    case 1700:
      return numericText(value);
    default:
      return value.toString('hex');
  }
}

const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, 'NaN'],
  [0xd000, 'Infinity'],
  [0xf000, '-Infinity'],
]);

/** PostgreSQL's numeric: groups of four decimal digits, the weight of the first, sign, digits after the point. */
function numericText(value: Buffer): string {
  const groups = value.readInt16BE(0);
  const weight = value.readInt16BE(2);
  const sign = value.readUInt16BE(4);
  const scale = value.readUInt16BE(6);
  const special = SPECIAL.get(sign);
  if (special !== undefined) return special;
  const group = (at: number): string => {
    const index = weight - at;
    return String(index < 0 || index >= groups ? 0 : value.readInt16BE(8 + 2 * index)).padStart(4, '0');
  };
  let whole = '';
  for (let at = Math.max(weight, 0); at >= 0; at -= 1) whole += group(at);
  let fraction = '';
  for (let at = -1; fraction.length < scale; at -= 1) fraction += group(at);
  const integer = whole.replace(/^0+(?=\d)/, '');
  return `${sign === 0x4000 ? '-' : ''}${integer}${scale === 0 ? '' : `.${fraction.slice(0, scale)}`}`;
}
