import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import saslprep from '@mongodb-js/saslprep';

/** What a server keeps of a password (RFC 5802, 3): enough to check it, not enough to log in elsewhere. */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

export const DEFAULT_ITERATIONS = 4096;
/** pgJDBC refuses more. */
export const MAX_ITERATIONS = 100_000;
export const KEY_BYTES = 32;
export const SALT_BYTES = 16;

const PREFIX = 'SCRAM-SHA-256';
const BASE64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';
const TEXT = new RegExp(`^${PREFIX}\\$(\\d{1,10}):(${BASE64})\\$(${BASE64}):(${BASE64})$`);

/** Reads the form of pg_authid.rolpassword. @returns undefined: it is none, or asks for too many iterations. */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const match = TEXT.exec(text);
  if (match === null) return undefined;
  const [, count, ...encoded] = match;
  const [salt, storedKey, serverKey] = encoded.map((part) => Buffer.from(part, 'base64'));
  const iterations = Number(count);
  if (salt === undefined || storedKey === undefined || serverKey === undefined) return undefined;
  const isSound =
    iterations >= 1 &&
    iterations <= MAX_ITERATIONS &&
    salt.length > 0 &&
    storedKey.length === KEY_BYTES &&
    serverKey.length === KEY_BYTES;
  return isSound ? { iterations, salt, storedKey, serverKey } : undefined;
}

export function formatVerifier({ iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  return `${PREFIX}$${iterations}:${base64(salt)}$${base64(storedKey)}:${base64(serverKey)}`;
}

export async function makeVerifier(
  password: string,
  iterations = DEFAULT_ITERATIONS,
  salt: Uint8Array = randomBytes(SALT_BYTES),
): Promise<ScramVerifier> {
  const salted = await promisify(pbkdf2)(preparedPassword(password), salt, iterations, KEY_BYTES, 'sha256');
  return {
    iterations,
    salt,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** SASLprep (RFC 4013), where the password has such a form; else as it is, as PostgreSQL takes it. */
export function preparedPassword(password: string): string {
  try {
    return saslprep(password) || password;
  } catch {
    return password;
  }
}

export function hmac(key: Uint8Array, text: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
