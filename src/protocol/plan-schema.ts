import { z } from 'zod';
import type { AggregateCall, Expr, SortKey } from '../plan/expr.ts';
import type { Column, Plan } from '../plan/logical.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Longest text of a constant, an identifier or a signature that a plan may hold. */
const MAX_TEXT = 16 << 20;
const MAX_NAME = 4096;
/** Longest list of anything in a plan. */
const MAX_ITEMS = 100_000;
/** Longest array of constants. */
const MAX_CONSTANTS = 8_000_000;

const name = z.string().max(MAX_NAME);
const columnId = z.number().int().nonnegative();

/** JSON leaves out what is undefined; a plan's types have the key. */
function maybe<T extends z.ZodType>(schema: T) {
  return schema.optional().transform((value) => value);
}

function listOf<T extends z.ZodType>(schema: T) {
  return z.array(schema).max(MAX_ITEMS);
}

export const sqlTypeSchema: z.ZodType<SqlType> = z.strictObject({
  oid: z.number().int().min(0).max(0xffffffff),
  typmod: z.number().int().min(-1).max(0x7fffffff),
  quotient: z.enum(['direct', 'derived']).exactOptional(),
  dimensions: z.number().int().min(2).max(6).exactOptional(),
});

export const columnSchema: z.ZodType<Column> = z.strictObject({ id: columnId, type: sqlTypeSchema, name });

const exprSchema: z.ZodType<Expr> = z.lazy(() => z.discriminatedUnion('kind', exprOptions()));

const exprs = listOf(exprSchema);

/** Parameters and session values are bound before a plan travels, so both are refused here. */
function exprOptions() {
  const type = sqlTypeSchema;
  return [
    z.strictObject({ kind: z.literal('column'), id: columnId, type }),
    z.strictObject({ kind: z.literal('const'), type, value: z.string().max(MAX_TEXT).nullable() }),
    z.strictObject({ kind: z.literal('call'), fn: name, args: exprs, type }),
    z.strictObject({ kind: z.enum(['and', 'or']), args: exprs }),
    z.strictObject({ kind: z.literal('not'), arg: exprSchema }),
    z.strictObject({ kind: z.literal('is-null'), arg: exprSchema, negated: z.boolean() }),
    z.strictObject({
      kind: z.literal('bool-test'),
      arg: exprSchema,
      test: z.enum(['true', 'false', 'unknown']),
      negated: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('is-distinct'),
      op: name,
      left: exprSchema,
      right: exprSchema,
      negated: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('case'),
      branches: listOf(z.strictObject({ when: exprSchema, then: exprSchema })),
      otherwise: exprSchema,
      type,
    }),
    z.strictObject({ kind: z.enum(['coalesce', 'greatest', 'least']), args: exprs, type }),
    z.strictObject({ kind: z.literal('nullif'), op: name, left: exprSchema, right: exprSchema, type }),
    z.strictObject({ kind: z.literal('array'), elements: exprs, type }),
    z.strictObject({
      kind: z.literal('constants'),
      values: z.array(z.string().max(MAX_TEXT).nullable()).max(MAX_CONSTANTS),
      type,
    }),
    z.strictObject({
      kind: z.literal('array-compare'),
      op: name,
      quantifier: z.enum(['any', 'all']),
      left: exprSchema,
      array: exprSchema,
    }),
    z.strictObject({ kind: z.literal('scalar-subquery'), plan: planSchema, type }),
    z.strictObject({ kind: z.literal('exists'), plan: planSchema }),
    z.strictObject({
      kind: z.literal('subquery-compare'),
      op: name,
      quantifier: z.enum(['any', 'all']),
      left: exprSchema,
      plan: planSchema,
    }),
  ] as const;
}

const sortKey: z.ZodType<SortKey> = z.strictObject({
  expr: exprSchema,
  descending: z.boolean(),
  nullsFirst: z.boolean(),
});

const aggregateCall: z.ZodType<AggregateCall> = z.strictObject({
  fn: name,
  args: exprs,
  distinct: z.boolean(),
  orderBy: listOf(sortKey),
  filter: maybe(exprSchema),
  type: sqlTypeSchema,
});

const projectItem = z.strictObject({ column: columnSchema, expr: exprSchema });
const columns = listOf(columnSchema);

const scanColumn = z.strictObject({
  id: columnId,
  type: sqlTypeSchema,
  name,
  source: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('physical'), name }),
    z.strictObject({ kind: z.literal('label'), name }),
  ]),
});

const groupingSets = z.strictObject({
  members: listOf(listOf(z.number().int().nonnegative())),
  mask: columnSchema,
});

const frameBound = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['unbounded-preceding', 'current-row', 'unbounded-following']) }),
  z.strictObject({ kind: z.enum(['preceding', 'following']), offset: exprSchema }),
]);

const windowFrame = z.strictObject({
  mode: z.enum(['rows', 'range', 'groups']),
  start: frameBound,
  end: frameBound,
  exclude: z.enum(['none', 'current-row', 'group', 'ties']),
});

export const planSchema: z.ZodType<Plan> = z.lazy(() =>
  z.discriminatedUnion('kind', [...leafOptions(), ...unaryOptions(), ...combiningOptions()]),
);

function leafOptions() {
  return [
    z.strictObject({
      kind: z.literal('scan'),
      table: name,
      pieceOf: maybe(name),
      tableKind: z.enum(['federated', 'replicated']),
      columns: listOf(scanColumn),
      shards: maybe(listOf(name)),
    }),
    z.strictObject({ kind: z.literal('values'), columns, rows: listOf(exprs) }),
    z.strictObject({
      kind: z.literal('unnest'),
      items: listOf(z.strictObject({ column: columnSchema, array: exprSchema })),
      ordinality: columnSchema.exactOptional(),
    }),
    z.strictObject({ kind: z.literal('cte-ref'), name, columns, of: listOf(columnId) }),
    z.strictObject({ kind: z.literal('relation'), name, columns }),
  ] as const;
}

function unaryOptions() {
  const input = planSchema;
  return [
    z.strictObject({ kind: z.literal('filter'), input, predicate: exprSchema }),
    z.strictObject({ kind: z.literal('project'), input, items: listOf(projectItem) }),
    z.strictObject({
      kind: z.literal('aggregate'),
      input,
      groups: listOf(projectItem),
      aggregates: listOf(z.strictObject({ column: columnSchema, call: aggregateCall })),
      sets: groupingSets.exactOptional(),
    }),
    z.strictObject({ kind: z.literal('sort'), input, keys: listOf(sortKey) }),
    z.strictObject({
      kind: z.literal('limit'),
      input,
      limit: maybe(exprSchema),
      offset: maybe(exprSchema),
      withTies: z.boolean(),
    }),
    z.strictObject({ kind: z.literal('distinct'), input }),
    z.strictObject({
      kind: z.literal('window'),
      input,
      partitionBy: exprs,
      orderBy: listOf(sortKey),
      items: listOf(z.strictObject({ column: columnSchema, call: aggregateCall, frame: windowFrame })),
    }),
  ] as const;
}

function combiningOptions() {
  return [
    z.strictObject({
      kind: z.literal('join'),
      type: z.enum(['inner', 'left', 'right', 'full', 'semi', 'anti']),
      left: planSchema,
      right: planSchema,
      condition: exprSchema,
      lateral: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('set-operation'),
      op: z.enum(['union', 'intersect', 'except']),
      all: z.boolean(),
      inputs: z.tuple([planSchema, planSchema]),
      columns,
    }),
    z.strictObject({
      kind: z.literal('recursive'),
      name,
      all: z.boolean(),
      base: planSchema,
      step: planSchema,
      columns,
    }),
    z.strictObject({ kind: z.literal('with'), name, definition: planSchema, body: planSchema }),
  ] as const;
}
