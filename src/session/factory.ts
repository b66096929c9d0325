import type { CatalogEngine } from '../analysis/engine.ts';
import { SkeinError, toSkeinError } from '../base/errors.ts';
import type { ExecutionContext } from '../execution/execution.ts';
import { FatalError } from '../pgwire/fatal-error.ts';
import type { BackendIdentity, OpenedSession, SessionFactory } from '../pgwire/session-handler.ts';
import { PLANNER, type Planner } from '../planner/plan-query.ts';
import type { History } from '../warehouse/history.ts';
import type { Warehouse } from '../warehouse/warehouse.ts';
import { Activities } from './activity.ts';
import { CatalogView } from './catalog-view.ts';
import { Client } from './client.ts';
import { Locks } from './locks.ts';
import { endTemporary } from './on-commit.ts';
import type { Pieces } from './pieces.ts';
import { PlacedPlans } from './placed-plans.ts';
import { PlanCache } from './plan-cache.ts';
import type { Server, SessionLimits } from './server.ts';
import { Session } from './session.ts';
import type { OwnDefaults } from './settings/definition.ts';
import { loadSettings } from './settings/load-settings.ts';
import type { SettingsCatalog } from './settings/settings-catalog.ts';
import { startupSettings } from './settings/startup.ts';

export interface SessionDependencies {
  readonly engine: CatalogEngine;
  readonly execution: ExecutionContext;
  readonly history: History;
  readonly warehouse: Warehouse;
  readonly pieces: Pieces;
  readonly config: SessionConfig;
  readonly planner?: Planner;
}

export type UserSettings = ReadonlyMap<string, ReadonlyMap<string, string>>;

export interface SessionConfig {
  /** The only database that there is. */
  readonly database: string;
  readonly defaults?: Partial<OwnDefaults>;
  /** User -> the settings with which their sessions begin; what a client asks for when it connects wins. */
  readonly userSettings?: UserSettings;
  readonly limits?: Partial<SessionLimits>;
}

const LIMITS: SessionLimits = {
  maxConnections: 100,
  maxPreparedStatements: 10_000,
  maxPortals: 1_000,
  maxHeldBytes: 256_000_000,
  cachedPlans: 1_000,
  cachedPlanBytes: 64_000_000,
};

const MB = 1024 * 1024;

/** Reads what the embedded PostgreSQL knows once, and makes sessions from then on. */
export async function createSessionFactory(dependencies: SessionDependencies): Promise<SessionFactory> {
  const { engine, execution, config } = dependencies;
  const limits = { ...LIMITS, ...config.limits };
  const catalog = new CatalogView(engine, execution.fleet);
  await catalog.current();
  catalog.follow();
  const { settings, version } = await loadSettings(engine, {
    timeZone: 'UTC',
    maxConnections: limits.maxConnections,
    onMissingAgent: 'fail',
    missingAgentTimeoutMs: 30_000,
    gatherLimitBytes: 1024 * MB,
    gatherLimitRows: 50_000_000,
    ...config.defaults,
  });
  const userSettings = config.userSettings ?? new Map();
  checkUserSettings(settings, userSettings);
  const server: Server = {
    engine,
    catalog,
    execution,
    history: dependencies.history,
    warehouse: dependencies.warehouse,
    pieces: dependencies.pieces,
    locks: new Locks(),
    activities: new Activities(limits.maxConnections),
    settings,
    plans: new PlanCache(engine, catalog, limits),
    placedPlans: new PlacedPlans(limits),
    planner: dependencies.planner ?? PLANNER,
    version,
    limits,
  };
  return {
    open: async (startup, backend) => openSession(server, config, startup, backend),
  };
}

function openSession(
  server: Server,
  { database, userSettings }: SessionConfig,
  startup: ReadonlyMap<string, string>,
  backend: BackendIdentity,
): OpenedSession {
  checkDatabase(startup, database);
  const own = userSettings?.get(backend.user) ?? [];
  const defaults = sessionDefaults(server.settings, new Map([...own, ...startup]), backend);
  const client = new Client(server, { ...backend, database }, defaults, endTemporary);
  const session = new Session(client, () => server.activities.remove(backend.processId));
  server.activities.add(backend.processId, {
    activity: () => client.activity(),
    cancel: () => client.interrupts.cancel(),
    terminate: () => backend.terminate(adminShutdown()),
  });
  return { handler: session, parameters: client.settings.reports() };
}

/** A client that names none means the only one that there is. */
function checkDatabase(startup: ReadonlyMap<string, string>, database: string): void {
  const wanted = startup.get('database') ?? database;
  if (wanted !== database) throw new SkeinError({ sqlstate: '3D000' }, `database "${wanted}" does not exist`);
}

function sessionDefaults(
  settings: SettingsCatalog,
  startup: ReadonlyMap<string, string>,
  backend: BackendIdentity,
): ReadonlyMap<string, string> {
  return new Map([...startupSettings(settings, startup), ['session_authorization', backend.user]]);
}

/** @throws 22023 for a setting that no session could begin with. */
function checkUserSettings(settings: SettingsCatalog, users: UserSettings): void {
  for (const [user, own] of users) {
    try {
      startupSettings(settings, own);
    } catch (error) {
      const { message } = toSkeinError(error);
      throw new SkeinError('invalidParameterValue', `userSettings.${user}: ${message}`, {}, error);
    }
  }
}

function adminShutdown(): FatalError {
  return new FatalError('adminShutdown', 'terminating connection due to administrator command');
}
