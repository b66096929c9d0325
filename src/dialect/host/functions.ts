import { arrayFunctions } from './array-functions.ts';
import { datetimeFunctions } from './datetime-functions.ts';
import type { HostFunction } from './host-function.ts';
import { jsonFunctions } from './json-functions.ts';
import { mathFunctions } from './math-functions.ts';
import { numberFunctions } from './number-functions.ts';
import { quotientFunctions } from './quotient.ts';
import { regexpFunctions } from './regexp-functions.ts';
import { sizeFunctions } from './size-pretty.ts';
import { textFunctions } from './text-functions.ts';
import { uuidFunctions } from './uuid-functions.ts';
import { zoneFunctions } from './zone-functions.ts';

/** All functions that DuckDB calls back, beside the macros of the prelude. */
export const HOST_FUNCTIONS: readonly HostFunction[] = [
  ...jsonFunctions,
  ...numberFunctions,
  ...quotientFunctions,
  ...textFunctions,
  ...mathFunctions,
  ...arrayFunctions,
  ...datetimeFunctions,
  ...zoneFunctions,
  ...uuidFunctions,
  ...regexpFunctions,
  ...sizeFunctions,
];
