import type { Activity } from './activity.ts';
import { utcText } from './instant.ts';
import { literal } from './sql-text.ts';

export const ACTIVITY_RELATION = 'pg_stat_activity';

const COLUMNS =
  'datid, datname, pid, leader_pid, usesysid, usename, application_name, client_addr, client_hostname, client_port, ' +
  'backend_start, xact_start, query_start, state_change, wait_event_type, wait_event, state, backend_xid, backend_xmin, ' +
  'query_id, query, backend_type';

/** The embedded PostgreSQL knows only itself: what stands for its pg_stat_activity, as SQL. */
export function activityRelation(activities: readonly Activity[], aliased: boolean): string {
  const rows = activities.map(activityRow).join(', ');
  return `(SELECT * FROM (VALUES ${rows}) AS v(${COLUMNS}))${aliased ? '' : ` AS ${ACTIVITY_RELATION}`}`;
}

function activityRow(activity: Activity): string {
  const user = literal(activity.user);
  const fields = [
    '(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())',
    `${literal(activity.database)}::name`,
    `${activity.processId}`,
    'NULL::int4',
    `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${user})`,
    `${user}::name`,
    `${literal(activity.applicationName)}::text`,
    addressLiteral(activity.remoteAddress),
    'NULL::text',
    'NULL::int4',
    timeLiteral(activity.startedAt),
    timeLiteral(activity.transactionStartedAt),
    timeLiteral(activity.queryStartedAt),
    timeLiteral(activity.stateChangedAt),
    'NULL::text',
    'NULL::text',
    `${literal(activity.state)}::text`,
    'NULL::xid',
    'NULL::xid',
    'NULL::int8',
    `${literal(activity.query)}::text`,
    "'client backend'::text",
  ];
  return `(${fields.join(', ')})`;
}

export function timeLiteral(micros: bigint | undefined): string {
  return micros === undefined ? 'NULL::timestamptz' : `${literal(utcText(micros))}::timestamptz`;
}

export function addressLiteral(address: string): string {
  return address === '' ? 'NULL::inet' : `${literal(address)}::inet`;
}
