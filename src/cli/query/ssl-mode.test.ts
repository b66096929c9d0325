import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encryptionOf } from './ssl-mode.ts';

const URL = 'postgres://ann:s%3Fcret@db:5433/skein';
let directory: string;
let root: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'skein-ssl-'));
  root = join(directory, 'root.crt');
  writeFileSync(root, 'PEM');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('sslmode', () => {
  const unverified = { rejectUnauthorized: false };

  it.each([
    ['', {}, { tls: unverified, optional: true }],
    ['?sslmode=prefer', {}, { tls: unverified, optional: true }],
    ['?sslmode=allow', {}, { tls: unverified, optional: true }],
    ['?sslmode=disable', {}, { tls: undefined, optional: false }],
    ['?sslmode=require', {}, { tls: unverified, optional: false }],
    ['', { PGSSLMODE: 'require' }, { tls: unverified, optional: false }],
    ['', { PGSSLMODE: '' }, { tls: unverified, optional: true }],
    ['?sslmode=disable', { PGSSLMODE: 'require' }, { tls: undefined, optional: false }],
    ['?sslmode=verify-full&sslrootcert=system', {}, { tls: {}, optional: false }],
  ])('"%s" with %j', (parameters, env, expected) => {
    expect(encryptionOf(`${URL}${parameters}`, env)).toEqual({ url: URL, ...expected });
  });

  it.each([
    ['verify-full', { ca: 'PEM' }],
    ['verify-ca', { ca: 'PEM', checkServerIdentity: expect.any(Function) }],
    ['require', { ca: 'PEM', checkServerIdentity: expect.any(Function) }],
  ])('%s checks against the root certificate', (mode, tls) => {
    const named = encryptionOf(`${URL}?sslmode=${mode}&sslrootcert=${encodeURIComponent(root)}`, {});
    expect(named).toEqual({ url: URL, tls, optional: false });
    expect(encryptionOf(`${URL}?sslmode=${mode}`, { PGSSLROOTCERT: root })).toEqual(named);
  });

  it('leaves what else the URL says as it was written', () => {
    const url = `${URL}?application_name=a%20b&sslmode=require&options=-c%20x.y%3D1`;
    expect(encryptionOf(url, {}).url).toBe(`${URL}?application_name=a%20b&options=-c%20x.y%3D1`);
  });

  it.each([
    ['?sslmode=bogus', '"bogus" is not an sslmode'],
    ['?sslmode=verify-full&sslrootcert=/nosuch', "sslrootcert: can't read /nosuch"],
  ])('refuses "%s", and shows no password', (parameters, message) => {
    expect(() => encryptionOf(`${URL}${parameters}`, {})).toThrow(message);
    expect(() => encryptionOf(`${URL}${parameters}`, {})).not.toThrow('cret');
  });
});
