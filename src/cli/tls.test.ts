import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from './log.ts';
import { parseProxyConfig } from './proxy-config.ts';
import { selfSignedFiles, type TlsFiles } from './self-signed.ts';
import { openTls, TlsCertificate } from './tls.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'skein-tls-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a self-signed certificate', () => {
  it('names what clients may call this machine, is kept, and its key is nobody else’s', async () => {
    const files = await selfSignedFiles(directory, '192.0.2.7');
    const certificate = new X509Certificate(await readFile(files.certificate));
    for (const name of ['localhost']) expect(certificate.checkHost(name)).toBe(name);
    for (const address of ['127.0.0.1', '::1', '192.0.2.7'])
      expect(certificate.checkIP(address)).toBeDefined();
    expect((await stat(files.key)).mode & 0o777).toBe(0o600);
    expect(certificate.ca).toBe(false);
    await selfSignedFiles(directory, '192.0.2.7');
    expect(new X509Certificate(await readFile(files.certificate)).fingerprint256).toBe(
      certificate.fingerprint256,
    );
  });

  it('is made anew for another host, or where it is broken', async () => {
    const { certificate } = await selfSignedFiles(directory, '127.0.0.1');
    const first = await readFile(certificate, 'utf8');
    await selfSignedFiles(directory, 'db.example');
    const second = await readFile(certificate, 'utf8');
    expect(second).not.toBe(first);
    await writeFile(certificate, 'broken');
    await selfSignedFiles(directory, 'db.example');
    expect(await readFile(certificate, 'utf8')).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });
});

describe('a certificate from files', () => {
  let files: TlsFiles;

  beforeEach(async () => {
    files = await selfSignedFiles(directory, '127.0.0.1');
  });

  async function another(): Promise<TlsFiles> {
    const elsewhere = await mkdtemp(join(directory, 'other-'));
    return selfSignedFiles(elsewhere, '127.0.0.1');
  }

  it('is taken when it was renewed; one that cannot be used leaves the old one', async () => {
    const tls = await TlsCertificate.open(files, silentLog);
    const first = tls.identity;
    await tls.look();
    expect(tls.identity).toBe(first);
    const renewed = await another();
    await writeFile(files.certificate, await readFile(renewed.certificate));
    await tls.look();
    expect(tls.identity).toBe(first);
    await writeFile(files.key, await readFile(renewed.key));
    await tls.look();
    expect(tls.identity).not.toBe(first);
    const second = tls.identity;
    await rm(files.key);
    await tls.look();
    expect(tls.identity).toBe(second);
    tls.close();
  });

  it('must have its own key', async () => {
    const { key } = await another();
    await expect(TlsCertificate.open({ ...files, key }, silentLog)).rejects.toMatchObject({
      code: '22023',
      message: expect.stringContaining("tls: can't use the certificate"),
    });
  });

  it.each(['certificate', 'key'] as const)('must be there: %s', async (which) => {
    const config = parseProxyConfig({ tls: { ...files, [which]: join(directory, 'nosuch') } });
    await expect(openTls(config, silentLog)).rejects.toMatchObject({ code: '58P01' });
  });

  it('must be a certificate', async () => {
    await writeFile(files.certificate, 'nothing of the kind');
    await expect(TlsCertificate.open(files, silentLog)).rejects.toMatchObject({ code: '22023' });
  });
});

describe('the configuration of TLS and users', () => {
  const verifier =
    'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';

  it.each([
    [{ tls: {} }, 'tls: expected certificate and key, or selfSigned: true'],
    [{ tls: { required: true } }, 'tls: expected certificate and key, or selfSigned: true'],
    [{ tls: { certificate: 'a' } }, 'tls: expected both certificate and key'],
    [{ tls: { key: 'a' } }, 'tls: expected both certificate and key'],
    [{ tls: { certificate: 'a', key: 'b', selfSigned: true } }, 'not both'],
    [{ tls: { certificat: 'a' } }, 'did you mean certificate?'],
    [{ users: { ann: verifier }, authentication: 'trust' }, 'authentication: expected scram-sha-256'],
    [{ users: { ann: 'geheim' } }, 'users.ann: expected a SCRAM verifier'],
    [{ users: { ann: 5 } }, 'users.ann: expected a SCRAM verifier'],
    [{ users: { '': verifier } }, 'users'],
  ])('%j is refused', (config, message) => {
    expect(() => parseProxyConfig(config)).toThrow(message);
  });

  it('never repeats what stands where a verifier should', () => {
    expect(() => parseProxyConfig({ users: { ann: 'geheim' } })).not.toThrow('geheim');
    expect(() => parseProxyConfig({ users: { ann: `${verifier} ` } })).not.toThrow('WG5d8oPm3');
  });

  it.each([
    { users: { ann: verifier } },
    { users: { ann: verifier }, host: '0.0.0.0' },
    { tls: { selfSigned: true } },
  ])('%j is accepted', (config) => {
    expect(parseProxyConfig(config)).toMatchObject(config);
  });
});
