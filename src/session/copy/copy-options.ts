import { SkeinError } from '../../base/errors.ts';
import type { CopyEncoding } from '../../pgwire/copy-format.ts';
import type { CopyOption, CopyStatement } from '../../sql/copy-statement.ts';
import { type OnError, onErrorOf, rejectLimitOf, type Verbosity, verbosityOf } from './copy-choices.ts';
import { copyEncoding } from './copy-encoding.ts';

/** The options of a COPY as given, each judged alone (src/backend/commands/copy.c, ProcessCopyOptions). */
export interface CopyOptions {
  readonly format: 'text' | 'csv' | 'binary';
  readonly freeze: boolean;
  readonly delimiter: string | undefined;
  readonly nullText: string | undefined;
  readonly defaultText: string | undefined;
  readonly header: boolean;
  /** The header must have the names of the columns. */
  readonly headerMatches: boolean;
  readonly quote: string | undefined;
  readonly escape: string | undefined;
  readonly forceQuote: ColumnList | undefined;
  readonly forceNotNull: ColumnList | undefined;
  readonly forceNull: ColumnList | undefined;
  /** undefined: UTF-8. */
  readonly encoding: CopyEncoding | undefined;
  readonly onError: OnError;
  readonly verbosity: Verbosity;
  readonly rejectLimit: bigint | undefined;
}

export type ColumnList = 'all' | readonly string[];

/** @throws 42601, 22023 or 0A000 for what PostgreSQL refuses, in the order in which it does. */
export function readCopyOptions(
  options: readonly CopyOption[],
  direction: CopyStatement['direction'],
): CopyOptions {
  const given = new Map<string, CopyOption>();
  for (const option of options) {
    checkKnown(option);
    if (given.has(option.name)) {
      throw new SkeinError('syntaxError', 'conflicting or redundant options', { position: option.position });
    }
    given.set(option.name, option);
    checkValue(option, direction);
  }
  const header = headerOf(given.get('header'), direction);
  const [onError, verbosity, limit] = ['on_error', 'log_verbosity', 'reject_limit'].map((name) =>
    given.get(name),
  );
  const text = (name: string) => textOf(given.get(name));
  const columns = (name: string) => columnsOf(given.get(name));
  return {
    format: formatOf(given.get('format')),
    freeze: booleanOf(given.get('freeze')),
    delimiter: text('delimiter'),
    nullText: text('null'),
    defaultText: text('default'),
    header: header !== false,
    headerMatches: header === 'match',
    quote: text('quote'),
    escape: text('escape'),
    forceQuote: columns('force_quote'),
    forceNotNull: columns('force_not_null'),
    forceNull: columns('force_null'),
    encoding: encodingOf(given.get('encoding')),
    onError: onError === undefined ? 'stop' : onErrorOf(onError, needed(onError)),
    verbosity: verbosity === undefined ? 'default' : verbosityOf(verbosity, needed(verbosity)),
    rejectLimit: limit === undefined ? undefined : rejectLimitOf(limit, needed(limit)),
  };
}

const NAMES = new Set([
  ...['format', 'freeze', 'delimiter', 'null', 'default', 'header', 'quote', 'escape', 'force_quote'],
  ...['force_not_null', 'force_null', 'encoding', 'on_error', 'log_verbosity', 'reject_limit'],
]);

function checkKnown({ name, position }: CopyOption): void {
  if (!NAMES.has(name)) {
    throw new SkeinError('syntaxError', `option "${name}" not recognized`, { position });
  }
}

function checkValue(option: CopyOption, direction: CopyStatement['direction']): void {
  switch (option.name) {
    case 'format':
      formatOf(option);
      return;
    case 'freeze':
      booleanOf(option);
      return;
    case 'header':
      headerOf(option, direction);
      return;
    case 'force_quote':
    case 'force_not_null':
    case 'force_null':
      columnsOf(option);
      return;
    case 'encoding':
      encodingOf(option);
      return;
    case 'on_error':
      if (direction === 'to') throw notWithCopyTo('ON_ERROR', option.position);
      onErrorOf(option, needed(option));
      return;
    case 'log_verbosity':
      verbosityOf(option, needed(option));
      return;
    case 'reject_limit':
      rejectLimitOf(option, needed(option));
      return;
    default:
      textOf(option);
  }
}

export function notWithCopyTo(what: string, position?: number): SkeinError {
  return new SkeinError('invalidParameterValue', `COPY ${what} cannot be used with COPY TO`, { position });
}

/** As `defGetString`. */
function textOf(option: CopyOption | undefined): string | undefined {
  if (option === undefined) return undefined;
  const { name, value } = option;
  switch (value.kind) {
    case 'none':
      throw new SkeinError('syntaxError', `${name} requires a parameter`);
    case 'star':
      return '*';
    case 'names':
      return value.names.join('.');
    case 'text':
    case 'integer':
      return value.text;
  }
}

const needed = (option: CopyOption) => (): string => textOf(option) ?? '';

function formatOf(option: CopyOption | undefined): CopyOptions['format'] {
  const text = textOf(option) ?? 'text';
  if (text === 'text' || text === 'csv' || text === 'binary') return text;
  throw new SkeinError('invalidParameterValue', `COPY format "${text}" not recognized`, {
    position: option?.position,
  });
}

/** As `defGetBoolean`. */
function booleanOf(option: CopyOption | undefined): boolean {
  if (option === undefined) return false;
  const meant = option.value.kind === 'none' ? true : wordOf(option);
  if (meant === undefined) throw new SkeinError('syntaxError', `${option.name} requires a Boolean value`);
  return meant;
}

function wordOf(option: CopyOption): boolean | undefined {
  const text = textOf(option)?.toLowerCase();
  if (option.value.kind === 'integer') return text === '1' ? true : text === '0' ? false : undefined;
  if (text === 'true' || text === 'on') return true;
  return text === 'false' || text === 'off' ? false : undefined;
}

function headerOf(option: CopyOption | undefined, direction: CopyStatement['direction']): boolean | 'match' {
  if (option === undefined) return false;
  if (option.value.kind === 'none') return true;
  const meant = wordOf(option);
  if (meant !== undefined) return meant;
  const text = textOf(option) ?? '';
  if (text.toLowerCase() === 'match') {
    if (direction === 'from') return 'match';
    throw new SkeinError('notSupported', `cannot use "${text}" with HEADER in COPY TO`);
  }
  throw new SkeinError('syntaxError', `${option.name} requires a Boolean value or "match"`);
}

function columnsOf(option: CopyOption | undefined): ColumnList | undefined {
  if (option === undefined) return undefined;
  if (option.value.kind === 'star') return 'all';
  if (option.value.kind === 'names') return option.value.names;
  throw new SkeinError(
    'invalidParameterValue',
    `argument to option "${option.name}" must be a list of column names`,
    { position: option.position },
  );
}

function encodingOf(option: CopyOption | undefined): CopyEncoding | undefined {
  const name = textOf(option);
  return name === undefined ? undefined : copyEncoding(name, option?.position);
}
