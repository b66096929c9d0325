import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseProxyConfig } from '../../src/cli/proxy-config.ts';
import { freePort } from '../support/free-port.ts';
import { steps } from '../support/markdown.ts';
import { SkeinProcess } from '../support/processes.ts';
import { readCompose } from './compose.ts';

/** No container engine is needed: the services of docker-compose.yml run as processes, as far as that goes. */

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');
const { services, networks, volumes } = readCompose(new URL('docker-compose.yml', root));
const agents = Object.entries(services).filter(([, { command }]) => command[0] === 'agent');

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(' ').slice(1, -1));

  test('copies what there is and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => `./${line.slice(1)}`);
    for (const path of copied) expect(existsSync(new URL(path, root)), path).toBe(true);
    expect(copied.map((path) => `./${path.replace('./', '')}`).toSorted()).toEqual(allowed.toSorted());
  });

  test('runs as a user without rights', () => {
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
    expect(last).toContain('USER node');
    expect(last.indexOf('USER node')).toBeLessThan(last.findIndex((line) => line.startsWith('ENTRYPOINT ')));
  });
});

describe('docker-compose.yml', () => {
  test('has a proxy, and three agents in each of two regions', () => {
    expect(Object.keys(services).filter((name) => services[name]?.command[0] === 'proxy')).toEqual(['proxy']);
    const regions = agents.map(([, { command }]) => command.find((word) => word.startsWith('region=')));
    expect(regions.toSorted()).toEqual([
      ...Array.from({ length: 3 }, () => 'region=EU'),
      ...Array.from({ length: 3 }, () => 'region=NorthAmerica'),
    ]);
  });

  test('refers to what it declares', () => {
    for (const [name, service] of Object.entries(services)) {
      for (const network of service.networks) expect(Object.keys(networks), name).toContain(network);
      for (const needed of Object.keys(service.depends_on)) expect(Object.keys(services)).toContain(needed);
      for (const { source } of service.volumes) {
        if (source.startsWith('./')) expect(existsSync(new URL(source, root)), source).toBe(true);
        else expect(Object.keys(volumes), name).toContain(source);
      }
    }
  });

  test('publishes the port on loopback only, because the proxy asks for no password', () => {
    expect(parseProxyConfig(parse(read('containers/proxy.yaml')))).toMatchObject({
      authentication: 'trust',
      tokens: 'required',
    });
    expect(Object.values(services).flatMap(({ ports }) => ports)).toEqual(['127.0.0.1:5433:5433']);
  });
});

describe('its services, as processes', () => {
  let directory: string;
  let ports: { readonly pg: number; readonly http: number };
  const running: SkeinProcess[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'skein-compose-'));
    ports = { pg: await freePort(), http: await freePort() };
    for (const name of Object.keys(volumes)) await mkdir(join(directory, name));
    const config = join(directory, 'proxy.yaml');
    await writeFile(
      config,
      inPlace('proxy', read('containers/proxy.yaml')).replaceAll('0.0.0.0', '127.0.0.1'),
    );
  });

  afterAll(async () => {
    await Promise.all(running.map((each) => each.stop()));
    await rm(directory, { recursive: true, force: true });
  });

  /** What a service means by its paths and its proxy. */
  function inPlace(name: string, text: string): string {
    const mounts = services[name]?.volumes ?? [];
    return mounts
      .map(({ source, target }) => [
        target,
        source.startsWith('./') ? join(directory, 'proxy.yaml') : join(directory, source),
      ])
      .concat([
        ['//proxy:5480', `//127.0.0.1:${ports.http}`],
        ['/skein/containers/', fileURLToPath(new URL('containers/', root))],
      ])
      .reduce((changed, [from = '', to = '']) => changed.replaceAll(from, to), text);
  }

  const commandOf = (name: string) => (services[name]?.command ?? []).map((word) => inPlace(name, word));

  async function runOnce(name: string): Promise<void> {
    const [node, script = ''] = services[name]?.entrypoint ?? [];
    expect(node).toBe('node');
    await promisify(execFile)(process.execPath, [inPlace(name, script), ...commandOf(name)]);
  }

  test('files, proxy, invite, agents', async () => {
    await runOnce('files');
    const extra = ['--port', String(ports.pg), '--http-port', String(ports.http)];
    const proxy = new SkeinProcess('proxy', [...commandOf('proxy'), ...extra]);
    running.push(proxy);
    await proxy.line('the proxy is ready');
    await runOnce('invite');
    expect(await readdir(join(directory, 'tokens'))).toHaveLength(agents.length);
    for (const [name] of agents) running.push(new SkeinProcess(name, commandOf(name)));

    const client = new pg.Client({ host: '127.0.0.1', port: ports.pg, user: 'me', database: 'skein' });
    await client.connect();
    const connected = async () =>
      (await client.query("SELECT agent FROM skein.agents WHERE state = 'connected'")).rows.length;
    await expect.poll(connected, { timeout: 60_000, interval: 200 }).toBe(agents.length);
    for (const step of steps(read('docs/containers.md'))) {
      if (step.kind !== 'statement') continue;
      const { rows } = await client.query(step.sql);
      expect(rows.map(({ region, city }) => `${region}, ${city}`)).toEqual([
        ...['EU, Berlin', 'EU, Madrid', 'EU, Paris'],
        ...['NorthAmerica, Mexico City', 'NorthAmerica, New York', 'NorthAmerica, Toronto'],
      ]);
      expect(new Set(rows.map(({ sold }) => sold))).toEqual(new Set(['50000']));
    }
    await client.end();
  });

  test('run again with what is there', async () => {
    await runOnce('files');
    await runOnce('invite');
  });
});
