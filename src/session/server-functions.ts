import type { RawParameter } from '../analysis/engine.ts';
import { defined } from '../base/assert.ts';
import { refuse, SkeinError } from '../base/errors.ts';
import { type Token, tokens } from '../sql/lexical.ts';
import {
  type RawNode,
  rawConstant,
  rawFields,
  rawList,
  rawNode,
  rawNumber,
  rawString,
} from '../sql/raw-tree.ts';
import type { Activity } from './activity.ts';
import { utcText } from './instant.ts';

/** What the functions that only the server can answer act on. */
export interface FunctionHost {
  readonly processId: number;
  readonly remoteAddress: string;
  currentSetting(name: string, missingOk: boolean): string | null;
  setConfig(name: string, value: string, local: boolean): string;
  /** Of another session of the same user; false: there is none. */
  signal(processId: number, how: 'cancel' | 'terminate'): boolean;
  sleep(seconds: number): Promise<void>;
  activities(): readonly Activity[];
  /** now() and statement_timestamp(), µs since 1970. */
  readonly transactionStart: bigint;
  readonly statementStart: bigint;
}

interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A function's arguments as text; null is NULL. */
type Arguments = readonly (string | null)[];
type ServerFunction = (args: Arguments, host: FunctionHost) => string | Promise<string>;

/** What stands for each call, as SQL. Those of `CONSTANT_TIMES` only where PostgreSQL itself runs the statement. */
const FUNCTIONS: ReadonlyMap<string, ServerFunction> = new Map<string, ServerFunction>([
  ['pg_backend_pid', (_args, host) => `${host.processId}`],
  ['current_setting', currentSetting],
  ['set_config', setConfig],
  ['pg_cancel_backend', ([pid], host) => signal(pid, host, 'cancel')],
  ['pg_terminate_backend', ([pid], host) => signal(pid, host, 'terminate')],
  ['pg_sleep', sleep],
  ['pg_advisory_unlock_all', () => "''::pg_catalog.void"],
  ['inet_client_addr', (_args, host) => addressLiteral(host.remoteAddress)],
]);

const CONSTANT_TIMES: ReadonlyMap<string, ServerFunction> = new Map<string, ServerFunction>([
  ['now', (_args, host) => timeLiteral(host.transactionStart)],
  ['transaction_timestamp', (_args, host) => timeLiteral(host.transactionStart)],
  ['statement_timestamp', (_args, host) => timeLiteral(host.statementStart)],
]);

export interface Substituted {
  readonly sql: string;
  readonly changed: boolean;
}

/**
 * The statement with every call of a function that concerns this server or session replaced by its value, evaluated once.
 * @param catalog PostgreSQL's catalog worker will run it: its clock and its pg_stat_activity are replaced too.
 */
export async function substituteServerFunctions(
  sql: string,
  tree: RawNode,
  parameters: readonly RawParameter[],
  host: FunctionHost,
  catalog: boolean,
): Promise<Substituted> {
  const { calls, activities } = findReplaceable(tree, catalog);
  if (calls.length + activities.length === 0) return { sql, changed: false };
  const replacements: Replacement[] = [];
  const spans = spansOf(
    sql,
    calls.map((call) => call.name),
    'call',
  );
  for (const [index, call] of calls.entries()) {
    const args = call.args.map((arg) => argument(arg, parameters, call.name));
    replacements.push({ ...defined(spans[index], 'span'), text: `(${await call.run(args, host)})` });
  }
  const relations = spansOf(
    sql,
    activities.map(() => ACTIVITY),
    'relation',
  );
  relations.forEach((span, index) => {
    replacements.push({ ...span, text: activityRelation(activities[index]?.aliased === true, host) });
  });
  return { sql: replaceAll(sql, replacements), changed: true };
}

interface ServerCall {
  readonly name: string;
  readonly location: number;
  readonly args: readonly unknown[];
  readonly run: ServerFunction;
}

interface ActivityRelation {
  readonly location: number;
  readonly aliased: boolean;
}

interface Replaceable {
  readonly calls: ServerCall[];
  readonly activities: ActivityRelation[];
}

export function hasServerFunctions(tree: RawNode): boolean {
  return findReplaceable(tree, false).calls.length > 0;
}

function findReplaceable(tree: RawNode, catalog: boolean): Replaceable {
  const found: Replaceable = { calls: [], activities: [] };
  collect({ [tree.tag]: tree.fields }, catalog, found);
  found.calls.sort((a, b) => a.location - b.location);
  found.activities.sort((a, b) => a.location - b.location);
  return found;
}

function collect(value: unknown, catalog: boolean, found: Replaceable): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, catalog, found);
    return;
  }
  const fields = rawFields(value);
  if (Array.isArray(fields['funcname'])) noteCall(fields, catalog, found);
  if (catalog && fields['relname'] === ACTIVITY) {
    found.activities.push({ location: rawNumber(fields['location']), aliased: 'alias' in fields });
  }
  for (const field of Object.values(fields)) {
    if (typeof field === 'object') collect(field, catalog, found);
  }
}

function noteCall(fields: Readonly<Record<string, unknown>>, catalog: boolean, found: Replaceable): void {
  const parts = rawList(fields['funcname']).map(rawString);
  const schema = parts.at(-2);
  if (schema !== undefined && schema !== 'pg_catalog') return;
  const name = parts.at(-1) ?? '';
  const run = FUNCTIONS.get(name) ?? (catalog ? CONSTANT_TIMES.get(name) : undefined);
  if (run === undefined) return;
  found.calls.push({ name, location: rawNumber(fields['location']), args: rawList(fields['args']), run });
}

interface Span {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Where the names stand in the text. A tree tells positions in the whole of a message, of which the statement may be a part:
 * so the names are looked for in order, and both must agree.
 * @throws 0A000 where they don't.
 */
function spansOf(sql: string, names: readonly string[], follower: 'call' | 'relation'): readonly Span[] {
  const wanted = new Set(names);
  const all = [...tokens(sql)];
  const spans = all.flatMap((token, index) => {
    const name = token.kind === 'word' ? token.text.toLowerCase() : token.text.replace(/^"(.*)"$/, '$1');
    const next = all[index + 1]?.text;
    if (!wanted.has(name) || (follower === 'call' ? next !== '(' : next === '.')) return [];
    const qualified = all[index - 1]?.text === '.';
    const start = (qualified ? all[index - 2]?.start : undefined) ?? token.start;
    return [{ name, start, end: follower === 'call' ? closingBracket(all, index + 1) : token.end }];
  });
  const agree = spans.length === names.length && spans.every((span, index) => span.name === names[index]);
  if (!agree) throw refuse(`this use of the name ${names[0]}`);
  return spans;
}

function closingBracket(all: readonly Token[], open: number): number {
  let depth = 0;
  for (const token of all.slice(open)) {
    if (token.text === '(') depth += 1;
    if (token.text === ')') depth -= 1;
    if (depth === 0) return token.end;
  }
  return all.at(-1)?.end ?? 0;
}

function argument(value: unknown, parameters: readonly RawParameter[], name: string): string | null {
  const node = rawNode(value);
  if (node?.tag === 'TypeCast') return argument(node.fields['arg'], parameters, name);
  if (node?.tag === 'ParamRef') {
    const bound = parameters[rawNumber(node.fields['number']) - 1]?.value;
    return bound === undefined || bound === null ? null : Buffer.from(bound).toString();
  }
  const constant = rawConstant(value);
  if (constant === undefined) throw refuse(`${name}() with an argument that is not a constant`);
  return constant;
}

function currentSetting(args: Arguments, host: FunctionHost): string {
  const [name, missingOk] = args;
  if (name === undefined || name === null) return 'NULL::text';
  const value = host.currentSetting(name, missingOk === 'true' || missingOk === 't');
  return value === null ? 'NULL::text' : `${literal(value)}::text`;
}

function setConfig(args: Arguments, host: FunctionHost): string {
  const [name, value, local] = args;
  if (name === undefined || name === null) {
    throw new SkeinError({ sqlstate: '22004' }, 'SET requires parameter name');
  }
  return `${literal(host.setConfig(name, value ?? '', local === 'true' || local === 't'))}::text`;
}

function signal(pid: string | null | undefined, host: FunctionHost, how: 'cancel' | 'terminate'): string {
  if (pid === null || pid === undefined) return 'NULL::bool';
  return String(host.signal(Number(pid), how));
}

async function sleep([seconds]: Arguments, host: FunctionHost): Promise<string> {
  await host.sleep(Number(seconds ?? 0));
  return "''::pg_catalog.void";
}

function timeLiteral(micros: bigint): string {
  return `${literal(utcText(micros))}::timestamptz`;
}

function addressLiteral(address: string): string {
  return address === '' ? 'NULL::inet' : `${literal(address)}::inet`;
}

export function literal(text: string | null): string {
  if (text === null) return 'NULL';
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

const ACTIVITY = 'pg_stat_activity';
const ACTIVITY_COLUMNS =
  'datid, datname, pid, leader_pid, usesysid, usename, application_name, client_addr, client_hostname, client_port, ' +
  'backend_start, xact_start, query_start, state_change, wait_event_type, wait_event, state, backend_xid, backend_xmin, ' +
  'query_id, query, backend_type';

function activityRelation(aliased: boolean, host: FunctionHost): string {
  const rows = host.activities().map(activityRow).join(', ');
  return `(SELECT * FROM (VALUES ${rows}) AS v(${ACTIVITY_COLUMNS}))${aliased ? '' : ` AS ${ACTIVITY}`}`;
}

function activityRow(activity: Activity): string {
  const time = (micros: bigint | undefined) =>
    micros === undefined ? 'NULL::timestamptz' : timeLiteral(micros);
  const database = '(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())';
  const user = `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname = ${literal(activity.user)})`;
  return (
    `(${database}, ${literal(activity.database)}::name, ${activity.processId}, NULL::int4, ${user}, ` +
    `${literal(activity.user)}::name, ${literal(activity.applicationName)}::text, ${addressLiteral(activity.remoteAddress)}, ` +
    `NULL::text, NULL::int4, ${time(activity.startedAt)}, NULL::timestamptz, ${time(activity.queryStartedAt)}, ` +
    `${time(activity.stateChangedAt)}, NULL::text, NULL::text, ${literal(activity.state)}::text, NULL::xid, NULL::xid, ` +
    `NULL::int8, ${literal(activity.query)}::text, 'client backend'::text)`
  );
}

function replaceAll(sql: string, replacements: readonly Replacement[]): string {
  let result = sql;
  for (const { start, end, text } of [...replacements].sort((a, b) => b.start - a.start)) {
    result = result.slice(0, start) + text + result.slice(end);
  }
  return result;
}
