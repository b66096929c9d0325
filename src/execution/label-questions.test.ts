import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shard } from '../catalog/snapshot.ts';
import { PRELUDE } from '../dialect/prelude.ts';
import { type Engine, openEngine } from '../engine/duckdb.ts';
import type { Expr } from '../plan/expr.ts';
import { OID, sqlType } from '../types/sql-type.ts';
import { evaluateLabelPredicates, type LabelQuestion } from './label-questions.ts';

const text = sqlType(OID.text);
const int4 = sqlType(OID.int4);
const bool = sqlType(OID.bool);

const region: LabelQuestion['columns'][number] = { id: 1, label: 'region', type: text };
const storeid: LabelQuestion['columns'][number] = { id: 2, label: 'storeid', type: int4 };
const column = ({ id, type }: LabelQuestion['columns'][number]): Expr => ({ kind: 'column', id, type });
const constant = (value: string | null, type = text): Expr => ({ kind: 'const', type, value });
const call = (fn: string, ...args: readonly Expr[]): Expr => ({ kind: 'call', fn, args, type: bool });

const shard = (id: string, labels: Record<string, string>): Shard => ({ id, labels, agents: [] });
const SHARDS = [
  shard('paris', { region: 'EU', storeid: '1' }),
  shard('toronto', { region: 'NorthAmerica', storeid: '2' }),
  shard('berlin', { region: 'EU', storeid: '3' }),
  shard('unlabelled', {}),
  shard('zero', { region: 'EU', storeid: '0' }),
];

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({
    threads: 1,
    memoryLimit: '200MB',
    tempDirectory: tmpdir(),
    allowedDirectories: [],
    prelude: PRELUDE,
    maxConnections: 2,
  });
});
afterAll(() => engine.close());

async function chosen(predicate: Expr, columns = [region, storeid], shards = SHARDS): Promise<string[]> {
  const answers = await evaluateLabelPredicates(engine, [{ id: 'q', predicate, columns }], shards);
  return [...(answers.get('q') ?? [])];
}

const isEurope = call('text = text', column(region), constant('EU'));

describe('evaluateLabelPredicates', () => {
  it('chooses where it is true, prunes where false or NULL', async () => {
    expect(await chosen(isEurope)).toEqual(['paris', 'berlin', 'zero']);
    expect(await chosen({ kind: 'not', arg: isEurope })).toEqual(['toronto']);
    expect(await chosen({ kind: 'is-null', arg: column(region), negated: false })).toEqual(['unlabelled']);
  });

  it('compares labels by their declared types', async () => {
    const over = call('int4 > int4', column(storeid), constant('1', int4));
    expect(await chosen(over)).toEqual(['toronto', 'berlin']);
  });

  it('keeps the shards for which the predicate fails, and only those', async () => {
    const quotient: Expr = {
      kind: 'call',
      fn: 'int4 / int4',
      args: [constant('6', int4), column(storeid)],
      type: int4,
    };
    expect(await chosen(call('int4 = int4', quotient, constant('2', int4)))).toEqual(['berlin', 'zero']);
  });

  it('without shards, and with a predicate without columns', async () => {
    expect(await chosen(isEurope, [region], [])).toEqual([]);
    expect(await chosen(constant('true', bool), [])).toHaveLength(SHARDS.length);
  });

  it('answers follow the labels, not the names of earlier questions', async () => {
    const moved = SHARDS.map((old) => (old.id === 'paris' ? shard('paris', { region: 'Asia' }) : old));
    expect(await chosen(isEurope, [region], moved)).toEqual(['berlin', 'zero']);
    const renamed = SHARDS.map((old) => (old.id === 'paris' ? { ...old, id: 'lyon' } : old));
    expect(await chosen(isEurope, [region, storeid], renamed)).toEqual(['lyon', 'berlin', 'zero']);
  });
});
