import type { Expr } from '../plan/expr.ts';
import { visitExpr } from '../plan/walk.ts';
import type { ScalarEntry } from './entries.ts';

const volatile = (signature: string, print: ScalarEntry['print']): ScalarEntry => ({
  signature,
  print,
  volatile: true,
});

/**
 * Functions of sequences, compared with PostgreSQL by test/clients/tables.test.ts. Their first arguments are the sequence's
 * OID and the session; nextval's last is the number of the row, so that values come in the rows' order. They are the proxy's
 * alone: no agent knows them.
 */
export const SEQUENCE_ENTRIES: readonly ScalarEntry[] = [
  volatile('nextval(regclass)', ([oid, session, row = '0']) => `host_nextval(${oid}, ${session}, ${row})`),
  volatile('currval(regclass)', ([oid, session]) => `host_currval(${oid}, ${session})`),
  volatile('lastval()', ([session]) => `host_lastval(${session})`),
  volatile('setval(regclass,int8)', (args) => `host_setval(${args.join(', ')}, true)`),
  volatile('setval(regclass,int8,bool)', (args) => `host_setval(${args.join(', ')})`),
];

const SIGNATURES: ReadonlySet<string> = new Set(SEQUENCE_ENTRIES.map(({ signature }) => signature));

export const NEXTVAL = 'nextval(regclass)';

export function isSequenceFunction(signature: string): boolean {
  return SIGNATURES.has(signature);
}

/** The calls in an expression, but for those of its subqueries. */
export function sequenceCalls(expr: Expr): readonly (Expr & { readonly kind: 'call' })[] {
  const calls: (Expr & { readonly kind: 'call' })[] = [];
  visitExpr(expr, (part) => {
    if (part.kind === 'call' && isSequenceFunction(part.fn)) calls.push(part);
  });
  return calls;
}
