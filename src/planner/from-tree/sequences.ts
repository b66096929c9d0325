import type { TreeNode } from '../../analysis/tree.ts';
import type { FunctionSignature } from '../../analysis/tree-context.ts';
import { decodeDatum } from '../../analysis/tree-datum.ts';
import { defined } from '../../base/assert.ts';
import { refuse, SkeinError } from '../../base/errors.ts';
import type { Expr } from '../../plan/expr.ts';
import { OID, sqlType } from '../../types/sql-type.ts';
import { constant } from '../types.ts';
import { type Conversion, openNode, type Scope } from './conversion.ts';
import { call } from './dialect-call.ts';

/** nextval, currval, setval and lastval. The sequence must be known when the statement is analysed. */
export function sequenceCall(
  conversion: Conversion,
  { signature, name }: FunctionSignature,
  nodes: readonly TreeNode[],
  scope: Scope,
): Expr {
  const type = sqlType(OID.int8);
  const session: Expr = { kind: 'session', name: 'session', type: sqlType(OID.int4) };
  const [sequence, ...values] = nodes;
  if (sequence === undefined) return call(`function ${signature}`, signature, [session], type);
  const oid = constant(type, String(sequenceOid(conversion, sequence, name)));
  const args = [oid, session, ...values.map((value) => conversion.expr(value, scope))];
  return call(`function ${signature}`, signature, args, type);
}

function sequenceOid({ context }: Conversion, node: TreeNode, name: string): number {
  if (node.tag !== 'CONST') {
    throw refuse(`${name}() of a sequence that is not a constant`, {
      hint: `Name the sequence: ${name}('schema.name').`,
    });
  }
  const reader = openNode(node, 'CONST').ignore(
    'consttype',
    'consttypmod',
    'constcollid',
    'constlen',
    'constbyval',
    'location',
  );
  if (reader.bool('constisnull')) throw refuse(`${name}(NULL)`);
  const oid = Number(decodeDatum(OID.oid, 4, defined(reader.bytes('constvalue'), 'OID of a sequence')));
  reader.done();
  const relation = context.owned?.get(oid);
  if (relation?.kind === 'sequence') return oid;
  const shown =
    relation?.name ?? context.shadow.relations.get(oid)?.name ?? context.system.relations.get(oid)?.name;
  throw new SkeinError({ sqlstate: '42809' }, `cannot open relation "${shown ?? oid}"`, {
    detail: `This operation is not supported for ${relation?.kind ?? 'table'}s.`,
  });
}
