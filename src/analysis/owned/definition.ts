import { defined } from '../../base/assert.ts';
import { refuse } from '../../base/errors.ts';
import type { AnalysisSession, Notice } from '../engine.ts';
import { type BackendMessage, concat, frontend, readMessages } from '../pg-messages.ts';
import { epilogue, prologue } from '../session-batch.ts';
import { BASELINE_SQL, CAPTURE_SQL, type Capture, readCapture } from './capture.ts';
import { type CatalogColumns, OWNED_CATALOGS } from './catalogs.ts';

export interface DefinitionBatch {
  readonly sql: string;
  readonly session: AnalysisSession;
  /** Brings the catalogs to where the statement begins. */
  readonly before: readonly string[];
  /** No OID below this is given. */
  readonly firstOid: number;
}

const STATEMENT = 1;
const CAPTURE = 2;

/** Runs a statement in a transaction, reads what it wrote, and undoes it. */
export function definitionBatch({ sql, session, before, firstOid }: DefinitionBatch): Uint8Array {
  return concat(
    prologue(session, {
      access: 'READ WRITE',
      before: [...before, raiseOids(firstOid), BASELINE_SQL],
      settings: [['client_min_messages', 'notice']],
    }),
    frontend.parse(sql, []),
    frontend.bind([], []),
    frontend.execute(0),
    frontend.sync(),
    frontend.query(['SET LOCAL SESSION AUTHORIZATION DEFAULT', ...CAPTURE_SQL].join(';\n')),
    epilogue(),
  );
}

const NEXT_OID = "pg_catalog.pg_nextoid('pg_catalog.pg_class', 'oid', 'pg_catalog.pg_class_oid_index')";

/** PostgreSQL's counter starts anew with a thread: what others were given is not to be given again. */
function raiseOids(first: number): string {
  return `SELECT pg_catalog.count(${NEXT_OID})
    FROM pg_catalog.generate_series(1, greatest(0, ${first} - ${NEXT_OID}::int8))`;
}

export interface Definition {
  readonly tag: string;
  readonly notices: readonly Notice[];
  readonly capture: Capture;
}

/** @throws the error that PostgreSQL reported; 0A000 for a statement that writes what is not kept. */
export function readDefinition(bytes: Uint8Array, columns: CatalogColumns): Definition {
  const parts: BackendMessage[][] = [[]];
  for (const message of readMessages(bytes)) {
    if (message.kind === 'error') throw message.error;
    if (message.kind === 'ready') parts.push([]);
    else parts.at(-1)?.push(message);
  }
  const statement = parts[STATEMENT] ?? [];
  const capture = readCapture(parts[CAPTURE] ?? [], columns);
  const foreign = [...capture.touched].filter((name) => !KEPT_CATALOGS.has(name));
  if (foreign.length > 0) throw refuse(`this statement, which writes ${foreign.join(', ')},`);
  return { tag: tagOf(statement), notices: noticesOf(statement), capture };
}

const KEPT_CATALOGS = new Set(OWNED_CATALOGS.map(({ name }) => name));

function tagOf(messages: readonly BackendMessage[]): string {
  const complete = messages.find((message) => message.kind === 'complete');
  return defined(complete, 'command tag').tag;
}

function noticesOf(messages: readonly BackendMessage[]): readonly Notice[] {
  return messages.flatMap((message) =>
    message.kind === 'notice' ? [{ severity: message.severity, error: message.error }] : [],
  );
}
