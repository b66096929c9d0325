import { SkeinError } from '../../src/base/errors.ts';
import type {
  BindParameter,
  ColumnCarrier,
  Format,
  OpenedSession,
  ResponseSink,
  RowEncoding,
  RowShape,
  SessionFactory,
  SessionHandler,
  StatementDescription,
  TransactionStatus,
} from '../../src/pgwire/session-handler.ts';
import { decodeParameter } from '../../src/pgwire/values/decode-parameter.ts';
import type { Batch, Vector } from '../../src/types/batch.ts';
import { DataRow } from '../../src/types/data-row.ts';
import type { PgColumn } from '../../src/types/pg-column.ts';
import { OID } from '../../src/types/sql-type.ts';

export const SETTINGS: Omit<RowEncoding, 'carriers'> = {
  timeZone: 'UTC',
  dateStyle: 'ISO, MDY',
  intervalStyle: 'postgres',
  byteaOutput: 'hex',
  extraFloatDigits: 1,
};

export function column(name: string, typeOid: number): PgColumn {
  return { name, tableOid: 0, attributeNumber: 0, typeOid, typeSize: -1, typmod: -1 };
}

export function carrier(oid: number, scale = 0, shown: ColumnCarrier['shown'] = 'all'): ColumnCarrier {
  return { oid, scale, shown };
}

function int4Vector(values: readonly (number | null)[]): Vector {
  const data = new Int32Array(values.map((value) => value ?? 0));
  return { kind: 'fixed', layout: 'int32', validity: validityOf(values), data: new Uint8Array(data.buffer) };
}

function textVector(values: readonly (string | null)[]): Vector {
  return bytesVector(values.map((value) => (value === null ? null : Buffer.from(value))));
}

export function bytesVector(values: readonly (Uint8Array | null)[]): Vector {
  const offsets = new Uint32Array(values.length + 1);
  values.forEach((value, i) => {
    offsets[i + 1] = offsets[i]! + (value?.length ?? 0);
  });
  const data = Buffer.concat(values.map((value) => value ?? new Uint8Array(0)));
  return { kind: 'bytes', validity: validityOf(values), offsets, data };
}

export function validityOf(values: readonly unknown[]): Uint8Array | undefined {
  if (values.every((value) => value !== null)) return undefined;
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (value !== null) bits[i >> 3] = bits[i >> 3]! | (1 << (i & 7));
  });
  return bits;
}

/** `rows <n>` gives n rows of (int4, text); `$1` echoes a parameter; `fail`, `bug`, `hang`, `set`, `notice` do what they say. */
interface Portal {
  readonly sql: string;
  readonly parameters: readonly BindParameter[];
  readonly formats: readonly Format[];
  sent: number;
}

const BATCH_ROWS = 2048;
const ROW_COLUMNS = [column('n', OID.int4), column('t', OID.text)];
const ROW_CARRIERS = [carrier(OID.int4), carrier(OID.text)];
const ECHO_COLUMNS = [column('echo', OID.text)];

class FixtureSession implements SessionHandler {
  readonly statements = new Map<string, string>();
  readonly portals = new Map<string, Portal>();
  readonly syncs: boolean[] = [];
  status: TransactionStatus = 'I';
  closed = false;
  batchesSent = 0;
  readonly #changed: [string, string][] = [];
  #cancel: (() => void) | undefined;

  transactionStatus(): TransactionStatus {
    return this.status;
  }

  async simpleQuery(sql: string, sink: ResponseSink): Promise<void> {
    const statements = sql.split(';').filter((part) => part.trim() !== '');
    if (statements.length === 0) sink.emptyQuery();
    for (const statement of statements) {
      const portal: Portal = { sql: statement.trim(), parameters: [], formats: [], sent: 0 };
      const shape = this.#shape(portal);
      if (shape !== undefined) sink.rowDescription(shape);
      await this.#run(portal, 0, sink);
    }
  }

  async parse(name: string, sql: string): Promise<void> {
    if (sql.startsWith('unparsable')) throw new SkeinError('syntaxError', 'syntax error', { position: 3 });
    this.statements.set(name, sql);
  }

  async bind(
    portal: string,
    statement: string,
    parameters: readonly BindParameter[],
    formats: readonly Format[],
  ): Promise<void> {
    const sql = this.statements.get(statement);
    if (sql === undefined) {
      throw new SkeinError('invalidStatementName', `prepared statement "${statement}" does not exist`);
    }
    this.portals.set(portal, { sql, parameters, formats, sent: 0 });
  }

  async describeStatement(name: string): Promise<StatementDescription> {
    const sql = this.statements.get(name) ?? '';
    const shape = this.#shape({ sql, parameters: [], formats: [], sent: 0 });
    return { parameterOids: sql === '$1' ? [OID.text] : [], columns: shape?.columns };
  }

  async describePortal(name: string): Promise<RowShape | undefined> {
    return this.#shape(this.#portal(name));
  }

  async execute(name: string, maxRows: number, sink: ResponseSink): Promise<void> {
    await this.#run(this.#portal(name), maxRows, sink);
  }

  async closeStatement(name: string): Promise<void> {
    this.statements.delete(name);
  }

  async closePortal(name: string): Promise<void> {
    this.portals.delete(name);
  }

  takeChangedParameters(): readonly (readonly [string, string])[] {
    return this.#changed.splice(0);
  }

  async sync(failed: boolean): Promise<void> {
    this.syncs.push(failed);
    this.portals.clear();
  }

  cancel(): void {
    this.#cancel?.();
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #portal(name: string): Portal {
    const portal = this.portals.get(name);
    if (portal === undefined) throw new SkeinError('invalidCursorName', `portal "${name}" does not exist`);
    return portal;
  }

  #shape(portal: Portal): RowShape | undefined {
    if (portal.sql.startsWith('rows ')) {
      const format = (i: number): Format => portal.formats[portal.formats.length === 1 ? 0 : i] ?? 0;
      return { columns: ROW_COLUMNS, formats: [format(0), format(1)] };
    }
    return portal.sql === '$1' ? { columns: ECHO_COLUMNS, formats: [0] } : undefined;
  }

  async #run(portal: Portal, maxRows: number, sink: ResponseSink): Promise<void> {
    const [verb = '', argument = ''] = portal.sql.split(' ');
    if (verb === 'rows') return this.#sendRows(portal, Number(argument), maxRows, sink);
    if (verb === '$1') {
      const parameter = portal.parameters[0];
      const value = parameter?.value ?? null;
      const text = value === null ? null : decodeParameter(OID.text, parameter?.format ?? 0, value);
      await sink.rawRows([DataRow.of([text === null ? null : Buffer.from(text)])]);
      return sink.commandComplete('SELECT 1');
    }
    await this.#act(verb, sink);
  }

  async #sendRows(portal: Portal, total: number, maxRows: number, sink: ResponseSink): Promise<void> {
    const shape = this.#shape(portal)!;
    const end = maxRows === 0 ? total : Math.min(total, portal.sent + maxRows);
    const sent = end - portal.sent;
    while (portal.sent < end) {
      const count = Math.min(BATCH_ROWS, end - portal.sent);
      const batch = rowsBatch(portal.sent, count);
      await sink.batch(batch, shape, { ...SETTINGS, carriers: ROW_CARRIERS }, 0, count);
      this.batchesSent++;
      portal.sent += count;
    }
    if (maxRows > 0 && sent === maxRows) sink.portalSuspended();
    else sink.commandComplete(`SELECT ${sent}`);
  }

  async #act(verb: string, sink: ResponseSink): Promise<void> {
    switch (verb) {
      case 'begin':
        this.status = 'T';
        return sink.commandComplete('BEGIN');
      case 'fail':
        if (this.status === 'T') this.status = 'E';
        throw new SkeinError('divisionByZero', 'division by zero', { hint: 'Do not.', position: 2 });
      case 'bug':
        throw new TypeError('a bug of ours');
      case 'hang':
        return this.#hang();
      case 'never':
        return new Promise(() => undefined);
      case 'set':
        this.#changed.push(['TimeZone', 'Europe/Paris']);
        return sink.commandComplete('SET');
      case 'notice':
        sink.notice(new SkeinError('warning', 'take care'), 'WARNING');
        return sink.commandComplete('NOTICE');
      default:
        return sink.commandComplete(verb.toUpperCase());
    }
  }

  async #hang(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#cancel = resolve;
    });
    throw new SkeinError('queryCanceled', 'canceling statement due to user request');
  }
}

function rowsBatch(first: number, count: number): Batch {
  const numbers = Array.from({ length: count }, (_, i) => first + i);
  return {
    rowCount: count,
    columns: [int4Vector(numbers), textVector(numbers.map((n) => (n % 5 === 0 ? null : `row ${n} ä`)))],
  };
}

/** Keeps the sessions that it opened. */
export class FixtureFactory implements SessionFactory {
  readonly sessions: FixtureSession[] = [];

  async open(startup: ReadonlyMap<string, string>): Promise<OpenedSession> {
    if (startup.get('database') === 'nowhere') {
      throw new SkeinError({ sqlstate: '3D000' }, 'database "nowhere" does not exist');
    }
    const handler = new FixtureSession();
    this.sessions.push(handler);
    return {
      handler,
      parameters: new Map([
        ['server_version', '18.0'],
        ['client_encoding', 'UTF8'],
      ]),
    };
  }
}
