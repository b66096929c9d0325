import type { RawParameter } from '../analysis/engine.ts';
import { defined } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { splitStatements } from '../sql/parse.ts';
import type { ExecuteParameter, ExecuteParameters } from '../sql/statement.ts';
import { OID } from '../types/sql-type.ts';
import { substituted } from './query.ts';
import type { Run } from './run.ts';
import { noParameters, type Prepared, shiftPosition } from './statement.ts';

const NUMBERS = new Set<number>([OID.int2, OID.int4, OID.int8, OID.numeric, OID.float4, OID.float8]);
const BEFORE = 'VALUES (';

/** The values of EXECUTE's arguments, of the types that the statement wants: each is coerced as in an assignment. */
export async function executeArguments(
  run: Run,
  prepared: Prepared,
  { text, offset, items }: ExecuteParameters,
): Promise<readonly RawParameter[]> {
  const oids = prepared.parameterOids;
  await checkQuoted(run, items, oids);
  if (items.every((item, index) => isPlain(item, oids[index] ?? 0))) {
    return items.map((item) => raw(item.kind === 'expression' ? null : item.text));
  }
  const values = () => evaluate(run, `${BEFORE}${text})`);
  const given = await inExecute(offset - BEFORE.length, undefined, values);
  const pairs = items.flatMap((item, index) =>
    item.kind === 'quoted'
      ? []
      : [{ index, position: item.position, from: given.oids[index] ?? 0, to: oids[index] ?? 0 }],
  );
  await checkAssignable(run, pairs);
  const cast = await castAll(run, pairs, given.values);
  return items.map((item, index) => {
    if (item.kind === 'quoted') return raw(item.text);
    return { format: 0, value: cast.get(index) ?? null };
  });
}

const raw = (text: string | null): RawParameter => ({
  format: 0,
  value: text === null ? null : Buffer.from(text),
});

function isPlain(item: ExecuteParameter, oid: number): boolean {
  return item.kind === 'quoted' || (item.kind === 'number' && NUMBERS.has(oid));
}

/** A literal that its type can't read is an error of the place where it stands. */
async function checkQuoted(
  { client, reading }: Run,
  items: readonly ExecuteParameter[],
  oids: readonly number[],
): Promise<void> {
  for (const [index, item] of items.entries()) {
    const oid = oids[index] ?? OID.text;
    if (item.kind !== 'quoted' || item.text === null || oid === OID.text) continue;
    const value = raw(item.text);
    await inExecute(item.position - 1, 1, () =>
      client.server.engine.readValues([oid], [value], client.analysis, reading.signal),
    );
  }
}

/** @param position where an error stands that tells of no place. */
async function inExecute<T>(
  offset: number,
  position: number | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error;
    const message = error.message.replace(/ allowed in VALUES$/, ' allowed in EXECUTE parameters');
    const fields = { ...error.fields, position: error.fields.position ?? position };
    throw shiftPosition(new SkeinError({ sqlstate: error.code }, message, fields, error.cause), offset);
  }
}

interface Evaluated {
  readonly oids: readonly number[];
  readonly values: readonly (Uint8Array | null)[];
}

async function evaluate(run: Run, sql: string): Promise<Evaluated> {
  const { client, reading } = run;
  const statement = defined(splitStatements(sql)[0], 'statement');
  const { columns, parameterOids } = await client.server.plans.describe(sql, [], client.analysis);
  if (parameterOids.length > 0) throw noParameters(statement);
  const prepared: Prepared = { ...run.prepared, statement, parameterOids: [] };
  const text = await substituted({ ...run, prepared, parameters: [] }, statement, { catalog: true });
  const formats = columns.map(() => 0 as const);
  const { rows } = await client.server.engine.query(text, [], [], formats, client.analysis, reading.signal);
  return { oids: columns.map(({ typeOid }) => typeOid), values: rows[0]?.fields() ?? [] };
}

interface Coercion {
  readonly index: number;
  readonly position: number;
  readonly from: number;
  readonly to: number;
}

/** @throws 42804 where PostgreSQL has no cast that an assignment takes. */
async function checkAssignable({ client, reading }: Run, pairs: readonly Coercion[]): Promise<void> {
  const asked = pairs.map(
    ({ index, from, to }) => `(${index + 1}, ${from}::pg_catalog.oid, ${to}::pg_catalog.oid)`,
  );
  const sql = `SELECT nth, pg_catalog.format_type(source, NULL), pg_catalog.format_type(target, NULL)
    FROM (VALUES ${asked.join(', ')}) AS v(nth, source, target) JOIN pg_catalog.pg_type t ON t.oid = target
    WHERE source <> target AND t.typcategory <> 'S' AND NOT EXISTS (SELECT FROM pg_catalog.pg_cast
      WHERE castsource = source AND casttarget = target AND castcontext IN ('a', 'i')) ORDER BY nth`;
  const { rows } = await client.server.engine.query(sql, [], [], [0, 0, 0], client.analysis, reading.signal);
  const [wrong] = rows;
  if (wrong === undefined) return;
  const [nth, source, target] = wrong.fields().map((field) => Buffer.from(field ?? []).toString());
  throw new SkeinError(
    { sqlstate: '42804' },
    `parameter $${nth} of type ${source} cannot be coerced to the expected type ${target}`,
    {
      hint: 'You will need to rewrite or cast the expression.',
      position: pairs.find(({ index }) => index + 1 === Number(nth))?.position,
    },
  );
}

async function castAll(
  { client, reading }: Run,
  pairs: readonly Coercion[],
  values: readonly (Uint8Array | null)[],
): Promise<ReadonlyMap<number, Uint8Array | null>> {
  const { engine } = client.server;
  const name = (oid: number) => `pg_catalog."${defined(engine.system.types.get(oid), 'type')}"`;
  const items = pairs.map(({ from, to }, index) => `($${index + 1}::${name(from)})::${name(to)}`);
  const parameters = pairs.map(({ index }) => ({ format: 0 as const, value: values[index] ?? null }));
  const oids = pairs.map(({ from }) => from);
  const formats = pairs.map(() => 0 as const);
  const sql = `SELECT ${items.join(', ')}`;
  const { rows } = await engine.query(sql, parameters, oids, formats, client.analysis, reading.signal);
  const coerced = rows[0]?.fields() ?? [];
  return new Map(pairs.map(({ index }, at) => [index, coerced[at] ?? null]));
}
