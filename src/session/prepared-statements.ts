import type { RawParameter } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import type { ParameterType, StatementKind } from '../sql/statement.ts';
import type { Client } from './client.ts';
import { executeArguments } from './execute-arguments.ts';
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
  const oids = await typeOids(client, command.parameterTypes);
  const offset = command.inner.offset - (outer.statement?.offset ?? 0);
  const prepared = await atOffset(offset, () => prepareStatement(client, command.inner, oids));
  const origin = { ...prepared.origin, sql: outer.origin.sql, fromSql: true };
  client.statements.add(command.name, { ...prepared, origin });
  return { kind: 'done', tag: 'PREPARE' };
}

/** PostgreSQL says what the names of types mean. */
async function typeOids(client: Client, types: readonly ParameterType[]): Promise<readonly number[]> {
  const before = 'SELECT CAST($1 AS ';
  const described = types.map(({ sql, position }) =>
    atOffset(position - 1 - before.length, () =>
      client.server.plans.describe(`${before}${sql})`, [], client.analysis),
    ),
  );
  return (await Promise.all(described)).map(({ columns }) => columns[0]?.typeOid ?? 0);
}

/** @param name undefined: all. */
export function deallocate(client: Client, name: string | undefined): Outcome {
  if (name === undefined) client.statements.deallocateAll();
  else client.statements.deallocate(name);
  return { kind: 'done', tag: name === undefined ? 'DEALLOCATE ALL' : 'DEALLOCATE' };
}

/** SQL EXECUTE. */
export async function executePrepared(run: Run, command: ExecuteCommand): Promise<Outcome> {
  const { statements } = run.client;
  const prepared = statements.get(command.name);
  const parameters = await executeParameters(run, prepared, command);
  statements.noteRun(command.name);
  return run.perform({ ...run, prepared, parameters });
}

export async function executeParameters(
  run: Run,
  prepared: Prepared,
  { name, parameters }: ExecuteCommand,
): Promise<readonly RawParameter[]> {
  const expected = prepared.parameterOids.length;
  const given = parameters.items.length;
  if (expected === given) return executeArguments(run, prepared, parameters);
  throw new SkeinError('syntaxError', `wrong number of parameters for prepared statement "${name}"`, {
    detail: `Expected ${expected} parameters but got ${given}.`,
  });
}
