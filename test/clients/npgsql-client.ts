import type { Target } from '../support/postgres.ts';
import {
  int16,
  int32,
  message,
  packet,
  type Received,
  SSL_REQUEST,
  StartupClient,
  startup,
} from '../support/startup-client.ts';

/** The bytes that Npgsql writes, and what comes back, as it counts it. */
export class NpgsqlClient {
  readonly #client: StartupClient;
  readonly #port: number;
  /** BackendKeyData's. */
  readonly key: Buffer;
  readonly start: readonly string[];

  private constructor(client: StartupClient, port: number, start: readonly Received[]) {
    this.#client = client;
    this.#port = port;
    this.key = start.find(({ tag }) => tag === 'K')?.body ?? Buffer.alloc(0);
    this.start = start.filter(({ tag }) => !'RK'.includes(tag)).map((one) => shown(one, []));
  }

  /** SSL Mode=Prefer: unencrypted where the server has no TLS. */
  static async connect({ port, user, password, database }: Target): Promise<NpgsqlClient> {
    const client = new StartupClient(port).write(SSL_REQUEST);
    if ((await client.byte()) !== 'N') throw new Error('the server was to have no TLS');
    client.write(startup({ user, client_encoding: 'UTF8', database }));
    const first = await client.until('RZE');
    const asksForPassword = first.at(-1)?.tag === 'R' && first.at(-1)?.body.readInt32BE(0) === 3;
    const rest = asksForPassword
      ? await client.write(message('p', `${password}\0`)).until('ZE')
      : await client.until('Z');
    return new NpgsqlClient(client, port, [...first, ...rest]);
  }

  /** One write; then messages until so many ReadyForQuery came. */
  async send(parts: readonly Buffer[], readies = 1): Promise<readonly string[]> {
    this.#client.write(Buffer.concat(parts));
    const all: string[] = [];
    for (let left = readies; left > 0; left--) {
      let columns: readonly number[] = [];
      for (const one of await this.#client.until('Z')) {
        if (one.tag === 'T') columns = typesOf(one.body);
        all.push(shown(one, columns));
      }
      if (this.#client.closed) throw new Error('the server hung up');
    }
    return all;
  }

  cancel(): void {
    const client = new StartupClient(this.#port);
    client.write(packet(int16(1234), int16(5678), this.key));
  }

  close(): void {
    this.#client.close();
  }
}

const text = (value: string): Buffer => Buffer.from(`${value}\0`);

export const query = (sql: string): Buffer => message('Q', text(sql));

export const parse = (sql: string, types: readonly number[] = [], name = ''): Buffer =>
  message('P', Buffer.concat([text(name), text(sql), int16(types.length), ...types.map(int32)]));

/** Binary parameters, and one format code, binary, for all columns. */
export function bind(values: readonly (Buffer | null)[] = [], name = ''): Buffer {
  const formats = values.length === 0 ? [int16(0)] : [int16(1), int16(1)];
  const parameters = values.flatMap((value) => (value === null ? [int32(-1)] : [int32(value.length), value]));
  return message(
    'B',
    Buffer.concat([
      text(''),
      text(name),
      ...formats,
      int16(values.length),
      ...parameters,
      int16(1),
      int16(1),
    ]),
  );
}

export const DESCRIBE_PORTAL = message('D', 'P\0');
export const describeStatement = (name: string): Buffer => message('D', `S${name}\0`);
export const closeStatement = (name: string): Buffer => message('C', `S${name}\0`);
export const EXECUTE = message('E', Buffer.concat([text(''), int32(0)]));
export const SYNC = message('S');

/** An unprepared command. */
export function command(
  sql: string,
  types: readonly number[] = [],
  values: readonly (Buffer | null)[] = [],
): Buffer[] {
  return [parse(sql, types), bind(values), DESCRIBE_PORTAL, EXECUTE];
}

/** OIDs differ between two servers from here on: initdb gives them out, for the views of information_schema among others. */
const FIRST_OWN_OID = 12_000;
/** oid, xid, oidvector, regclass, regtype, _oid. */
const OIDS: readonly number[] = [26, 28, 30, 2205, 2206, 1028];

const common = (oid: number): string => (oid < FIRST_OWN_OID ? String(oid) : 'own');

interface Column {
  readonly name: string;
  readonly table: number;
  readonly attribute: number;
  readonly type: number;
  readonly size: number;
  readonly modifier: number;
  readonly format: number;
}

function columnsOf(body: Buffer): readonly Column[] {
  const columns: Column[] = [];
  for (let at = 2; at < body.length; at += 18) {
    const end = body.indexOf(0, at);
    const name = body.toString('utf8', at, end);
    at = end + 1;
    columns.push({
      name,
      table: body.readUInt32BE(at),
      attribute: body.readInt16BE(at + 4),
      type: body.readUInt32BE(at + 6),
      size: body.readInt16BE(at + 10),
      modifier: body.readInt32BE(at + 12),
      format: body.readInt16BE(at + 16),
    });
  }
  return columns;
}

const typesOf = (body: Buffer): readonly number[] => columnsOf(body).map(({ type }) => type);

function valuesOf(body: Buffer, types: readonly number[]): readonly string[] {
  const values: string[] = [];
  let at = 2;
  for (let i = 0; i < body.readInt16BE(0); i++) {
    const length = body.readInt32BE(at);
    const bytes = body.subarray(at + 4, at + 4 + Math.max(length, 0));
    at += 4 + Math.max(length, 0);
    values.push(length < 0 ? 'NULL' : OIDS.includes(types[i] ?? 0) ? 'an OID' : bytes.toString('hex'));
  }
  return values;
}

function shown({ tag, body }: Received, types: readonly number[]): string {
  switch (tag) {
    case 'T':
      return `T ${columnsOf(body)
        .map((c) =>
          [c.name, common(c.table), c.attribute, common(c.type), c.size, c.modifier, c.format].join(' '),
        )
        .join(', ')}`;
    case 'D':
      return `D ${valuesOf(body, types).join(' ')}`;
    case 't':
      return `t ${Array.from({ length: body.readInt16BE(0) }, (_, i) => common(body.readUInt32BE(2 + 4 * i))).join(' ')}`;
    case 'E':
    case 'N':
      return `${tag} ${body
        .toString()
        .split('\0')
        .filter((field) => 'SVCMDHP'.includes(field.charAt(0) || ' '))
        .join(' ')}`;
    case 'S':
      return `S ${body.toString().replace(/^(server_version)\0(\d+).*/s, '$1 $2')}`;
    default:
      return `${tag} ${body.toString('latin1')}`;
  }
}

/** As Npgsql counts what a reset gives back: it skips rows, and takes notices and settings whenever they come. */
export function counted(messages: readonly string[]): number {
  return messages.filter((one) => !'DNSA'.includes(one.charAt(0))).length;
}
