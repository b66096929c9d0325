import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { SkeinError } from '../base/errors.ts';
import { type DocumentStore, fileStore } from '../fleet/store.ts';
import { parseVerifier, type ScramVerifier } from '../pgwire/auth/verifier.ts';

/** Who may log in, and where it is written. */
export interface UserListing {
  readonly name: string;
  readonly source: 'configuration' | 'skein user';
}

const USERS = 'users';
const MOCK_SECRET = 'mock-secret';
const MOCK_SECRET_BYTES = 32;
const MAX_USERS = 10_000;

const storedUsers = z.array(z.object({ name: z.string(), verifier: z.string() }));

/** The users of the configuration, and those that `skein user add` wrote into the state directory. */
export class UserBook {
  /** From it come the salts of users that don't exist. */
  readonly mockSecret: Uint8Array;
  readonly #store: DocumentStore;
  readonly #configured: ReadonlyMap<string, ScramVerifier>;
  #stored: ReadonlyMap<string, string>;
  #verifiers: ReadonlyMap<string, ScramVerifier> = new Map();
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor(
    store: DocumentStore,
    configured: ReadonlyMap<string, ScramVerifier>,
    stored: ReadonlyMap<string, string>,
    mockSecret: Uint8Array,
  ) {
    this.#store = store;
    this.#configured = configured;
    this.mockSecret = mockSecret;
    this.#stored = stored;
    this.#parse();
  }

  /** @throws XX001 if what is on disk can't be read. */
  static async open(stateDirectory: string, configured: ReadonlyMap<string, string>): Promise<UserBook> {
    const store = fileStore(
      join(stateDirectory, 'users'),
      'Restore the file from a backup, or remove it and add the users again.',
    );
    const documents = await store.load();
    const users = storedUsers.safeParse(documents.get(USERS) ?? []);
    const secret = z.base64().optional().safeParse(documents.get(MOCK_SECRET));
    if (!users.success || !secret.success)
      throw new SkeinError('dataCorrupted', `the users in ${stateDirectory} can't be read`);
    const mockSecret =
      secret.data === undefined ? randomBytes(MOCK_SECRET_BYTES) : Buffer.from(secret.data, 'base64');
    if (secret.data === undefined) await store.write(MOCK_SECRET, mockSecret.toString('base64'));
    const stored = new Map(users.data.map(({ name, verifier }) => [name, verifier]));
    return new UserBook(
      store,
      new Map([...configured].map(([name, text]) => [name, parsed(name, text)])),
      stored,
      mockSecret,
    );
  }

  get isEmpty(): boolean {
    return this.#verifiers.size === 0;
  }

  verifier(name: string): ScramVerifier | undefined {
    return this.#verifiers.get(name);
  }

  list(): readonly UserListing[] {
    return [...this.#verifiers.keys()].sort().map((name) => ({
      name,
      source: this.#configured.has(name) ? 'configuration' : 'skein user',
    }));
  }

  /** Durable once it resolves. @throws 42710 if there is such a user, and it isn't to be replaced. */
  add(name: string, verifier: string, replace: boolean): Promise<void> {
    return this.#change(() => {
      parsed(name, verifier);
      this.#assertNotConfigured(name);
      if (this.#stored.has(name) && !replace) throw alreadyExists(name);
      if (this.#stored.size >= MAX_USERS && !this.#stored.has(name))
        throw new SkeinError('limitExceeded', `there are ${MAX_USERS} users already`);
      return new Map([...this.#stored, [name, verifier]]);
    });
  }

  /** @throws 42704 if there is no such user. */
  remove(name: string): Promise<void> {
    return this.#change(() => {
      this.#assertNotConfigured(name);
      if (!this.#stored.has(name)) throw new SkeinError('undefinedObject', `user "${name}" does not exist`);
      return new Map([...this.#stored].filter(([other]) => other !== name));
    });
  }

  #assertNotConfigured(name: string): void {
    if (!this.#configured.has(name)) return;
    throw new SkeinError('objectNotInState', `user "${name}" is written in the proxy's configuration file`, {
      hint: 'Change it there.',
    });
  }

  /** One after another: each begins with what the one before has left. */
  #change(next: () => ReadonlyMap<string, string>): Promise<void> {
    const change = this.#lastChange.then(async () => {
      const stored = next();
      await this.#store.write(
        USERS,
        [...stored].map(([name, verifier]) => ({ name, verifier })),
      );
      this.#stored = stored;
      this.#parse();
    });
    this.#lastChange = change.catch(() => undefined);
    return change;
  }

  #parse(): void {
    const stored = [...this.#stored].map(([name, text]) => [name, parsed(name, text)] as const);
    this.#verifiers = new Map([...stored, ...this.#configured]);
  }
}

function parsed(name: string, text: string): ScramVerifier {
  const verifier = parseVerifier(text);
  if (verifier !== undefined) return verifier;
  throw new SkeinError(
    'invalidParameterValue',
    `what is kept of user "${name}"'s password is no SCRAM verifier`,
  );
}

function alreadyExists(name: string): SkeinError {
  return new SkeinError({ sqlstate: '42710' }, `user "${name}" already exists`, {
    hint: 'To change the password, say --replace.',
  });
}
