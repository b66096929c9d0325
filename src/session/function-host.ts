import { SkeinError } from '../base/errors.ts';
import type { RowSink } from '../pgwire/session-handler.ts';
import type { Client } from './client.ts';
import { delay } from './interrupts.ts';

import type { FunctionHost, Signal } from './server-functions.ts';
import type { StatementState } from './server-relations.ts';
import { unrecognized } from './settings/values.ts';
import type { Prepared } from './statement.ts';
import { warn } from './warn.ts';

/** What server functions see of a session and of the others. */
export function functionHost(client: Client, signal: AbortSignal, sink?: RowSink): FunctionHost {
  const { identity, settings, server, transaction } = client;
  return {
    user: identity.user,
    processId: identity.processId,
    connection: identity,
    version: server.version,
    channels: [...client.channels],
    transactionStart: transaction.startedAt,
    statementStart: client.statementStart,
    currentSetting: (name, missingOk) => {
      const value = settings.display(name);
      if (value === undefined && !missingOk) throw unrecognized(name);
      return value ?? null;
    },
    setConfig: (name, value, local) => {
      settings.set(name, value, local);
      return settings.display(name) ?? '';
    },
    signal: (processId, how) => {
      const session = server.activities.find(processId);
      if (session === undefined) {
        if (sink !== undefined) warn(settings, sink, noBackend(processId));
        return false;
      }
      if (session.activity().user !== identity.user) throw denied(how);
      session[how]();
      return true;
    },
    sleep: (seconds) => delay(seconds * 1000, signal),
    activities: () => server.activities.list(),
    settings: () => settings.differing(),
    cursors: () => client.portals.list().filter((portal) => !portal.hidden),
    sequences: () =>
      [...client.storage.relations.values()].flatMap((relation) =>
        relation.kind === 'sequence'
          ? [{ oid: relation.oid, last: server.warehouse.sequences.lastValue(relation) }]
          : [],
      ),
    statements: () =>
      client.statements
        .list()
        .map(([name, prepared]) => statementState(name, prepared, client.statements.runs(name))),
  };
}

function noBackend(processId: number): SkeinError {
  return new SkeinError('warning', `PID ${processId} is not a PostgreSQL backend process`);
}

/** Whoever logged in as the same user may signal a session; no role may signal others'. */
function denied(how: Signal): SkeinError {
  const [act, of, may] =
    how === 'cancel'
      ? ['cancel query', 'whose query is being canceled', 'cancel this query']
      : ['terminate process', 'whose process is being terminated', 'terminate this process'];
  return new SkeinError('insufficientPrivilege', `permission denied to ${act}`, {
    detail: `Only roles with privileges of the role ${of} or with privileges of the "pg_signal_backend" role may ${may}.`,
  });
}

function statementState(name: string, prepared: Prepared, runs: number): StatementState {
  const { sql, preparedAt, fromSql } = prepared.origin;
  return {
    name,
    sql,
    preparedAt,
    fromSql,
    runs,
    parameterOids: prepared.parameterOids,
    resultOids: prepared.columns?.map((column) => column.typeOid),
  };
}
