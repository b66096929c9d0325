import type { CatalogEngine, ShadowMap } from '../analysis/engine.ts';
import { settled } from '../base/settled.ts';
import type { Snapshot } from '../catalog/snapshot.ts';
import type { Fleet } from '../execution/fleet.ts';

/** A snapshot and the shadow that PostgreSQL has of exactly that version. */
export interface CatalogState {
  readonly snapshot: Snapshot;
  readonly shadow: ShadowMap;
}

/** Keeps the embedded PostgreSQL's shadow equal to the fleet's catalog. */
export class CatalogView {
  readonly #engine: CatalogEngine;
  readonly #fleet: Fleet;
  #synced: { readonly version: number; readonly shadow: Promise<ShadowMap> } | undefined;

  constructor(engine: CatalogEngine, fleet: Fleet) {
    this.#engine = engine;
    this.#fleet = fleet;
  }

  /** From now on the shadow follows the fleet by itself: the first statement after a change waits less. */
  follow(): void {
    let following = false;
    this.#fleet.onChange(() => {
      if (following) return;
      following = true;
      const done = () => {
        following = false;
      };
      // Whoever asks next is told what is wrong.
      this.current().then(done, done);
    });
  }

  /** The newest snapshot, after the shadow has caught up with it. */
  async current(): Promise<CatalogState> {
    return settled(async () => {
      const shadowed = this.#fleet.snapshot();
      const shadow = await this.#shadow(shadowed);
      const snapshot = this.#fleet.snapshot();
      return snapshot.version === shadowed.version ? { snapshot, shadow } : undefined;
    });
  }

  /**
   * What `work` makes of the catalog, with the certainty that PostgreSQL's shadow and definitions did not change meanwhile.
   * @throws 40001 where they change all the time.
   */
  async stable<T>(
    work: (state: CatalogState) => Promise<T>,
  ): Promise<{ readonly state: CatalogState; readonly result: T }> {
    return settled(async () => {
      const state = await this.current();
      const version = this.#engine.ownedVersion;
      const [outcome] = await Promise.allSettled([work(state)]);
      const unchanged =
        this.#synced?.version === state.snapshot.version && this.#engine.ownedVersion === version;
      if (!unchanged) return undefined;
      if (outcome.status === 'rejected') throw outcome.reason;
      return { state, result: outcome.value };
    });
  }

  #shadow(snapshot: Snapshot): Promise<ShadowMap> {
    if (this.#synced?.version === snapshot.version) return this.#synced.shadow;
    const previous = this.#synced?.shadow ?? Promise.resolve(undefined);
    const shadow = previous.then(
      () => this.#engine.sync(snapshot),
      () => this.#engine.sync(snapshot),
    );
    const synced = { version: snapshot.version, shadow };
    this.#synced = synced;
    shadow.catch(() => {
      if (this.#synced === synced) this.#synced = undefined;
    });
    return shadow;
  }
}
