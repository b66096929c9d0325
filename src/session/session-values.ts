import { assertNever } from '../base/assert.ts';
import type { SessionValue } from '../plan/expr.ts';
import { localTime, utcText } from './instant.ts';

/** What the values that are constant in a statement depend on. Instants are µs since 1970. */
export interface ValueSources {
  readonly transactionStart: bigint;
  readonly statementStart: bigint;
  /** As the session's TimeZone names it. */
  readonly timeZone: string;
  /** As DuckDB names it. @throws 0A000 where it has no such zone. */
  readonly engineTimeZone: () => string;
  readonly user: string;
  readonly sessionUser: string;
  readonly database: string;
  readonly currentSchema: string | null;
  /** What version() gives. */
  readonly version: string;
  readonly processId: number;
}

/** In the canonical text of a plan's constants. */
export function sessionValue(name: SessionValue, sources: ValueSources): string | null {
  const local = () => localTime(sources.transactionStart, sources.timeZone);
  switch (name) {
    case 'now':
      return utcText(sources.transactionStart);
    case 'statement_timestamp':
      return utcText(sources.statementStart);
    case 'current_date':
      return local().date;
    case 'current_time': {
      const { time, offset } = local();
      return `${time}${offset}`;
    }
    case 'localtime':
      return local().time;
    case 'localtimestamp': {
      const { date, time } = local();
      return `${date} ${time}`;
    }
    case 'timezone':
      return sources.engineTimeZone();
    case 'current_user':
      return sources.user;
    case 'session_user':
      return sources.sessionUser;
    case 'current_database':
      return sources.database;
    case 'current_schema':
      return sources.currentSchema;
    case 'version':
      return sources.version;
    case 'session':
      return String(sources.processId);
    default:
      return assertNever(name);
  }
}
