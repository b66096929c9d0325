import type { RawParameter } from '../../analysis/engine.ts';
import { defined } from '../../base/assert.ts';
import { toSkeinError } from '../../base/errors.ts';
import { decodeParameter } from '../../pgwire/values/decode-parameter.ts';
import { elementOid, OID } from '../../types/sql-type.ts';
import type { Client } from '../client.ts';
import { simpleArray } from './array-values.ts';

/** A text that is read as a value of a type. */
export interface InputText {
  readonly oid: number;
  readonly text: string;
}

const INTEGERS: ReadonlyMap<number, readonly [bigint, bigint]> = new Map([
  [OID.int2, [-(2n ** 15n), 2n ** 15n - 1n]],
  [OID.int4, [-(2n ** 31n), 2n ** 31n - 1n]],
  [OID.int8, [-(2n ** 63n), 2n ** 63n - 1n]],
]);
const TEXTS: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar]);
const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({ t: 'true', true: 'true', f: 'false', false: 'false' }),
);
const DAY = /^[1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])$/;
const MOMENT =
  /^([1-9]\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8]))[ T]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?)$/;

/** The canonical text of what every setting reads alike. @returns undefined: PostgreSQL's input function must judge it. */
export function simpleValue(oid: number, text: string): string | undefined {
  if (TEXTS.has(oid)) return text;
  if (elementOid(oid) !== undefined) return simpleArray(oid, text, simpleValue);
  const range = INTEGERS.get(oid);
  if (range !== undefined) return integerText(text, range);
  switch (oid) {
    case OID.bool:
      return WORDS.get(text);
    case OID.numeric:
      return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) && !/^-[0.]+$/.test(text) ? text : undefined;
    case OID.float8:
      return /^-?\d{1,15}(?:\.\d{1,10})?$/.test(text) ? text : undefined;
    case OID.date:
      return DAY.test(text) ? text : undefined;
    case OID.timestamp:
      return MOMENT.exec(text)?.slice(1).join(' ');
    default:
      return undefined;
  }
}

function integerText(text: string, [least, greatest]: readonly [bigint, bigint]): string | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const number = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return number >= least && number <= greatest ? number.toString() : undefined;
}

/** PostgreSQL has at most 1,664 columns in a row. */
const VALUES_AT_ONCE = 800;

/** What PostgreSQL says of a text that is no value of its type. */
export interface WrongInput {
  /** Which of the inputs, the first that is wrong. */
  readonly index: number;
  readonly error: unknown;
}

export interface ReadInputs {
  readonly texts: readonly string[];
  readonly wrong: WrongInput | undefined;
}

/** Canonical texts of those that aren't simple, in order, up to the first that is wrong. */
export async function readHardValues(
  client: Client,
  inputs: readonly InputText[],
  signal: AbortSignal,
): Promise<ReadInputs> {
  const texts: string[] = [];
  for (let at = 0; at < inputs.length; at += VALUES_AT_ONCE) {
    const part = inputs.slice(at, at + VALUES_AT_ONCE);
    try {
      texts.push(...(await readTogether(client, part, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      const { wrong, texts: before } = await readUpToWrong(client, part, signal);
      texts.push(...before);
      return { texts, wrong: { index: at + (wrong?.index ?? 0), error: wrong?.error ?? error } };
    }
  }
  return { texts, wrong: undefined };
}

async function readTogether(
  client: Client,
  inputs: readonly InputText[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const values = inputs.map(({ text }): RawParameter => ({ format: 0, value: Buffer.from(text) }));
  const oids = inputs.map(({ oid }) => oid);
  const row = await client.server.engine.readValues(oids, values, client.analysis, signal);
  return oids.map((oid, index) =>
    decodeParameter(oid, 1, defined(row[index] ?? undefined, 'value that was read')),
  );
}

/** The values before the first wrong one, which is looked for by halves. */
async function readUpToWrong(
  client: Client,
  inputs: readonly InputText[],
  signal: AbortSignal,
): Promise<ReadInputs> {
  const texts: string[] = [];
  let from = 0;
  let to = inputs.length;
  let error: unknown;
  while (from < to) {
    const middle = from + Math.ceil((to - from) / 2);
    try {
      texts.push(...(await readTogether(client, inputs.slice(from, middle), signal)));
      from = middle;
    } catch (thrown) {
      error = toSkeinError(thrown);
      if (middle - from === 1) return { texts, wrong: { index: from, error } };
      to = middle;
    }
  }
  return { texts, wrong: { index: from, error } };
}
