import { parseDecimal } from './decimal.ts';
import { FLOAT8, type HostFunction, INT8, strict, TEXT } from './host-function.ts';
import { floatToChar, integerToChar, numericToChar } from './number-to-char.ts';
import { toNumber } from './to-number.ts';

const DBL_DIG = 15;
const FLT_DIG = 6;

export const numberFunctions: readonly HostFunction[] = [
  strict('numeric_to_char', [TEXT, TEXT], TEXT, (value, template) =>
    numericToChar(parseDecimal(value), template),
  ),
  strict('int4_to_char', [INT8, TEXT], TEXT, (value, template) =>
    integerToChar(value, template, 2n ** 31n, 'integer'),
  ),
  strict('int8_to_char', [INT8, TEXT], TEXT, (value, template) =>
    integerToChar(value, template, 2n ** 63n, 'bigint'),
  ),
  strict('float4_to_char', [FLOAT8, TEXT], TEXT, (value, template) => floatToChar(value, template, FLT_DIG)),
  strict('float8_to_char', [FLOAT8, TEXT], TEXT, (value, template) => floatToChar(value, template, DBL_DIG)),
  strict('to_number', [TEXT, TEXT], TEXT, toNumber),
];
