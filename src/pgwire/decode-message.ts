import { assert } from '../base/assert.ts';
import { SkeinError } from '../base/errors.ts';
import { MessageReader } from './message-reader.ts';
import type { FrontendMessage, PortalOrStatement } from './messages.ts';
import type { BindParameter, Format } from './session-handler.ts';

interface MessageKind {
  readonly decode: (reader: MessageReader) => FrontendMessage;
  /** Bytes of the body; undefined: the connection's limit. */
  readonly maxBytes: number | undefined;
}

/** PQ_SMALL_MESSAGE_LIMIT of PostgreSQL. */
const SMALL = 10_000;

const KINDS: ReadonlyMap<number, MessageKind> = new Map(
  Object.entries({
    B: { decode: decodeBind, maxBytes: undefined },
    C: { decode: (reader) => decodeTarget('close', reader), maxBytes: SMALL },
    D: { decode: (reader) => decodeTarget('describe', reader), maxBytes: SMALL },
    E: { decode: decodeExecute, maxBytes: SMALL },
    F: { decode: (reader) => discard(reader, { type: 'function-call' }), maxBytes: undefined },
    H: { decode: () => ({ type: 'flush' }), maxBytes: SMALL },
    P: { decode: decodeParse, maxBytes: undefined },
    Q: { decode: (reader) => ({ type: 'query', sql: reader.cstring() }), maxBytes: undefined },
    S: { decode: () => ({ type: 'sync' }), maxBytes: SMALL },
    X: { decode: () => ({ type: 'terminate' }), maxBytes: SMALL },
    c: { decode: () => ({ type: 'copy-done' }), maxBytes: SMALL },
    d: { decode: (reader) => ({ type: 'copy-data', data: reader.rest() }), maxBytes: undefined },
    f: { decode: (reader) => ({ type: 'copy-fail', reason: reader.cstring() }), maxBytes: SMALL },
  } satisfies Record<string, MessageKind>).map(([tag, kind]) => [tag.charCodeAt(0), kind]),
);

export function isFrontendTag(tag: number): boolean {
  return KINDS.has(tag);
}

export function maxBodyBytes(tag: number, limit: number): number {
  return Math.min(KINDS.get(tag)?.maxBytes ?? limit, limit);
}

/** @throws SkeinError 08P01, 22021 or 22023 for a wrong body. */
export function decodeMessage(tag: number, body: Buffer): FrontendMessage {
  const kind = KINDS.get(tag);
  assert(kind !== undefined, 'the tag was checked');
  const reader = new MessageReader(body);
  const message = kind.decode(reader);
  reader.finish();
  return message;
}

function discard(reader: MessageReader, message: FrontendMessage): FrontendMessage {
  reader.rest();
  return message;
}

function decodeParse(reader: MessageReader): FrontendMessage {
  const name = reader.cstring();
  const sql = reader.cstring();
  const parameterOids = reader.list(reader.uint16(), 4, () => reader.uint32());
  return { type: 'parse', name, sql, parameterOids };
}

function decodeBind(reader: MessageReader): FrontendMessage {
  const portal = reader.cstring();
  const statement = reader.cstring();
  const formats = decodeFormats(reader);
  const values = reader.list(reader.uint16(), 4, () => decodeValue(reader));
  if (formats.length > 1 && formats.length !== values.length) {
    throw new SkeinError(
      'protocolViolation',
      `bind message has ${formats.length} parameter formats but ${values.length} parameters`,
    );
  }
  const parameters: BindParameter[] = values.map((value, i) => ({
    format: (formats.length === 1 ? formats[0] : formats[i]) ?? 0,
    value,
  }));
  return { type: 'bind', portal, statement, parameters, resultFormats: decodeFormats(reader) };
}

function decodeFormats(reader: MessageReader): Format[] {
  return reader.list(reader.uint16(), 2, () => {
    const code = reader.uint16();
    if (code !== 0 && code !== 1) {
      throw new SkeinError('invalidParameterValue', `unsupported format code: ${code}`);
    }
    return code;
  });
}

function decodeValue(reader: MessageReader): Uint8Array | null {
  const length = reader.int32();
  return length === -1 ? null : reader.bytes(length);
}

function decodeTarget(type: 'describe' | 'close', reader: MessageReader): FrontendMessage {
  const subtype = reader.byte();
  const target = targetOf(subtype);
  if (target === undefined) {
    throw new SkeinError('protocolViolation', `invalid ${type.toUpperCase()} message subtype ${subtype}`);
  }
  return { type, target, name: reader.cstring() };
}

function targetOf(subtype: number): PortalOrStatement | undefined {
  if (subtype === 0x53) return 'statement';
  if (subtype === 0x50) return 'portal';
  return undefined;
}

function decodeExecute(reader: MessageReader): FrontendMessage {
  return { type: 'execute', portal: reader.cstring(), maxRows: Math.max(0, reader.int32()) };
}
