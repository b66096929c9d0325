import { WINDOWS } from '../../../src/dialect/table.ts';

/** Constant arguments after the value column, as PostgreSQL SQL and as typed constants. */
export interface WindowCase {
  readonly signature: string;
  /** Whether the first argument is the value column. */
  readonly value: boolean;
  readonly constants: readonly (readonly [type: 'int4', value: string | null])[];
}

const int4 = (...values: readonly (string | null)[]): readonly (readonly ['int4', string | null])[][] =>
  values.map((value) => [['int4', value]]);

const CONSTANTS: Readonly<Record<string, readonly (readonly (readonly ['int4', string | null])[])[]>> = {
  'ntile(int4)': int4('1', '3', '100', '0', '-1', null),
  'nth_value(anyelement,int4)': int4('1', '2', '50', '0', null),
  'lag(anyelement,int4)': int4('0', '1', '2', '-1', '50', null),
  'lead(anyelement,int4)': int4('0', '1', '2', '-1', '50', null),
  'lag(anycompatible,int4,anycompatible)': [
    [
      ['int4', '1'],
      ['int4', '-7'],
    ],
    [
      ['int4', '2'],
      ['int4', null],
    ],
  ],
  'lead(anycompatible,int4,anycompatible)': [
    [
      ['int4', '1'],
      ['int4', '-7'],
    ],
  ],
};

/** One case per entry and choice of constants. */
export const cases: readonly WindowCase[] = [...WINDOWS.keys()].flatMap((signature) =>
  (CONSTANTS[signature] ?? [[]]).map((constants) => ({
    signature,
    value: signature.includes('(any'),
    constants,
  })),
);
