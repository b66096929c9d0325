import { refuse, SkeinError } from '../base/errors.ts';
import { findTable, type Table } from '../catalog/snapshot.ts';
import type { Statement } from '../sql/parse.ts';
import { rawFields, rawList, rawString } from '../sql/raw-tree.ts';
import { relationsOf } from '../sql/relations.ts';
import type { Client } from './client.ts';
import type { Command } from './statement.ts';

type RefusedCommand = Extract<Command, { readonly kind: 'refused' }>;

/** Of a statement that would change something: by name, with the reason. */
export function refusedStatement(client: Client, statement: Statement, command: RefusedCommand): SkeinError {
  if (command.class !== 'utility' && client.settings.get('transaction_read_only') === 'on') {
    return new SkeinError(
      'readOnlyTransaction',
      `cannot execute ${command.command} in a read-only transaction`,
    );
  }
  if (command.class === 'utility') return refuse(command.command);
  if (ROLES.test(command.command)) {
    return refuse(command.command, {
      hint: 'Users are kept where the proxy runs: `skein user add` makes one.',
    });
  }
  const table = tableOf(client, statement);
  return refuse(command.command, {
    detail: table === undefined ? undefined : reasonOf(table),
    hint: 'Skein reads the tables that its agents expose, and changes those that CREATE TABLE makes.',
  });
}

const ROLES = /^(?:(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP)|GRANT|REVOKE|REASSIGN .*)$/;

/** The first table that the statement names and that there is. */
function tableOf(client: Client, { tree }: Statement): Table | undefined {
  const dropped = tree.tag === 'DropStmt' ? rawList(tree.fields['objects']).map(lastName) : [];
  const named = [...relationsOf(tree).map(({ name }) => name), ...dropped];
  const snapshot = client.server.execution.fleet.snapshot();
  return named.map((name) => findTable(snapshot, name)).find((table) => table !== undefined);
}

function lastName(object: unknown): string {
  return rawString(rawList(rawFields(rawFields(object)['List'])['items']).at(-1));
}

export function reasonOf({ name, kind }: Table): string {
  const rows = kind === 'replicated' ? 'every agent has its rows' : 'its rows are those of agents';
  return `"${name}" is a ${kind} table: ${rows}, and change where their files are.`;
}
