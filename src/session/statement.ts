import type { AnalysisSession } from '../analysis/engine.ts';
import { SkeinError } from '../base/errors.ts';
import { characters, tokens } from '../sql/lexical.ts';
import type { Statement } from '../sql/parse.ts';
import type { StatementKind } from '../sql/statement.ts';
import type { PgColumn } from '../types/pg-column.ts';

/** A statement that was classified and described: what a name among `Statements` stands for. */
export interface Prepared {
  /** undefined: the text held no statement. */
  readonly statement: Statement | undefined;
  readonly command: Command;
  /** As the client gave them; 0: to be inferred. Part of the key of cached plans. */
  readonly declaredOids: readonly number[];
  readonly parameterOids: readonly number[];
  /** undefined: it returns no rows. */
  readonly columns: readonly PgColumn[] | undefined;
  /** What its literals mean is settled when it is prepared. */
  readonly readUnder: ReadUnder;
  /** About what it keeps in memory. */
  readonly bytes: number;
  /** What pg_prepared_statements shows. */
  readonly origin: { readonly sql: string; readonly preparedAt: bigint; readonly fromSql: boolean };
}

/** What PostgreSQL reads literals by. */
export type ReadUnder = Pick<
  AnalysisSession,
  'searchPath' | 'timeZone' | 'dateStyle' | 'intervalStyle' | 'now'
>;

/** PostgreSQL analyses a prepared statement anew where the search path has changed, and never else. */
export function analysisUnder(session: AnalysisSession, readUnder: ReadUnder | undefined): AnalysisSession {
  return session.searchPath === readUnder?.searchPath ? { ...session, ...readUnder } : session;
}

export type Command = StatementKind | { readonly kind: 'empty' };

/** Moves an error's position from a part of a text to the whole: `offset` characters stand before the part. */
export function shiftPosition(error: unknown, offset: number): unknown {
  if (offset === 0 || !(error instanceof SkeinError) || error.fields.position === undefined) return error;
  const fields = { ...error.fields, position: error.fields.position + offset };
  return new SkeinError({ sqlstate: error.code }, error.message, fields, error.cause);
}

/** Runs work on the part of a text before which `offset` characters stand. */
export async function atOffset<T>(offset: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw shiftPosition(error, offset);
  }
}

/** For work on a text that isn't the client's: an error has no place in the client's. */
export async function withoutPosition<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error;
    const fields = { ...error.fields, position: undefined };
    throw new SkeinError({ sqlstate: error.code }, error.message, fields, error.cause);
  }
}

/** Where a statement can have none: in the simple protocol, in COPY. */
export function noParameters({ text }: Statement): SkeinError {
  for (const token of tokens(text)) {
    if (!/^\$\d+$/.test(token.text)) continue;
    const position = characters(text.slice(0, token.start)) + 1;
    return new SkeinError('undefinedParameter', `there is no parameter ${token.text}`, { position });
  }
  return new SkeinError('undefinedParameter', 'there is no parameter $1');
}

/** A result column of a type whose values are text in both formats. */
export function textColumn(name: string, typeOid = 25): PgColumn {
  return { name, tableOid: 0, attributeNumber: 0, typeOid, typeSize: -1, typmod: -1 };
}
