import type { RawParameter } from '../analysis/engine.ts';
import { defined } from '../base/assert.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import { decodeParameter, isDecodable } from '../pgwire/values/decode-parameter.ts';
import type { Expr, SessionValue } from '../plan/expr.ts';
import { type BoundValues, constant, nestedArray } from '../planner/from-tree/bind.ts';
import { elementOid, OID, sqlType } from '../types/sql-type.ts';
import { nestedElementsOf } from './array-text.ts';
import type { Client } from './client.ts';
import type { AnalyzedQuery } from './plan-cache.ts';
import { sessionValue } from './session-values.ts';

/** What a query's parameters and session values are in this run. */
export async function boundValues(
  client: Client,
  query: Pick<AnalyzedQuery, 'parameterOids'> & {
    readonly logical: Pick<AnalyzedQuery['logical'], 'usesSession'>;
  },
  parameters: readonly RawParameter[],
  signal: AbortSignal,
): Promise<BoundValues> {
  const sources = client.valueSources;
  const session = new Map<SessionValue, string | null>(
    query.logical.usesSession.map((name) => [name, sessionValue(name, sources)]),
  );
  const texts = await canonicalTexts(client, parameters, query.parameterOids, signal);
  return {
    parameters: texts.map((text, index) => parameterValue(query.parameterOids[index] ?? 0, text)),
    session,
  };
}

function parameterValue(oid: number, text: string | null): Expr {
  const element = elementOid(oid);
  if (element === undefined || text === null) return constant(sqlType(oid), text);
  return nestedArray(sqlType(oid), sqlType(element), nestedElementsOf(text));
}

/**
 * Reads what a client bound, before anything is done with it: what PostgreSQL's input functions must judge comes back in
 * binary, by the settings that hold now.
 * @throws what they say of a value that is none of its type.
 */
export async function readParameters(
  client: Client,
  parameters: readonly RawParameter[],
  oids: readonly number[],
  signal: AbortSignal,
): Promise<readonly RawParameter[]> {
  const hard = parameters.map((parameter, index) => isHard(oids[index] ?? 0, parameter));
  if (!hard.includes(true)) return parameters;
  // The others are NULL there: what is wrong tells its number.
  const row = await client.server.engine.readValues(
    hard.map((isHard, index) => (isHard ? (oids[index] ?? 0) : OID.text)),
    parameters.map((parameter, index) => (hard[index] ? parameter : NULL)),
    client.analysis,
    signal,
  );
  return parameters.map((parameter, index) =>
    hard[index] ? { format: 1, value: row[index] ?? null, read: true } : parameter,
  );
}

const NULL: RawParameter = { format: 0, value: null };

function isHard(oid: number, parameter: RawParameter): boolean {
  if (parameter.value === null || !isDecodable(oid)) return false;
  return elementOid(oid) !== undefined || simpleText(oid, parameter) === undefined;
}

/** As constants of a plan are written. What only PostgreSQL's input functions can judge, the embedded one reads. */
async function canonicalTexts(
  client: Client,
  parameters: readonly RawParameter[],
  oids: readonly number[],
  signal: AbortSignal,
): Promise<readonly (string | null)[]> {
  for (const [index, oid] of oids.entries()) {
    if (isDecodable(oid) || (parameters[index]?.value ?? null) === null) continue;
    throw refuse(
      `a parameter of type ${client.server.engine.system.types.get(oid) ?? oid} in a query over tables`,
    );
  }
  const simple = parameters.map((parameter, index) => simpleText(oids[index] ?? 0, parameter));
  const hard = simple.flatMap((text, index) => (text === undefined ? [index] : []));
  if (hard.length === 0) return simple.map((text) => text ?? null);
  const read = await readByPostgres(
    client,
    hard.map((index) => defined(parameters[index], 'parameter')),
    hard.map((index) => oids[index] ?? 0),
    signal,
  );
  return simple.map((text, index) => (text === undefined ? (read[hard.indexOf(index)] ?? null) : text));
}

const INTEGERS: ReadonlyMap<number, readonly [bigint, bigint]> = new Map([
  [OID.int2, [-(2n ** 15n), 2n ** 15n - 1n]],
  [OID.int4, [-(2n ** 31n), 2n ** 31n - 1n]],
  [OID.int8, [-(2n ** 63n), 2n ** 63n - 1n]],
]);

const TEXTS = new Set<number>([OID.text, OID.varchar, OID.unknown]);

/** What they are in binary is a text that may be wrong, or not in normal form. */
export const TEXTS_IN_BINARY: ReadonlySet<number> = new Set<number>([
  OID.json,
  OID.jsonb,
  OID.jsonArray,
  OID.jsonbArray,
]);

/** undefined: not simple, or wrong. */
function simpleText(oid: number, { format, value, read }: RawParameter): string | null | undefined {
  if (value === null) return null;
  const text = decoded(oid, format, value);
  if (text === undefined) return undefined;
  if (TEXTS.has(oid) || (format === 1 && (read || !TEXTS_IN_BINARY.has(oid)))) return text;
  if (oid === OID.bool && (text === 'true' || text === 'false')) return text;
  if (oid === OID.numeric && /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && !/^-[0.]+$/.test(text)) return text;
  const range = INTEGERS.get(oid);
  if (range === undefined || !/^\s*[+-]?\d{1,19}\s*$/.test(text)) return undefined;
  const number = BigInt(text.trim().replace(/^\+/, ''));
  return number >= range[0] && number <= range[1] ? number.toString() : undefined;
}

/** undefined: bytes that are no value of the type, of which PostgreSQL tells in its own words. */
function decoded(oid: number, format: RawParameter['format'], value: Uint8Array): string | undefined {
  try {
    return decodeParameter(oid, format, value, 'any');
  } catch (error) {
    if (format === 1 && error instanceof SkeinError && error.code === INVALID_BINARY) return undefined;
    throw error;
  }
}

const INVALID_BINARY = '22P03';

/** Its binary output is decoded: that form doesn't depend on the session. */
async function readByPostgres(
  client: Client,
  parameters: readonly RawParameter[],
  oids: readonly number[],
  signal: AbortSignal,
): Promise<readonly (string | null)[]> {
  const row = await client.server.engine.readValues(oids, parameters, client.analysis, signal);
  return oids.map((oid, index) => decodeParameter(oid, 1, row[index] ?? null, 'any'));
}
