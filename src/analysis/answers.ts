import { defined } from '../base/assert.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import type { DataRow } from '../types/data-row.ts';
import type { PgColumn } from '../types/pg-column.ts';
import type { Analyzed, CatalogAnswer, Described } from './engine.ts';
import { relationsRead } from './owned/access.ts';
import { type BackendMessage, readMessages } from './pg-messages.ts';
import { readTree, unwrapDump } from './read-tree.ts';
import { STATEMENT_PART, TREE_MESSAGE } from './session-batch.ts';
import type { TreeNode, TreeValue } from './tree.ts';

/** @throws the error that PostgreSQL reported. */
export function readDescribed(bytes: Uint8Array): Described {
  return described(statementMessages(bytes));
}

/** @throws the error that PostgreSQL reported. */
export function readAnalyzed(bytes: Uint8Array): Analyzed {
  const messages = statementMessages(bytes);
  const tree = statementTree(messages);
  return { ...described(messages), tree, reads: relationsRead(tree) };
}

/** Errors of data, or of a program's limits: what else planning complains of, such as privileges, is no business of the shadow's. */
const OF_CONSTANTS = /^(?:22...|54000)$/;

export function readPlanningError(bytes: Uint8Array): SkeinError | undefined {
  const failed = parts(bytes)[STATEMENT_PART]?.find((message) => message.kind === 'error');
  return failed !== undefined && OF_CONSTANTS.test(failed.error.code) ? failed.error : undefined;
}

/** @throws the error that PostgreSQL reported, or 54000 if the statement had more rows than were asked for. */
export function readCatalogAnswer(bytes: Uint8Array, maxRows: number): CatalogAnswer {
  const rows: DataRow[] = [];
  let tag: string | undefined;
  const messages = statementMessages(bytes);
  for (const message of messages) {
    if (message.kind === 'row') rows.push(message.row);
    else if (message.kind === 'complete') tag = message.tag;
    else if (message.kind === 'suspended') {
      throw new SkeinError('limitExceeded', `a catalog query returned more than ${maxRows} rows`);
    }
  }
  return { columns: described(messages).columns, rows, tag: defined(tag, 'command tag') };
}

/** The rows of a simple query, as text. */
export function readTextRows(bytes: Uint8Array): (string | null)[][] {
  const decoder = new TextDecoder();
  const rows: (string | null)[][] = [];
  for (const message of readMessages(bytes)) {
    if (message.kind === 'error') throw message.error;
    if (message.kind === 'row') {
      rows.push(message.row.fields().map((field) => (field === null ? null : decoder.decode(field))));
    }
  }
  return rows;
}

/** Whether a batch of one statement's description was answered to its end. */
export function isWholeDescription(bytes: Uint8Array): boolean {
  return parts(bytes).every(
    (part) =>
      part.some(({ kind }) => kind === 'complete' || kind === 'columns' || kind === 'no-data') ||
      part.some(isOwnError),
  );
}

/** Whether every statement of the answer ran to its end. */
export function isWholeExecution(bytes: Uint8Array): boolean {
  return parts(bytes).every((part) =>
    part.some(
      (message) => message.kind === 'complete' || message.kind === 'suspended' || isOwnError(message),
    ),
  );
}

const NO_SUCH_STATEMENT = '26000';

/** Describe after a Parse that vanished fails for want of the statement. */
function isOwnError(message: BackendMessage): boolean {
  return message.kind === 'error' && message.error.code !== NO_SUCH_STATEMENT;
}

/** Each ended by ReadyForQuery. */
function parts(bytes: Uint8Array): readonly (readonly BackendMessage[])[] {
  const all: BackendMessage[][] = [];
  let part: BackendMessage[] = [];
  for (const message of readMessages(bytes)) {
    if (message.kind === 'ready') {
      all.push(part);
      part = [];
    } else part.push(message);
  }
  return all;
}

function statementMessages(bytes: Uint8Array): readonly BackendMessage[] {
  const messages: BackendMessage[] = [];
  let part = 0;
  for (const message of readMessages(bytes)) {
    if (message.kind === 'error') throw message.error;
    if (message.kind === 'ready') part += 1;
    else if (part === STATEMENT_PART) messages.push(message);
  }
  return messages;
}

function described(messages: readonly BackendMessage[]): Described {
  let parameterOids: readonly number[] = [];
  let columns: readonly PgColumn[] = [];
  for (const message of messages) {
    if (message.kind === 'parameters') parameterOids = message.oids;
    else if (message.kind === 'columns') columns = message.columns;
  }
  return { parameterOids, columns };
}

function statementTree(messages: readonly BackendMessage[]): TreeNode {
  for (const message of messages) {
    if (message.kind === 'notice' && message.message === TREE_MESSAGE) {
      const tree = readTree(unwrapDump(message.detail));
      refuseEqualCteNames({ kind: 'node', node: tree });
      return tree;
    }
  }
  throw new SkeinError('internal', 'PostgreSQL printed no query tree');
}

/** The dump writes a newline in a name like a space: two CTEs of one WITH may seem to have one name. */
function refuseEqualCteNames(value: TreeValue): void {
  if (value.kind === 'list') value.items.forEach(refuseEqualCteNames);
  if (value.kind !== 'node') return;
  const ctes = value.node.fields.get('cteList');
  if (ctes?.kind === 'list') {
    const names = ctes.items.map((cte) => (cte.kind === 'node' ? cteName(cte.node) : ''));
    if (new Set(names).size < names.length) throw refuse('a newline in the name of a CTE');
  }
  for (const field of value.node.fields.values()) refuseEqualCteNames(field);
}

function cteName(cte: TreeNode): string {
  const name = cte.fields.get('ctename');
  return name?.kind === 'token' ? name.text : '';
}
