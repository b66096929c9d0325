/** Kinds of error a client may see, each with its SQLSTATE (PostgreSQL docs, Appendix A). The one table. */
export const SQLSTATE = {
  successful: '00000',
  warning: '01000',
  noActiveTransaction: '25P01',
  activeTransaction: '25001',
  readOnlyTransaction: '25006',
  protocolViolation: '08P01',
  connectionFailure: '08006',
  notSupported: '0A000',
  cardinalityViolation: '21000',
  dataException: '22000',
  stringTruncation: '22001',
  numericOutOfRange: '22003',
  datetimeOverflow: '22008',
  invalidDisplacement: '22009',
  divisionByZero: '22012',
  invalidParameterValue: '22023',
  invalidText: '22P02',
  invalidBinary: '22P03',
  invalidEncoding: '22021',
  invalidEscape: '22025',
  invalidRegex: '2201B',
  invalidDatetimeFormat: '22007',
  fieldOverflow: '22015',
  invalidRowCountInLimit: '2201W',
  invalidRowCountInOffset: '2201X',
  inFailedTransaction: '25P02',
  invalidStatementName: '26000',
  invalidAuthorization: '28000',
  invalidPassword: '28P01',
  invalidCursorName: '34000',
  duplicateCursor: '42P03',
  duplicatePreparedStatement: '42P05',
  serializationFailure: '40001',
  syntaxError: '42601',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  undefinedColumn: '42703',
  undefinedFunction: '42883',
  undefinedObject: '42704',
  undefinedParameter: '42P02',
  indeterminateDatatype: '42P18',
  objectNotInState: '55000',
  cannotChangeParameter: '55P02',
  outOfMemory: '53200',
  diskFull: '53100',
  tooManyConnections: '53300',
  limitExceeded: '54000',
  tooComplex: '54001',
  queryCanceled: '57014',
  adminShutdown: '57P01',
  cannotConnectNow: '57P03',
  ioError: '58030',
  undefinedFile: '58P01',
  /** An agent or shard that a query needs can't answer (Contract 2). */
  agentUnavailable: '58000',
  internal: 'XX000',
  dataCorrupted: 'XX001',
} as const;

export type ErrorKind = keyof typeof SQLSTATE;

export interface ErrorFields {
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  /** 1-based character (not byte) position in the statement's text. */
  readonly position?: number | undefined;
  readonly where?: string | undefined;
  readonly schema?: string | undefined;
  readonly table?: string | undefined;
  readonly column?: string | undefined;
  readonly dataType?: string | undefined;
  readonly constraint?: string | undefined;
}

/** An error in PostgreSQL's form. Everything that reaches a client is one of these; anything else is a bug (XX000). */
export class SkeinError extends Error {
  readonly code: string;
  readonly fields: ErrorFields;

  /** @param code a kind of {@link SQLSTATE}, or a five-character SQLSTATE that PostgreSQL or an agent gave. */
  constructor(
    code: ErrorKind | { readonly sqlstate: string },
    message: string,
    fields: ErrorFields = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SkeinError';
    this.code = typeof code === 'string' ? SQLSTATE[code] : code.sqlstate;
    this.fields = fields;
  }
}

/** "Skein can't do this exactly, so it doesn't": Contract 1. `what` completes "… is not supported". */
export function refuse(what: string, fields: ErrorFields = {}): SkeinError {
  return new SkeinError('notSupported', `${what} is not supported`, fields);
}

/** For a statement that is longer or deeper than what works on it can take. */
export function tooComplex(why: string, cause?: unknown): SkeinError {
  const fields = {
    detail: why,
    hint: 'Join a list of values instead of naming each of them, or split the statement.',
  };
  return new SkeinError('tooComplex', 'the statement is too complex', fields, cause);
}

/** What walks a tree by recursion runs out of stack on one that is deep enough. */
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

/** Turns anything thrown into the form that reaches a client; an unknown error is XX000 with its message. */
export function toSkeinError(error: unknown): SkeinError {
  if (error instanceof SkeinError) return error;
  if (isStackOverflow(error)) return tooComplex('it is nested too deep', error);
  const message = error instanceof Error ? error.message : String(error);
  return new SkeinError('internal', message, {}, error);
}
