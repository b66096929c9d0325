import type { ConstExpr } from '../plan/expr.ts';
import { OID, type SqlType, sqlType } from '../types/sql-type.ts';

const value = (oid: number, text: string): ConstExpr => {
  const type: SqlType = sqlType(oid);
  return { kind: 'const', type, value: text };
};

const ZERO = value(OID.int4, '0');

/** What PostgreSQL's own functions take for arguments that a call omits; undefined: it must not be omitted. */
const DEFAULTS: ReadonlyMap<string, readonly (ConstExpr | undefined)[]> = new Map([
  ['jsonb_set(jsonb,_text,jsonb,bool)', [undefined, undefined, undefined, value(OID.bool, 'true')]],
  ['jsonb_insert(jsonb,_text,jsonb,bool)', [undefined, undefined, undefined, value(OID.bool, 'false')]],
  ['json_strip_nulls(json,bool)', [undefined, value(OID.bool, 'false')]],
  ['jsonb_strip_nulls(jsonb,bool)', [undefined, value(OID.bool, 'false')]],
  ['normalize(text,text)', [undefined, value(OID.text, 'NFC')]],
  ['is_normalized(text,text)', [undefined, value(OID.text, 'NFC')]],
  ['parse_ident(text,bool)', [undefined, value(OID.bool, 'true')]],
  [
    'make_interval(int4,int4,int4,int4,int4,int4,float8)',
    [ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, value(OID.float8, '0')],
  ],
]);

export function defaultArgument(signature: string, index: number): ConstExpr | undefined {
  return DEFAULTS.get(signature)?.[index];
}
