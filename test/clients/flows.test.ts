import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { BinaryClient } from '../support/binary-client.ts';
import { type Answer, answerOf, ask, failureOf } from '../support/compare.ts';
import type { Target } from '../support/postgres.ts';
import { startCatalogTargets } from './catalog-fixture.ts';
import { FLOWS, type FlowStep, readFlow } from './flows.ts';

/** Tools' first connection, browsing, syncing and charting: the same answers as PostgreSQL 18 gives. */

const targets = startCatalogTargets();

describe.each(FLOWS)('%s', (tool) => {
  test.each(['text', 'binary'] as const)('%s', async (format) => {
    const [skein, oracle] = await Promise.all([targets.skein, targets.oracle].map((t) => Tool.connect(t)));
    if (skein === undefined || oracle === undefined) throw new Error('no connection');
    try {
      for (const step of readFlow(tool)) {
        const [ours, theirs] = await Promise.all([skein.run(step, format), oracle.run(step, format)]);
        const sqlstate = theirs.find((answer) => answer.sqlstate !== undefined)?.sqlstate;
        const hasNoBinary = format === 'binary' && sqlstate === '42883';
        expect({ step: step.name, failed: sqlstate !== undefined }).toEqual({
          step: step.name,
          failed: step.fails || hasNoBinary,
        });
        expect({ step: step.name, answers: comparable(ours, step) }).toEqual({
          step: step.name,
          answers: comparable(theirs, step),
        });
      }
    } finally {
      await Promise.all([skein.end(), oracle.end()]);
    }
  });
});

/** One connection for text, and one for binary results, which node-postgres can't keep. */
class Tool {
  readonly #text: pg.Client;
  readonly #binary: BinaryClient;

  private constructor(text: pg.Client, binary: BinaryClient) {
    this.#text = text;
    this.#binary = binary;
  }

  static async connect(target: Target): Promise<Tool> {
    const text = new pg.Client(target);
    text.on('error', () => undefined);
    await text.connect();
    return new Tool(text, await BinaryClient.connect(target));
  }

  async run(step: FlowStep, format: 'text' | 'binary'): Promise<readonly Answer[]> {
    if (step.simple) return this.#simple(step.sql);
    const parameters: string[] = [];
    for (const { expression } of step.parameters) {
      const { rows } = await ask(this.#text, `SELECT (${expression})::text`);
      parameters.push(rows[0]?.[0] ?? '');
    }
    const answer =
      format === 'binary'
        ? await this.#binary.ask(step.sql, parameters)
        : await ask(this.#text, step.sql, parameters);
    return [answer];
  }

  async #simple(sql: string): Promise<readonly Answer[]> {
    try {
      const query = { text: sql, types: { getTypeParser: () => (value: string) => value } };
      const results = await this.#text.query<(string | null)[]>({ ...query, rowMode: 'array' });
      const all: readonly pg.QueryArrayResult<(string | null)[]>[] = [results].flat();
      return all.map(answerOf);
    } catch (error) {
      return [failureOf(error)];
    }
  }

  async end(): Promise<void> {
    this.#binary.end();
    await this.#text.end();
  }
}

/** oid, xid, cid, tid, oidvector, oid[], xid[], regclass, pg_lsn: other numbers on another server. */
const PRIVATE_TYPES = new Set([26, 28, 29, 27, 30, 1028, 1011, 2205, 3220]);

function comparable(answers: readonly Answer[], step: FlowStep): unknown {
  return answers.map(({ columns, rows, command, sqlstate }) => {
    if (sqlstate !== undefined) return { sqlstate };
    const kept = columns.map(({ name, type }) => !PRIVATE_TYPES.has(type) && !step.drop.has(name));
    const values = rows.map((row) => row.map((value, at) => (kept[at] ? value : '…')));
    if (step.onlyColumns) return { columns };
    const sorted = step.unordered ? values.map((row) => JSON.stringify(row)).sort() : values;
    return { columns, command, rows: sorted };
  });
}
