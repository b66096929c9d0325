import type { CatalogEngine } from '../analysis/engine.ts';
import type { ExecutionContext } from '../execution/execution.ts';
import type { Planner } from '../planner/plan-query.ts';
import type { History } from '../warehouse/history.ts';
import type { Warehouse } from '../warehouse/warehouse.ts';
import type { Activities } from './activity.ts';
import type { CatalogView } from './catalog-view.ts';
import type { Locks } from './locks.ts';
import type { Pieces } from './pieces.ts';
import type { PlacedPlans } from './placed-plans.ts';
import type { PlanCache } from './plan-cache.ts';
import type { SettingsCatalog } from './settings/settings-catalog.ts';

/** What all sessions of a proxy share. */
export interface Server {
  readonly engine: CatalogEngine;
  readonly catalog: CatalogView;
  readonly execution: ExecutionContext;
  readonly history: History;
  readonly warehouse: Warehouse;
  readonly pieces: Pieces;
  readonly locks: Locks;
  readonly activities: Activities;
  readonly settings: SettingsCatalog;
  readonly plans: PlanCache;
  readonly placedPlans: PlacedPlans;
  readonly planner: Planner;
  /** What version() gives. */
  readonly version: string;
  readonly limits: SessionLimits;
}

export interface SessionLimits {
  readonly maxConnections: number;
  readonly maxPreparedStatements: number;
  readonly maxPortals: number;
  /** Of what one session keeps between its messages: statements, portals, rows of SCROLL cursors. */
  readonly maxHeldBytes: number;
  readonly cachedPlans: number;
  /** Of the texts of the cached plans. */
  readonly cachedPlanBytes: number;
}
