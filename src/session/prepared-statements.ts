import type { RawParameter } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { StatementKind } from '../sql/statement.ts';
import type { Client } from './client.ts';
import type { Outcome } from './portals.ts';
import { prepareStatement } from './prepare.ts';
import type { Run } from './run.ts';
import { atOffset, type Prepared } from './statement.ts';

type PrepareCommand = Extract<StatementKind, { readonly kind: 'prepare' }>;
type ExecuteCommand = Extract<StatementKind, { readonly kind: 'execute' }>;

/** SQL PREPARE. */
export async function prepareNamed(
  client: Client,
  outer: Prepared,
  command: PrepareCommand,
): Promise<Outcome> {
  client.statements.checkFree(command.name);
  const oids = await typeOids(client, command.parameterTypes);
  const offset = command.inner.offset - (outer.statement?.offset ?? 0);
  const prepared = await atOffset(offset, () => prepareStatement(client, command.inner, oids));
  const origin = { ...prepared.origin, sql: outer.statement?.text ?? '', fromSql: true };
  client.statements.add(command.name, { ...prepared, origin });
  return { kind: 'done', tag: 'PREPARE' };
}

/** PostgreSQL says what the names of types mean. */
async function typeOids(client: Client, types: readonly string[]): Promise<readonly number[]> {
  if (types.length === 0) return [];
  const casts = types.map((type, index) => `CAST($${index + 1} AS ${type})`);
  const sql = `SELECT ${casts.join(', ')}`;
  const { columns } = await client.server.plans.describe(sql, [], client.analysis);
  return columns.map((column) => column.typeOid);
}

/** @param name undefined: all. */
export function deallocate(client: Client, name: string | undefined): Outcome {
  if (name === undefined) client.statements.deallocateAll();
  else client.statements.deallocate(name);
  return { kind: 'done', tag: name === undefined ? 'DEALLOCATE ALL' : 'DEALLOCATE' };
}

/** SQL EXECUTE. */
export async function executePrepared(run: Run, command: ExecuteCommand): Promise<Outcome> {
  const prepared = run.client.statements.get(command.name);
  return run.perform({ ...run, prepared, parameters: executeParameters(prepared, command) });
}

export function executeParameters(prepared: Prepared, command: ExecuteCommand): readonly RawParameter[] {
  const expected = prepared.parameterOids.length;
  const given = command.parameters.length;
  if (expected !== given) {
    throw new SkeinError(
      'syntaxError',
      `wrong number of parameters for prepared statement "${command.name}"`,
      {
        detail: `Expected ${expected} parameters but got ${given}.`,
      },
    );
  }
  return command.parameters.map((text) => ({ format: 0, value: text === null ? null : Buffer.from(text) }));
}
