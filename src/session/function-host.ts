import type { Client } from './client.ts';
import { delay } from './interrupts.ts';
import type { FunctionHost } from './server-functions.ts';
import type { StatementState } from './server-relations.ts';
import { unrecognized } from './settings/values.ts';
import type { Prepared } from './statement.ts';

/** What server functions see of a session and of the others. */
export function functionHost(client: Client, signal: AbortSignal): FunctionHost {
  const { identity, settings, server, transaction } = client;
  return {
    processId: identity.processId,
    remoteAddress: identity.remoteAddress,
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
      if (session === undefined || session.activity().user !== identity.user) return false;
      session[how]();
      return true;
    },
    sleep: (seconds) => delay(seconds * 1000, signal),
    activities: () => server.activities.list(),
    settings: () => settings.differing(),
    cursors: () => client.portals.list(),
    statements: () => client.statements.list().map(([name, prepared]) => statementState(name, prepared)),
  };
}

function statementState(name: string, prepared: Prepared): StatementState {
  const { sql, preparedAt, fromSql } = prepared.origin;
  return {
    name,
    sql,
    preparedAt,
    fromSql,
    parameterOids: prepared.parameterOids,
    resultOids: prepared.columns?.map((column) => column.typeOid),
  };
}
