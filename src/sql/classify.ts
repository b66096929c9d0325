import { refuse, SkeinError } from '../base/errors.ts';
import { commandName } from './command-name.ts';
import { copyStatement } from './copy-statement.ts';
import { createAs, isDefinition, selectInto } from './define-statement.ts';
import { executeParameters } from './execute-parameters.ts';
import { explainOptions } from './explain-options.ts';
import { innerStatement } from './inner-statement.ts';
import { positionOf, type Statement } from './parse.ts';
import { type RawFields, rawConstant, rawFields, rawList, rawNumber, rawText } from './raw-tree.ts';
import type { ParameterType, SettingValue, StatementKind, TransactionModes } from './statement.ts';
import { typeNameSql } from './type-name-sql.ts';

/** @throws 42601 or 22023 for options that PostgreSQL refuses before it runs the statement. */
export function classify(statement: Statement): StatementKind {
  const { tag, fields } = statement.tree;
  switch (tag) {
    case 'SelectStmt':
      return 'intoClause' in fields
        ? { kind: 'define', command: 'SELECT INTO', createAs: selectInto(statement) }
        : { kind: 'select' };
    case 'ExplainStmt':
      return {
        kind: 'explain',
        options: explainOptions(fields),
        inner: innerStatement(statement, fields['query'], 'explain'),
      };
    case 'VariableSetStmt':
      return setting(fields);
    case 'VariableShowStmt':
      return { kind: 'show', name: rawText(fields['name']) };
    case 'DiscardStmt':
      return { kind: 'discard', target: discardTarget(rawText(fields['target'])) };
    case 'TransactionStmt':
      return transaction(fields);
    case 'PrepareStmt':
      return {
        kind: 'prepare',
        name: rawText(fields['name']),
        parameterTypes: rawList(fields['argtypes']).map((type) => parameterType(statement, type)),
        inner: innerStatement(statement, fields['query'], 'prepare'),
      };
    case 'ExecuteStmt':
      return {
        kind: 'execute',
        name: rawText(fields['name']),
        parameters: executeParameters(statement),
      };
    case 'DeallocateStmt':
      return { kind: 'deallocate', name: optionalName(fields['name']) };
    default:
      return cursorOrOther(statement);
  }
}

function cursorOrOther(statement: Statement): StatementKind {
  const { tag, fields } = statement.tree;
  switch (tag) {
    case 'DeclareCursorStmt':
      return declareCursor(statement);
    case 'FetchStmt':
      return fetch(fields);
    case 'ClosePortalStmt':
      return { kind: 'close', name: optionalName(fields['portalname']) };
    case 'CopyStmt':
      return { kind: 'copy', ...copyStatement(statement) };
    case 'ListenStmt':
      return { kind: 'listen', channel: rawText(fields['conditionname']) };
    case 'NotifyStmt':
      return { kind: 'notify', channel: rawText(fields['conditionname']) };
    case 'UnlistenStmt':
      return { kind: 'unlisten', channel: optionalName(fields['conditionname']) };
    case 'InsertStmt':
      return { kind: 'write', command: 'INSERT' };
    case 'UpdateStmt':
      return { kind: 'write', command: 'UPDATE' };
    case 'DeleteStmt':
      return { kind: 'write', command: 'DELETE' };
    case 'TruncateStmt':
      return { kind: 'truncate' };
    case 'VacuumStmt':
      return { kind: 'maintain', command: fields['is_vacuumcmd'] === true ? 'VACUUM' : 'ANALYZE' };
    case 'MergeStmt':
      return { kind: 'write', command: 'MERGE' };
    default:
      return definitionOrOther(statement);
  }
}

function definitionOrOther(statement: Statement): StatementKind {
  const { command, class: kind } = commandName(statement);
  const made = createAs(statement);
  if (made !== undefined) return { kind: 'define', command: 'CREATE TABLE AS', createAs: made };
  if (isDefinition(statement)) return { kind: 'define', command, createAs: undefined };
  return { kind: 'refused', class: kind, command };
}

function setting(fields: RawFields): StatementKind {
  const name = rawText(fields['name']);
  const local = fields['is_local'] === true;
  switch (fields['kind']) {
    case 'VAR_SET_VALUE':
      return { kind: 'set', local, name, value: settingValue(name, fields) };
    case 'VAR_SET_DEFAULT':
      return { kind: 'set', local, name, value: { kind: 'default' } };
    case 'VAR_SET_CURRENT':
      return { kind: 'set', local, name, value: { kind: 'current' } };
    case 'VAR_RESET':
      return { kind: 'reset', name };
    case 'VAR_RESET_ALL':
      return { kind: 'reset', name: undefined };
    case 'VAR_SET_MULTI':
      return setMultiple(name, fields);
    default:
      throw refuse('SET of this form');
  }
}

function setMultiple(name: string, fields: RawFields): StatementKind {
  if (name === 'TRANSACTION SNAPSHOT') throw refuse('SET TRANSACTION SNAPSHOT');
  const scope = name === 'TRANSACTION' ? 'transaction' : 'session';
  return { kind: 'set-transaction', scope, modes: transactionModes(fields['args']) };
}

function settingValue(name: string, fields: RawFields): SettingValue {
  const values = rawList(fields['args']).map((arg) => {
    const value = rawConstant(arg) ?? intervalText(arg);
    if (typeof value !== 'string') throw refuse(`this value of ${name}`);
    return value;
  });
  return { kind: 'values', values };
}

/** What a number alone counts in an interval of these fields (as its type modifier has them): seconds, HOUR, HOUR TO MINUTE. */
const COUNTED: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, ' seconds'],
  ['1024', ' hours'],
  ['3072', ' minutes'],
]);

/** `SET TIME ZONE INTERVAL '+02:00'`, in the form in which PostgreSQL's own TimeZone takes it. */
function intervalText(arg: unknown): string | undefined {
  const cast = rawFields(rawFields(arg)['TypeCast']);
  const text = rawConstant(cast['arg']);
  if (typeof text !== 'string') return undefined;
  const fields = rawConstant(rawList(rawFields(cast['typeName'])['typmods'])[0]);
  const counted = COUNTED.get(fields === null || fields === undefined ? undefined : String(fields));
  if (counted === undefined) {
    throw new SkeinError('syntaxError', 'time zone interval must be HOUR or HOUR TO MINUTE');
  }
  const isNumber = /^\s*[+-]?\d+\s*$/.test(text);
  if (!isNumber && counted === ' hours') throw refuse('a time zone interval of whole hours that is a time');
  return `INTERVAL '${isNumber ? text.trim() + counted : text}'`;
}

function transaction(fields: RawFields): StatementKind {
  const kind = rawText(fields['kind']);
  const name = rawText(fields['savepoint_name']);
  const chain = fields['chain'] === true;
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
      return { kind: 'begin', modes: transactionModes(fields['options']), command: 'BEGIN' };
    case 'TRANS_STMT_START':
      return { kind: 'begin', modes: transactionModes(fields['options']), command: 'START TRANSACTION' };
    case 'TRANS_STMT_COMMIT':
      return { kind: 'commit', chain };
    case 'TRANS_STMT_ROLLBACK':
      return { kind: 'rollback', chain };
    case 'TRANS_STMT_SAVEPOINT':
      return { kind: 'savepoint', name };
    case 'TRANS_STMT_RELEASE':
      return { kind: 'release', name };
    case 'TRANS_STMT_ROLLBACK_TO':
      return { kind: 'rollback-to', name };
    default:
      return {
        kind: 'refused',
        class: 'utility',
        command: kind.replace('TRANS_STMT_', '').replace('_', ' '),
      };
  }
}

function transactionModes(options: unknown): TransactionModes {
  const modes = new Map(
    rawList(options).map((option) => {
      const element = rawFields(rawFields(option)['DefElem']);
      return [rawText(element['defname']), rawConstant(element['arg'])] as const;
    }),
  );
  const flag = (name: string) => (modes.has(name) ? modes.get(name) === '1' : undefined);
  return {
    isolation: modes.get('transaction_isolation') ?? undefined,
    readOnly: flag('transaction_read_only'),
    deferrable: flag('transaction_deferrable'),
  };
}

function discardTarget(target: string): 'all' | 'plans' | 'sequences' | 'temp' {
  switch (target) {
    case 'DISCARD_PLANS':
      return 'plans';
    case 'DISCARD_SEQUENCES':
      return 'sequences';
    case 'DISCARD_TEMP':
      return 'temp';
    default:
      return 'all';
  }
}

function parameterType(statement: Statement, value: unknown): ParameterType {
  const location = rawNumber(rawFields(rawFields(value)['TypeName'])['location']);
  return { sql: typeNameSql(value), position: positionOf(statement, location) };
}

/** src/include/nodes/parsenodes.h: CURSOR_OPT_BINARY, _SCROLL, _HOLD. */
const CURSOR_BINARY = 0x1;
const CURSOR_SCROLL = 0x2;
const CURSOR_NO_SCROLL = 0x4;
const CURSOR_INSENSITIVE = 0x8;
const CURSOR_ASENSITIVE = 0x10;
const CURSOR_HOLD = 0x20;

function declareCursor(statement: Statement): StatementKind {
  const { fields } = statement.tree;
  const options = rawNumber(fields['options']);
  checkCursorOptions(options);
  return {
    kind: 'declare',
    name: rawText(fields['portalname']),
    binary: (options & CURSOR_BINARY) !== 0,
    scroll: (options & CURSOR_SCROLL) !== 0,
    hold: (options & CURSOR_HOLD) !== 0,
    inner: innerStatement(statement, fields['query'], 'declare'),
  };
}

function checkCursorOptions(options: number): void {
  const both = (one: number, other: number, names: string) => {
    if ((options & one) === 0 || (options & other) === 0) return;
    throw new SkeinError({ sqlstate: '42P11' }, `cannot specify both ${names}`);
  };
  both(CURSOR_SCROLL, CURSOR_NO_SCROLL, 'SCROLL and NO SCROLL');
  both(CURSOR_ASENSITIVE, CURSOR_INSENSITIVE, 'ASENSITIVE and INSENSITIVE');
}

/** FETCH_ALL is the largest long of the parser's 32-bit build. */
const FETCH_ALL = 0x7fffffff;

function fetch(fields: RawFields): StatementKind {
  const count = rawNumber(fields['howMany']);
  return {
    kind: 'fetch',
    move: fields['ismove'] === true,
    name: rawText(fields['portalname']),
    direction: fetchDirection(rawText(fields['direction'])),
    count: count === FETCH_ALL ? 'all' : count,
  };
}

function fetchDirection(direction: string): 'forward' | 'backward' | 'absolute' | 'relative' {
  switch (direction) {
    case 'FETCH_BACKWARD':
      return 'backward';
    case 'FETCH_ABSOLUTE':
      return 'absolute';
    case 'FETCH_RELATIVE':
      return 'relative';
    default:
      return 'forward';
  }
}

function optionalName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
