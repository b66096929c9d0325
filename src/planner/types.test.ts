import { describe, expect, test } from 'vitest';
import type { Expr } from '../plan/expr.ts';
import type { Plan } from '../plan/logical.ts';
import { numericType, OID, type SqlType, sqlType } from '../types/sql-type.ts';
import { commonNumeric, constant, deriveTypes } from './types.ts';
import { numericTypeOf } from './uncarried-numerics.ts';

const NUMERIC = sqlType(OID.numeric);

describe('numericTypeOf', () => {
  test.each([
    ['0', 1, 0],
    ['12.50', 4, 2],
    ['-12.5', 3, 1],
    ['0.001', 3, 3],
    ['007', 1, 0],
    ['99999999999999999999999999999999999999', 38, 0],
  ])('%s', (text, precision, scale) => {
    expect(numericTypeOf(text)).toEqual(numericType(precision, scale));
  });

  test.each(['NaN', 'Infinity', '-Infinity', '1e5', '100000000000000000000000000000000000000'])(
    '%s is refused',
    (text) => {
      expect(() => numericTypeOf(text)).toThrow('not supported');
    },
  );
});

describe('commonNumeric', () => {
  const direct: SqlType = { ...numericType(38, 20), quotient: 'direct' };
  const derived: SqlType = { ...numericType(30, 10), quotient: 'derived' };

  test('has room for the digits of each on both sides of the point', () => {
    expect(commonNumeric([numericType(5, 3), numericType(4, 3)])).toEqual(numericType(5, 3));
    expect(commonNumeric([numericType(5, 0), numericType(4, 3)])).toMatchObject(numericType(8, 3));
  });

  test('is unknown where one is', () => {
    expect(commonNumeric([numericType(5, 0), NUMERIC])).toEqual(NUMERIC);
  });

  test('remembers that a value may be a quotient', () => {
    expect(commonNumeric([direct, numericType(3, 0)])).toEqual(direct);
    expect(commonNumeric([derived, numericType(3, 0)])).toEqual(derived);
    expect(commonNumeric([derived, { ...numericType(5, 1), quotient: 'direct' }]).quotient).toBe('derived');
  });

  test('no longer knows the scale to show where scales differ', () => {
    expect(commonNumeric([numericType(5, 0), numericType(4, 3)]).quotient).toBe('derived');
  });

  test('keeps the digits after the point where 38 are too few', () => {
    expect(commonNumeric([numericType(38, 0), numericType(2, 1)])).toMatchObject(numericType(38, 1));
  });
});

describe('deriveTypes', () => {
  const project = (expr: Expr, input: Plan, id: number): Plan => ({
    kind: 'project',
    input,
    items: [{ column: { id, name: '', type: NUMERIC }, expr }],
  });
  const reference = (id: number): Expr => ({ kind: 'column', id, type: NUMERIC });
  const source: Plan = {
    kind: 'values',
    columns: [{ id: 1, name: 'a', type: NUMERIC }],
    rows: [[constant(NUMERIC, '1.25')], [constant(NUMERIC, '100')], [constant(NUMERIC, null)]],
  };

  test('columns carry what they are computed from to all that refers to them', () => {
    const inner = project(
      { kind: 'coalesce', args: [reference(1), constant(NUMERIC, '0')], type: NUMERIC },
      source,
      2,
    );
    const plan = deriveTypes(project(reference(2), inner, 3));
    expect(plan).toMatchObject({
      items: [{ column: { type: numericType(5, 2) }, expr: { type: numericType(5, 2) } }],
    });
    expect(deriveTypes(plan)).toEqual(plan);
  });

  test('a correlated subquery sees the columns around it', () => {
    const subquery: Plan = project(reference(1), { kind: 'values', columns: [], rows: [[]] }, 5);
    const plan = deriveTypes(project({ kind: 'scalar-subquery', plan: subquery, type: NUMERIC }, source, 6));
    expect(plan).toMatchObject({ items: [{ column: { type: numericType(5, 2) } }] });
  });

  test('a reference to a CTE has the type of its definition', () => {
    const body: Plan = {
      kind: 'cte-ref',
      name: 'w',
      columns: [{ id: 9, name: 'a', type: NUMERIC }],
      of: [1],
    };
    const plan = deriveTypes({ kind: 'with', name: 'w', definition: source, body });
    expect(plan).toMatchObject({ body: { columns: [{ type: numericType(5, 2) }] } });
  });
});
