import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import {
  decimalShape,
  elementType,
  MAX_DECIMAL_PRECISION,
  numericType,
  OID,
  type SqlType,
} from '../../types/sql-type.ts';
import { mappedElements } from '../write/array-values.ts';

export interface InputColumn {
  readonly name: string;
  readonly type: SqlType;
  /** A numeric without precision: a value of more digits than `type` has is refused. */
  readonly unbounded: boolean;
  readonly hasDefault: boolean;
}

const HEADER = 4;

/** A numeric without precision, as it is copied. */
export const COPIED_NUMERIC = numericType(MAX_DECIMAL_PRECISION, 20);

/** A canonical text as a column with a length stores it. @throws 22001, 22003, 0A000 */
export function fittedValue(column: Pick<InputColumn, 'type' | 'unbounded'>, text: string): string {
  const { type } = column;
  if (column.unbounded) return unchanged(text, type);
  const element = elementType(type);
  if (element !== undefined) {
    return element.typmod < HEADER
      ? text
      : mappedElements(text, (value) => fittedValue({ type: element, unbounded: false }, value));
  }
  switch (type.oid) {
    case OID.varchar:
      return type.typmod < HEADER ? text : cut(text, type.typmod - HEADER, 'character varying');
    case OID.bpchar:
      return type.typmod < HEADER
        ? text
        : padded(cut(text, type.typmod - HEADER, 'character'), type.typmod - HEADER);
    case OID.numeric:
      return rounded(text, type);
    default:
      return text;
  }
}

function unchanged(text: string, type: SqlType): string {
  const { precision, scale } = defined(decimalShape(type), 'digits of a numeric');
  const [, whole = '', fraction = ''] = /^-?0*(\d*?)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  if (whole.length <= precision - scale && fraction.length <= scale) return rounded(text, type);
  throw refuse(`a numeric with more than ${precision - scale} digits before the point or ${scale} after it`);
}

function cut(text: string, length: number, type: string): string {
  if (text.length <= length) return text;
  const characters = [...text];
  if (characters.length <= length) return text;
  if (characters.slice(length).every((character) => character === ' '))
    return characters.slice(0, length).join('');
  throw new SkeinError('stringTruncation', `value too long for type ${type}(${length})`);
}

function padded(text: string, length: number): string {
  return text + ' '.repeat(Math.max(0, length - [...text].length));
}

/** To the digits of the type, halves away from zero. */
function rounded(text: string, type: SqlType): string {
  const shape = decimalShape(type);
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (shape === undefined || match === null) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  const kept = BigInt(whole + fraction.slice(0, shape.scale).padEnd(shape.scale, '0'));
  const value = (fraction[shape.scale] ?? '0') >= '5' ? kept + 1n : kept;
  if (value >= 10n ** BigInt(shape.precision)) {
    const power = shape.precision - shape.scale;
    throw new SkeinError('numericOutOfRange', 'numeric field overflow', {
      detail: `A field with precision ${shape.precision}, scale ${shape.scale} must round to an absolute value less than ${power === 0 ? '1' : `10^${power}`}.`,
    });
  }
  const digits = value.toString().padStart(shape.scale + 1, '0');
  const at = digits.length - shape.scale;
  return `${value === 0n ? '' : sign}${digits.slice(0, at)}${shape.scale === 0 ? '' : `.${digits.slice(at)}`}`;
}
