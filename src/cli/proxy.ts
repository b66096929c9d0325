import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createCatalogEngine } from '../analysis/pglite-engine.ts';
import { SkeinError } from '../base/errors.ts';
import { PRELUDE } from '../dialect/prelude.ts';
import { duckdbVersion, type Engine, openEngine, preludeVersion } from '../engine/duckdb.ts';
import type { Fleet } from '../execution/fleet.ts';
import { AgentFleet } from '../fleet/agent-fleet.ts';
import type { Registry } from '../fleet/registry.ts';
import { serveAgents } from '../fleet/websocket.ts';
import { PgServer } from '../pgwire/server.ts';
import type { SessionFactory } from '../pgwire/session-handler.ts';
import { PLANNER, type Planner } from '../planner/plan-query.ts';
import { ColocationVerifier } from '../session/colocation-verifier.ts';
import { createSessionFactory } from '../session/factory.ts';
import { Pieces } from '../session/pieces.ts';
import { History } from '../warehouse/history.ts';
import { Warehouse } from '../warehouse/warehouse.ts';
import { serveAdmin } from './admin-server.ts';
import { authenticatorOf } from './authentication.ts';
import { type Finding, findings } from './findings.ts';
import { assertFree, cannotListen } from './ports.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { declarationsOf, openRegistry } from './registry.ts';
import { openTls } from './tls.ts';
import { UserBook } from './users.ts';

export interface RunningProxy {
  readonly pgPort: number;
  readonly httpPort: number;
  /** Ends sessions and agents' connections, and puts what is pending on disk. */
  close(): Promise<void>;
}

/** Constructs and wires a proxy: the one place that knows all its parts. What was opened before a failure is closed. */
export async function startProxy(config: ProxyConfig, log: Logger): Promise<RunningProxy> {
  const opened: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.reverse()) await end();
  };
  try {
    return { ...(await open(config, log, (end) => opened.push(end))), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param opened is told what closes each part; they are closed last first. */
async function open(
  config: ProxyConfig,
  log: Logger,
  opened: (close: () => Promise<unknown>) => void,
): Promise<Omit<RunningProxy, 'close'>> {
  const users = await UserBook.open(config.stateDirectory, new Map(Object.entries(config.users)));
  const authenticator = authenticatorOf(config, users, log);
  await assertFree(config.port, config.host);
  await mkdir(config.stateDirectory, { recursive: true, mode: 0o700 });
  const tls = await openTls(config, log);
  opened(async () => tls?.close());
  const registry = await openRegistry(config, declarationsOf(config), log);
  const versions = { prelude: preludeVersion(PRELUDE), duckdb: duckdbVersion() };
  const fleet = new AgentFleet(registry, { ...versions, log });
  const http = createServer();
  await listen(http, config.httpPort, config.httpHost);
  opened(() => new Promise((closed) => http.close(closed)));
  // Agents come in while the embedded PostgreSQL starts.
  const agents = serveAgents(fleet, http);
  opened(() => registry.settled());
  opened(() => fleet.close());
  opened(() => agents.close());
  let core: ProxyCore | undefined;
  await serveAdmin(
    { registry, users, check: () => checkOf(core) },
    http,
    { host: config.httpHost, port: portOf(http) },
    config.stateDirectory,
  );
  const opening = await openCore(config, fleet, log, PLANNER, () => users.list().map(({ name }) => name));
  core = opening;
  opened(() => opening.close());
  const server = new PgServer({
    sessions: opening.sessions,
    authenticator,
    ...(tls === undefined ? {} : { tls: () => tls.identity, tlsRequired: config.tls?.required ?? false }),
    maxConnections: config.maxConnections,
    reportBug: (error) => log.error({ err: error }, 'unexpected error'),
  });
  const address = await server.listen(config.port, config.host).catch((error: NodeJS.ErrnoException) => {
    throw cannotListen(config.port, config.host, error);
  });
  opened(() => server.close());
  return { pgPort: address.port, httpPort: portOf(http) };
}

async function checkOf(core: ProxyCore | undefined): Promise<readonly Finding[]> {
  if (core === undefined) throw new SkeinError('objectNotInState', 'the proxy is still starting');
  return core.check();
}

/** A proxy without its doors. */
export interface ProxyCore {
  readonly sessions: SessionFactory;
  /** Verifies every declaration anew, and says what it found. */
  check(): Promise<readonly Finding[]>;
  close(): Promise<void>;
}

/** A fleet without a registry has nothing that could be verified. */
type CoreFleet = Fleet & { readonly registry?: Registry };

/** What answers queries, over agents that anything may have connected. */
export async function openCore(
  config: ProxyConfig,
  fleet: CoreFleet,
  log: Logger,
  planner: Planner = PLANNER,
  users: () => readonly string[] = () => [],
): Promise<ProxyCore> {
  const opening = openStorage(config, log);
  const [{ engine, warehouse }, history, catalog] = await Promise.all([
    opening,
    History.open({ directory: join(config.stateDirectory, 'history'), log }),
    createCatalogEngine({
      stateDirectory: config.stateDirectory,
      database: config.database,
      log: (message, error) => log.warn({ err: error }, message),
      rows: opening.then(({ rows }) => rows),
      users,
      persist: async (change) => {
        const transaction = await (await opening).warehouse.begin(new AbortController().signal);
        await transaction.commit(change, () => Promise.resolve());
      },
    }),
  ]);
  await warehouse.dropOrphans(catalog.ownedRelations(undefined));
  const execution = { fleet, engine, maxTasks: config.maxTasks };
  const pieces = new Pieces(
    fleet,
    () => catalog.ownedRelations(undefined),
    config.pieceGraceSeconds * 1000,
    (err) => log.warn({ err }, 'pieces that no table has any more are not forgotten yet'),
  );
  const sessions = await createSessionFactory({
    engine: catalog,
    execution,
    history,
    warehouse,
    pieces,
    planner,
    config: {
      database: config.database,
      limits: { maxConnections: config.maxConnections, maxHeldBytes: config.maxSessionMemory },
      userSettings: new Map(
        Object.entries(config.userSettings).map(([user, own]) => [user, new Map(Object.entries(own))]),
      ),
    },
  });
  const verifier = new ColocationVerifier({
    execution,
    history,
    judge: async (group, verdict) => fleet.registry?.judgeColocation(group, verdict),
    log,
  });
  return {
    sessions,
    check: async () => findings(await verifier.verifyAll(), fleet.snapshot()),
    async close() {
      pieces.close();
      await verifier.close();
      await history.close();
      await catalog.close();
      warehouse.close();
      await engine.close();
    },
  };
}

/** The DuckDB that runs combines, and the warehouse that is attached to it. */
async function openStorage(config: ProxyConfig, log: Logger) {
  const engine = await openCombineEngine(config);
  const file = join(config.stateDirectory, 'warehouse.duckdb');
  const warehouse = await Warehouse.open(engine, file, (err) =>
    log.warn({ err }, 'the lineage of the warehouse is not folded yet'),
  );
  return { engine, warehouse, rows: await warehouse.catalog() };
}

/** The DuckDB that runs combines: in memory, spilling to the state directory. */
function openCombineEngine(config: ProxyConfig): Promise<Engine> {
  return openEngine({
    threads: config.threads ?? cpus().length,
    memoryLimit: config.memory,
    tempDirectory: join(config.stateDirectory, 'spill'),
    maxTempSize: config.maxSpill,
    allowedDirectories: [],
    prelude: PRELUDE,
    // A paused combine keeps its connection, but no thread, and so does an open transaction: so there are twice as many as clients, and some for label questions.
    maxConnections: 2 * config.maxConnections + 8,
  });
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(port, host, error)));
    server.listen(port, host, resolve);
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the http server does not listen');
  return address.port;
}
