import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DocumentStore } from './store.ts';

/** A join token as it rests: only its hash, bound to one agent id. */
export interface TokenRecord {
  readonly agentId: string;
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export const TOKENS = 'tokens';
const PREFIX = 'skein_';

export class TokenBook {
  readonly #store: DocumentStore;
  #records: readonly TokenRecord[];

  constructor(store: DocumentStore, records: readonly TokenRecord[]) {
    this.#store = store;
    this.#records = records;
  }

  /** @returns the token, which is shown once: only its hash is kept. */
  async create(agentId: string): Promise<string> {
    const token = PREFIX + randomBytes(32).toString('base64url');
    const record = { agentId, sha256: hash(token), createdAt: new Date().toISOString() };
    await this.#save([...this.#records, record]);
    return token;
  }

  /** @returns how many tokens of the agent there were. */
  async revoke(agentId: string): Promise<number> {
    const kept = this.#records.filter((token) => token.agentId !== agentId);
    const revoked = this.#records.length - kept.length;
    if (revoked > 0) await this.#save(kept);
    return revoked;
  }

  holders(): readonly string[] {
    return [...new Set(this.#records.map((token) => token.agentId))];
  }

  /** Why the token doesn't let the agent in; undefined: it does. */
  problem(agentId: string, token: string | undefined): string | undefined {
    if (token === undefined) return 'no join token was given';
    const given = Buffer.from(hash(token), 'hex');
    const match = this.#records.find((record) => timingSafeEqual(Buffer.from(record.sha256, 'hex'), given));
    if (match === undefined) return 'the join token is wrong or was revoked';
    return match.agentId === agentId ? undefined : 'the join token belongs to another agent id';
  }

  async #save(records: readonly TokenRecord[]): Promise<void> {
    await this.#store.write(TOKENS, records);
    this.#records = records;
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
