import pg from 'pg';
import { serialize } from 'pg-protocol';
import { expect } from 'vitest';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { showMessage, Wire } from '../support/wire.ts';
import { startProxy, type TestProxy } from './session-proxy.ts';

/** One and the same table behind Skein and in PostgreSQL 18, and what a session says of it, message for message. */
export interface SideBySide {
  readonly proxy: TestProxy;
  login(to: Target, user?: User): Promise<Wire>;
  /** Both answer a script with the same messages. */
  same(...script: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export type Target = 'skein' | 'postgres';

export type User = 'ann' | 'bob';

const FILE = 'n,word\n1,one\n2,two\n3,three\n4,four\n5,five\n';

export async function startSideBySide(): Promise<SideBySide> {
  const [proxy, postgres] = await Promise.all([
    startProxy([{ id: 'a', labels: { region: 'EU' }, files: { 'numbers.csv': FILE } }]),
    startPostgres(),
  ]);
  await fill(postgres);
  const login = (to: Target, user: User = 'ann') =>
    Wire.connect({
      port: to === 'skein' ? proxy.port : postgres.port,
      user,
      database: 'skein',
      password: user,
    });
  return {
    proxy,
    login,
    async same(...script) {
      const [ours, theirs] = await Promise.all(
        (['skein', 'postgres'] as const).map(async (to) => transcript(await login(to), script)),
      );
      expect(ours).toEqual(theirs);
    },
    async close() {
      expect(proxy.bugs).toEqual([]);
      await proxy.close();
      await postgres.close();
    },
  };
}

async function fill({ port, user, password }: Postgres): Promise<void> {
  const admin = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'postgres' });
  await admin.connect();
  await admin.query('CREATE DATABASE skein');
  await admin.query(`CREATE ROLE ann LOGIN PASSWORD 'ann'; CREATE ROLE bob LOGIN PASSWORD 'bob'`);
  await admin.end();
  const skein = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'skein' });
  await skein.connect();
  await skein.query(`CREATE TABLE numbers (n bigint, word text, storeid int, region text);
    INSERT INTO numbers VALUES (1,'one',NULL,'EU'),(2,'two',NULL,'EU'),(3,'three',NULL,'EU'),(4,'four',NULL,'EU'),(5,'five',NULL,'EU');
    GRANT ALL ON numbers TO ann; GRANT ALL ON SCHEMA public TO ann, bob; GRANT ALL ON DATABASE skein TO ann, bob`);
  await skein.end();
}

/** A line that begins with `!` goes by the extended protocol, with the parameters after ` | `. */
export function messages(line: string): readonly Uint8Array[] {
  if (!line.startsWith('!')) return [serialize.query(line)];
  const [text = '', ...values] = line.slice(1).split(' | ');
  const { parse, describe: ask, bind, execute, sync } = serialize;
  return [parse({ text }), ask({ type: 'S' }), bind({ values }), ask({ type: 'P' }), execute({}), sync()];
}

async function transcript(wire: Wire, script: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const line of script) {
    wire.send(...messages(line));
    lines.push(line, ...(await wire.answers()).map((message) => `  ${showMessage(message)}`));
  }
  wire.end();
  return lines;
}
