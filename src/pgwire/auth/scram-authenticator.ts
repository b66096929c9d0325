import { randomBytes } from 'node:crypto';
import { SkeinError } from '../../base/errors.ts';
import { FatalError } from '../fatal-error.ts';
import { MessageReader } from '../message-reader.ts';
import type { AuthenticationExchange, Authenticator, LoginRequest } from './authenticator.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramServer } from './scram.ts';
import { base64, DEFAULT_ITERATIONS, KEY_BYTES, SALT_BYTES, type ScramVerifier, sha256 } from './verifier.ts';

/** AuthenticationSASL, AuthenticationSASLContinue, AuthenticationSASLFinal (PostgreSQL docs, 54.7). */
const SASL = 10;
const SASL_CONTINUE = 11;
const SASL_FINAL = 12;
const NONCE_BYTES = 18;

export interface FailedLogin {
  readonly user: string;
  readonly remoteAddress: string;
  /** For the operator: the client is not told. */
  readonly reason: 'there is no such user' | 'the password is wrong';
}

export interface ScramAuthenticatorOptions {
  /** undefined: there is no such user. */
  readonly verifier: (user: string) => ScramVerifier | undefined;
  /** Secret that lasts: from it comes the salt that a user who doesn't exist has, always the same. */
  readonly mockSecret: Uint8Array;
  readonly throttle: LoginThrottle;
  readonly reportFailure: (failure: FailedLogin) => void;
}

/** Users log in with a password, by SCRAM-SHA-256, bound to the TLS channel where both sides can. */
export class ScramAuthenticator implements Authenticator {
  readonly #options: ScramAuthenticatorOptions;

  constructor(options: ScramAuthenticatorOptions) {
    this.#options = options;
  }

  async authenticate(login: LoginRequest, exchange: AuthenticationExchange): Promise<void> {
    const known = this.#options.verifier(login.user);
    const verifier = known ?? this.#mockVerifier(login.user);
    const mechanisms = login.endPoint === undefined ? [SCRAM_SHA_256] : [SCRAM_SHA_256_PLUS, SCRAM_SHA_256];
    exchange.request(SASL, Buffer.from(`${mechanisms.join('\0')}\0\0`));
    const { mechanism, data } = readInitialResponse(await exchange.response());
    if (!mechanisms.includes(mechanism)) {
      throw new SkeinError('protocolViolation', 'client selected an invalid SASL authentication mechanism');
    }
    const scram = new ScramServer({
      verifier,
      serverNonce: base64(randomBytes(NONCE_BYTES)),
      endPoint: login.endPoint,
      bindsChannel: mechanism === SCRAM_SHA_256_PLUS,
    });
    const clientFirst = data ?? (await ask(exchange, ''));
    const proof = scram.final(await ask(exchange, scram.first(clientFirst)));
    // An unknown user's answer was checked as well, so that neither messages nor time tell who exists.
    if (known === undefined) return this.#fail(login, exchange, 'there is no such user');
    if (proof === undefined) return this.#fail(login, exchange, 'the password is wrong');
    exchange.request(SASL_FINAL, Buffer.from(proof, 'latin1'));
  }

  async #fail(
    { user, remoteAddress }: LoginRequest,
    exchange: AuthenticationExchange,
    reason: FailedLogin['reason'],
  ): Promise<never> {
    this.#options.reportFailure({ user, remoteAddress, reason });
    await exchange.pause(this.#options.throttle.delayAfterFailure(remoteAddress));
    throw new FatalError('invalidPassword', `password authentication failed for user "${user}"`);
  }

  #mockVerifier(user: string): ScramVerifier {
    const salt = sha256(Buffer.concat([Buffer.from(user), this.#options.mockSecret])).subarray(0, SALT_BYTES);
    const none = new Uint8Array(KEY_BYTES);
    return { iterations: DEFAULT_ITERATIONS, salt, storedKey: none, serverKey: none };
  }
}

async function ask(exchange: AuthenticationExchange, challenge: string): Promise<string> {
  exchange.request(SASL_CONTINUE, Buffer.from(challenge, 'latin1'));
  return (await exchange.response()).toString('latin1');
}

/** @returns `data` undefined: the client waits for an empty challenge first. */
function readInitialResponse(body: Buffer): { mechanism: string; data: string | undefined } {
  const reader = new MessageReader(body);
  const mechanism = reader.cstring();
  const length = reader.int32();
  const data = length === -1 ? undefined : reader.bytes(length).toString('latin1');
  reader.finish();
  return { mechanism, data };
}
