import { SkeinError } from '../base/errors.ts';
import type {
  BindParameter,
  Format,
  ResponseSink,
  RowShape,
  SessionHandler,
  StatementDescription,
  TransactionStatus,
} from '../pgwire/session-handler.ts';
import { type Statement, splitStatements } from '../sql/parse.ts';
import type { Client } from './client.ts';
import { parameterBytes } from './held-bytes.ts';
import { readParameters } from './parameters.ts';
import { perform } from './perform.ts';
import type { Portal } from './portals.ts';
import { prepareStatement } from './prepare.ts';
import type { RowReading } from './row-source.ts';
import { atOffset, noParameters, type Prepared } from './statement.ts';

/** What one statement of a simple Query shares with the others of its message. */
interface SimpleRun {
  readonly sql: string;
  /** There are others. */
  readonly shared: boolean;
  /** None follows. */
  readonly last: boolean;
  readonly signal: AbortSignal;
  readonly sink: ResponseSink;
}

/** The protocol's messages as work on one client's state. */
export class Session implements SessionHandler {
  readonly #client: Client;
  readonly #onClose: () => void;

  constructor(client: Client, onClose: () => void) {
    this.#client = client;
    this.#onClose = onClose;
  }

  transactionStatus(): TransactionStatus {
    return this.#client.transaction.status();
  }

  takeChangedParameters(): readonly (readonly [string, string])[] {
    return this.#client.settings.takeChangedReports();
  }

  /** All statements of one message share an implicit transaction; an error drops the rest. The unnamed statement goes. */
  async simpleQuery(sql: string, sink: ResponseSink): Promise<void> {
    const client = this.#client;
    client.noteActive(sql);
    client.statements.close('');
    try {
      const statements = await this.#failing(async () => splitStatements(sql));
      if (statements.length === 0) sink.emptyQuery();
      for (const statement of statements) {
        await this.#failing(() =>
          this.#timed((signal) =>
            atOffset(statement.offset, () =>
              this.#runSimple(statement, {
                sql,
                shared: statements.length > 1,
                last: statement === statements.at(-1),
                signal,
                sink,
              }),
            ),
          ),
        );
      }
      await client.transaction.endImplicit();
    } finally {
      await client.portals.close('');
      client.noteIdle();
    }
  }

  async #runSimple(statement: Statement, { sql, shared, last, signal, sink }: SimpleRun): Promise<void> {
    const client = this.#client;
    client.transaction.ensureStarted(shared);
    const prepared = await prepareStatement(client, statement, [], sql);
    if (prepared.parameterOids.length > 0) throw noParameters(statement);
    const portal = await this.#open('', prepared, [], this.#simpleFormats(prepared), true);
    const reading = { sink, style: client.style, signal };
    const outcome = await portal.start(reading);
    // Told of success only once it is durable.
    if (last && outcome.kind === 'done') await client.transaction.endImplicit();
    if (portal.shape !== undefined) sink.rowDescription(portal.shape);
    await portal.execute(0, reading);
  }

  /** Text, but for FETCH from a BINARY cursor. */
  #simpleFormats({ command }: Prepared): readonly Format[] {
    if (command.kind !== 'fetch' || command.move) return [];
    return this.#client.portals.find(command.name)?.binary === true ? [1] : [];
  }

  parse(name: string, sql: string, parameterOids: readonly number[]): Promise<void> {
    const client = this.#client;
    return this.#step(sql, () =>
      this.#timed(async () => {
        if (name === '') client.statements.close('');
        const [statement, another] = splitStatements(sql);
        if (another !== undefined) {
          throw new SkeinError('syntaxError', 'cannot insert multiple commands into a prepared statement');
        }
        const prepared = await atOffset(statement?.offset ?? 0, () =>
          prepareStatement(client, statement, parameterOids, sql),
        );
        client.statements.add(name, prepared);
      }),
    );
  }

  bind(
    portal: string,
    statement: string,
    parameters: readonly BindParameter[],
    resultFormats: readonly Format[],
  ): Promise<void> {
    return this.#step(this.#client.statements.find(statement)?.origin.sql, async () => {
      const prepared = this.#client.statements.get(statement);
      if (prepared.command.kind === 'empty') this.#client.transaction.checkUsable();
      this.#checkUsable(prepared);
      const expected = prepared.parameterOids.length;
      if (parameters.length !== expected) {
        throw new SkeinError(
          'protocolViolation',
          `bind message supplies ${parameters.length} parameters, but prepared statement "${statement}" requires ${expected}`,
        );
      }
      await this.#timed(async (signal) => {
        const read = await readParameters(this.#client, parameters, prepared.parameterOids, signal);
        await this.#open(portal, prepared, read, resultFormats);
        this.#client.statements.noteRun(statement);
      });
    });
  }

  describeStatement(name: string): Promise<StatementDescription> {
    return this.#step(undefined, async () => {
      const { parameterOids, columns } = this.#client.statements.get(name);
      return { parameterOids, columns };
    });
  }

  describePortal(name: string): Promise<RowShape | undefined> {
    return this.#step(undefined, async () => this.#client.portals.get(name).shape);
  }

  async execute(portal: string, maxRows: number, sink: ResponseSink): Promise<void> {
    const client = this.#client;
    await this.#step(client.portals.find(portal)?.sql, async () => {
      const found = client.portals.get(portal);
      await this.#timed(async (signal) => {
        await found.execute(maxRows, { sink, style: client.style, signal });
      });
      if (!found.isEmpty) client.transaction.noteExecuted();
    });
  }

  async closeStatement(name: string): Promise<void> {
    this.#client.statements.close(name);
  }

  async closePortal(name: string): Promise<void> {
    await this.#client.portals.close(name);
  }

  async sync(failed: boolean): Promise<void> {
    const { transaction } = this.#client;
    if (failed) await transaction.fail();
    else await transaction.endImplicit();
    this.#client.noteIdle();
  }

  cancel(): void {
    this.#client.interrupts.cancel();
  }

  async close(): Promise<void> {
    this.#onClose();
    await this.#client.close();
  }

  /** One message of the extended protocol. @param sql undefined: it belongs to the statement before. */
  async #step<T>(sql: string | undefined, work: () => Promise<T>): Promise<T> {
    const client = this.#client;
    client.noteActive(sql ?? client.activity().query);
    return this.#failing(async () => {
      client.transaction.ensureStarted();
      return work();
    });
  }

  /** An error costs the transaction. */
  async #failing<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#client.transaction.fail();
      throw error;
    }
  }

  #timed(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { interrupts, settings } = this.#client;
    return interrupts.run(settings.number('statement_timeout'), work);
  }

  /** In a failed transaction, only a statement that ends it may be bound. */
  #checkUsable({ command }: Prepared): void {
    if (command.kind === 'commit' || command.kind === 'rollback' || command.kind === 'rollback-to') return;
    if (command.kind !== 'empty') this.#client.transaction.checkUsable();
  }

  #open(
    name: string,
    prepared: Prepared,
    parameters: readonly BindParameter[],
    formats: readonly Format[],
    hidden = false,
  ): Promise<Portal> {
    const client = this.#client;
    const start = async (reading: RowReading) => {
      this.#checkUsable(prepared);
      client.transaction.ensureStarted(client.transaction.isShared);
      return perform({ client, prepared, parameters, reading, perform });
    };
    return client.portals.open({
      name,
      sql: prepared.origin.sql,
      columns: prepared.columns,
      formats,
      bytes: prepared.bytes + parameterBytes(parameters),
      holdable: false,
      hidden,
      start,
    });
  }
}
