import { SkeinError } from '../../base/errors.ts';
import { READER_ROLE } from '../engine.ts';
import { SYSTEM_ROLE } from '../template-sql.ts';

const MAX_ROLES = 10_000;
/** As CREATE ROLE says. */
const RESERVED_ROLE = /^(?:pg_.*|public|none)$/;
/** OIDs of roles: above the template's, and no table's. */
const FIRST_ROLE_OID = 50_000;

/** A user's role exists from its first statement on, so that PostgreSQL says `current_user` and privileges rightly. */
export class Roles {
  readonly #oids: Map<string, number>;
  readonly #made = new Map<string, Promise<void>>();

  constructor(remembered: ReadonlyMap<string, number>) {
    this.#oids = new Map(remembered);
  }

  get oids(): ReadonlyMap<string, number> {
    return this.#oids;
  }

  /**
   * @param make shows PostgreSQL all of {@link oids}.
   * @throws 42501, 42939 for a reserved name; 54000 for too many.
   */
  ensure(user: string, make: () => Promise<void>): Promise<void> {
    if (user === READER_ROLE) return Promise.resolve();
    const known = this.#made.get(user);
    if (known !== undefined) return known;
    if (user === SYSTEM_ROLE || RESERVED_ROLE.test(user)) {
      const sqlstate = user === SYSTEM_ROLE ? '42501' : '42939';
      return Promise.reject(new SkeinError({ sqlstate }, `role name "${user}" is reserved`));
    }
    if (this.#oids.size >= MAX_ROLES) {
      return Promise.reject(new SkeinError('limitExceeded', `more than ${MAX_ROLES} users`));
    }
    if (!this.#oids.has(user)) this.#oids.set(user, Math.max(FIRST_ROLE_OID - 1, ...this.#oids.values()) + 1);
    const made = make();
    this.#made.set(user, made);
    made.catch(() => this.#made.delete(user));
    return made;
  }
}
