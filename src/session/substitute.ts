import { defined } from '../base/assert.ts';
import { refuse } from '../base/errors.ts';
import { quoteIdentifier } from '../dialect/quote.ts';
import { splitStatements } from '../sql/parse.ts';
import {
  type RawFields,
  type RawNode,
  rawConstant,
  rawFields,
  rawList,
  rawNode,
  rawNumber,
  rawString,
  rawText,
} from '../sql/raw-tree.ts';
import {
  CATALOG_FUNCTIONS,
  CLOCK_KEYWORDS,
  FOLDED_FUNCTIONS,
  type FunctionHost,
  SECONDS,
  SERVER_FUNCTIONS,
  type ServerFunction,
  SIGNALS,
} from './server-functions.ts';
import { SERVER_RELATIONS, type SessionStates, timeLiteral } from './server-relations.ts';
import { literal, type Replacement, replaceSpans, spansOf } from './sql-text.ts';

export interface Substitution {
  readonly host: FunctionHost;
  /** The text of $index; null is NULL. */
  readonly parameter: (index: number) => string | null;
  /** The embedded PostgreSQL will run the statement: its clock and its list of sessions are replaced too. */
  readonly catalog: boolean;
  /**
   * What stands for a call that signals the session of which each row tells: `pg_terminate_backend(pid)`.
   * undefined: such calls are refused.
   */
  readonly signalEach?: (argument: string) => string;
  /** What the embedded PostgreSQL answers to a SELECT of one row, as text. */
  readonly evaluate: (sql: string) => Promise<readonly (string | null)[]>;
}

/** The statement with every call of a function that concerns this server or session replaced by its value. */
export async function substituteServerFunctions(
  sql: string,
  tree: RawNode,
  substitution: Substitution,
): Promise<string> {
  const found = findReplaceable(tree, substitution.catalog);
  return replaceSpans(sql, [
    ...(await callReplacements(sql, found.calls, substitution)),
    ...keywordReplacements(sql, found.keywords, substitution.host),
    ...relationReplacements(sql, found.relations, substitution.host),
  ]);
}

export function hasServerFunctions(tree: RawNode): boolean {
  return findReplaceable(tree, false).calls.length > 0;
}

/** Whether a node is a call that signals what each row tells of. */
export function signalsEachRow(value: unknown): boolean {
  const node = rawNode(value);
  if (node?.tag !== 'FuncCall' || !SIGNALS.has(functionName(node.fields))) return false;
  const [pid] = rawList(node.fields['args']);
  return !isKnown(pid);
}

async function callReplacements(
  sql: string,
  calls: readonly ServerCall[],
  substitution: Substitution,
): Promise<readonly Replacement[]> {
  const spans = spansOf(
    sql,
    calls.map((call) => call.name),
    'call',
  );
  const replacements: Replacement[] = [];
  let done = 0;
  for (const [index, call] of calls.entries()) {
    const span = defined(spans[index], 'span');
    if (span.start < done) continue;
    const { signalEach } = substitution;
    if (call.run === 'fold') {
      const text = sql.slice(span.start, span.end);
      const value = call.name === SERIAL ? await named(text, substitution) : await folded(text, substitution);
      replacements.push({ ...span, text: value });
      done = span.end;
      continue;
    }
    if (isSettingOfEachRow(call, substitution)) {
      replacements.push({
        ...span,
        text: settingOfEachRow(argumentText(sql.slice(span.start, span.end)), call, substitution),
      });
      continue;
    }
    if (signalEach !== undefined && SIGNALS.has(call.name) && !call.args.every(isKnown)) {
      replacements.push({ ...span, text: `(${signalEach(argumentText(sql.slice(span.start, span.end)))})` });
      continue;
    }
    const seconds = SECONDS.get(call.name);
    const simple = seconds === undefined && call.args.every(isKnown);
    const evaluates = !simple && call.args.every(isConstantExpression);
    const list = argumentText(sql.slice(span.start, span.end));
    const args = evaluates
      ? await evaluated(seconds?.(list) ?? list, substitution)
      : call.args.map((arg) => argument(arg, substitution, call.name));
    if (evaluates) done = span.end;
    const value = await call.run(args, substitution.host);
    replacements.push({ ...span, text: call.from === undefined ? `(${value})` : rowOf(call.from, value) });
  }
  return replacements;
}

/** The values of expressions that stand between commas, in which functions of the server may occur. */
async function evaluated(list: string, substitution: Substitution): Promise<readonly (string | null)[]> {
  const [statement] = splitStatements(`SELECT ${list}`);
  const { text, tree } = defined(statement, 'a SELECT');
  return substitution.evaluate(
    await substituteServerFunctions(text, tree, { ...substitution, catalog: true }),
  );
}

/** Its text is a sequence's name: a literal without a type can become that. */
const SERIAL = 'pg_get_serial_sequence';

async function named(call: string, substitution: Substitution): Promise<string> {
  const [value = null] = await evaluated(call, substitution);
  return value === null ? '(NULL)' : `(${literal(value)})`;
}

/** What a call of constants gives, as a constant. */
async function folded(call: string, substitution: Substitution): Promise<string> {
  const [type = '', value = null] = await evaluated(
    `pg_catalog.pg_typeof(x), x FROM (SELECT ${call}) AS f(x)`,
    substitution,
  );
  return `(${value === null ? 'NULL' : literal(value)}::${type})`;
}

/** `current_setting(name)` of a name that only PostgreSQL will know, row by row. */
function isSettingOfEachRow(call: ServerCall, { catalog }: Substitution): boolean {
  return catalog && call.name === 'current_setting' && !call.args.every(isKnown);
}

/** The embedded PostgreSQL's own setting, unless this session has another. */
function settingOfEachRow(argumentsText: string, call: ServerCall, { host }: Substitution): string {
  const rows = host
    .settings()
    .map(({ name }) => `(${literal(name.toLowerCase())}, ${literal(host.currentSetting(name, true) ?? '')})`);
  const [columns, rest] = call.args.length > 1 ? ['name, missing_ok', ', a.missing_ok'] : ['name', ''];
  const here = `SELECT v.setting FROM (VALUES (NULL, NULL), ${rows.join(', ')}) AS v(name, setting) WHERE v.name = lower(a.name)`;
  return `(SELECT coalesce((${here}), pg_catalog.current_setting(a.name${rest})) FROM (SELECT ${argumentsText}) AS a(${columns}))`;
}

/** A function in FROM is a relation of one row, whose column has the relation's name. */
function rowOf({ name, aliased }: NonNullable<ServerCall['from']>, value: string): string {
  const quoted = quoteIdentifier(name);
  return `(SELECT ${value} AS ${quoted})${aliased ? '' : ` AS ${quoted}`}`;
}

/** What stands between the brackets of a call. */
function argumentText(call: string): string {
  return call.slice(call.indexOf('(') + 1, -1);
}

function keywordReplacements(
  sql: string,
  keywords: readonly ClockKeyword[],
  host: FunctionHost,
): readonly Replacement[] {
  const spans = spansOf(
    sql,
    keywords.map(({ name }) => name),
    'keyword',
  );
  return keywords.map(({ type, precision }, index) => {
    const cast = precision === undefined ? type : `${type}(${precision})`;
    return { ...defined(spans[index], 'span'), text: `(${timeLiteral(host.transactionStart)}::${cast})` };
  });
}

function relationReplacements(
  sql: string,
  relations: readonly ServerRelation[],
  host: FunctionHost,
): readonly Replacement[] {
  const spans = spansOf(
    sql,
    relations.map(({ name }) => name),
    'relation',
  );
  return relations.map(({ name, select, aliased }, index) => ({
    ...defined(spans[index], 'span'),
    text: `(${select(host)})${aliased ? '' : ` AS ${name}`}`,
  }));
}

interface ServerCall {
  readonly name: string;
  readonly location: number;
  readonly args: readonly unknown[];
  readonly run: ServerFunction | 'fold';
  /** Where it stands in FROM. */
  readonly from: { readonly name: string; readonly aliased: boolean } | undefined;
}

interface ClockKeyword {
  readonly name: string;
  readonly type: string;
  readonly precision: number | undefined;
  readonly location: number;
}

interface ServerRelation {
  readonly name: string;
  readonly location: number;
  readonly aliased: boolean;
  readonly select: (states: SessionStates) => string;
}

interface Replaceable {
  readonly calls: ServerCall[];
  readonly keywords: ClockKeyword[];
  readonly relations: ServerRelation[];
  readonly from: Map<RawFields, NonNullable<ServerCall['from']>>;
}

function findReplaceable(tree: RawNode, catalog: boolean): Replaceable {
  const found: Replaceable = { calls: [], keywords: [], relations: [], from: new Map() };
  collect({ [tree.tag]: tree.fields }, catalog, found);
  for (const list of [found.calls, found.keywords, found.relations]) {
    list.sort((a, b) => a.location - b.location);
  }
  return found;
}

function collect(value: unknown, catalog: boolean, found: Replaceable): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, catalog, found);
    return;
  }
  const fields = rawFields(value);
  if (Array.isArray(fields['funcname'])) noteCall(fields, catalog, found);
  if ('RangeFunction' in fields) noteFrom(rawFields(fields['RangeFunction']), found);
  if (catalog) noteCatalogOnly(fields, found);
  for (const field of Object.values(fields)) {
    if (typeof field === 'object') collect(field, catalog, found);
  }
}

function noteCall(fields: RawFields, catalog: boolean, found: Replaceable): void {
  const name = functionName(fields);
  const run =
    SERVER_FUNCTIONS.get(name) ??
    (catalog ? CATALOG_FUNCTIONS.get(name) : undefined) ??
    (!catalog && folds(name, fields) ? 'fold' : undefined);
  if (run === undefined) return;
  const from = found.from.get(fields);
  found.calls.push({
    name,
    location: rawNumber(fields['location']),
    args: rawList(fields['args']),
    run,
    from,
  });
}

/** Of constants: what depends on rows is not PostgreSQL's to tell. */
function folds(name: string, fields: RawFields): boolean {
  return FOLDED_FUNCTIONS.has(name) && rawList(fields['args']).every(isConstantExpression);
}

/** Nothing in it depends on a row. */
function isConstantExpression(value: unknown): boolean {
  const node = rawNode(value);
  switch (node?.tag) {
    case 'A_Const':
    case 'ParamRef':
    case 'SQLValueFunction':
      return true;
    case 'TypeCast':
      return isConstantExpression(node.fields['arg']);
    case 'A_Expr':
      return ['lexpr', 'rexpr'].every(
        (side) => node.fields[side] === undefined || isConstantExpression(node.fields[side]),
      );
    case 'FuncCall': {
      const name = functionName(node.fields);
      const known = SERVER_FUNCTIONS.has(name) || CATALOG_FUNCTIONS.has(name) || FOLDED_FUNCTIONS.has(name);
      return known && rawList(node.fields['args']).every(isConstantExpression);
    }
    default:
      return false;
  }
}

function noteFrom(range: RawFields, found: Replaceable): void {
  const alias = rawFields(range['alias'])['aliasname'];
  for (const item of rawList(range['functions'])) {
    const [call] = rawList(rawFields(rawFields(item)['List'])['items']);
    const fields = rawFields(rawFields(call)['FuncCall']);
    const name = alias === undefined ? functionName(fields) : rawText(alias);
    found.from.set(fields, { name, aliased: alias !== undefined });
  }
}

function noteCatalogOnly(fields: RawFields, found: Replaceable): void {
  const location = rawNumber(fields['location']);
  const relation = relationName(fields);
  const select = SERVER_RELATIONS.get(relation);
  if (select !== undefined) {
    found.relations.push({ name: relation, location, aliased: 'alias' in fields, select });
  }
  const keyword = CLOCK_KEYWORDS.get(rawText(fields['op']));
  if (keyword === undefined) return;
  const [word, type] = keyword;
  const precision = rawText(fields['op']).endsWith('_N') ? rawNumber(fields['typmod']) : undefined;
  found.keywords.push({ name: word, type, precision, location });
}

/** Its name, if it may be PostgreSQL's own; otherwise the empty one. */
function relationName(fields: RawFields): string {
  const schema = fields['schemaname'];
  return schema === undefined || schema === 'pg_catalog' ? rawText(fields['relname']) : '';
}

/** Its name, if it is PostgreSQL's own; otherwise the empty one. */
function functionName(fields: RawFields): string {
  const parts = rawList(fields['funcname']).map(rawString);
  const schema = parts.at(-2);
  return schema === undefined || schema === 'pg_catalog' ? (parts.at(-1) ?? '') : '';
}

function isKnown(value: unknown): boolean {
  const node = rawNode(value);
  if (node?.tag === 'TypeCast') return isKnown(node.fields['arg']);
  return node?.tag === 'ParamRef' || rawConstant(value) !== undefined;
}

function argument(value: unknown, substitution: Substitution, name: string): string | null {
  const node = rawNode(value);
  if (node?.tag === 'TypeCast') return argument(node.fields['arg'], substitution, name);
  if (node?.tag === 'ParamRef') return substitution.parameter(rawNumber(node.fields['number']));
  const constant = rawConstant(value);
  if (constant === undefined) throw refuse(`${name}() with an argument that is not a constant`);
  return constant;
}
