import { SkeinError } from '../base/errors.ts';
import { decodeMessage, isFrontendTag, maxBodyBytes } from './decode-message.ts';
import { decodeStartup } from './decode-startup.ts';
import { FatalError } from './fatal-error.ts';
import type { FrontendMessage, StartupRequest } from './messages.ts';

export const DEFAULT_MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** MAX_STARTUP_PACKET_LENGTH of PostgreSQL. */
const MAX_STARTUP_BYTES = 10_000;
const MIN_STARTUP_BYTES = 8;
const QUERY_TAG = 0x51;
const PASSWORD_TAG = 0x70;
/** PG_MAX_SASL_MESSAGE_LENGTH of PostgreSQL. */
const MAX_SASL_BYTES = 1024;

/**
 * Cuts the bytes of a frontend into messages, however the bytes are chunked. A length over the limit is refused as soon
 * as it is read. Everything it throws is a {@link FatalError}: the place in the stream is lost.
 */
export class FrontendDecoder {
  readonly #maxMessageBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  constructor(maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  get bufferedBytes(): number {
    return this.#end - this.#start;
  }

  /** Keeps the chunk: the caller must not write to it again. */
  push(chunk: Buffer): void {
    if (this.#start === this.#end) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#bytes.length - this.#end < chunk.length) this.#move(chunk.length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** To a larger buffer, never in place: messages given out are views of the old one. */
  #move(extra: number): void {
    const live = this.bufferedBytes;
    const moved = Buffer.allocUnsafeSlow(
      Math.max(live + extra, Math.min(live * 2, this.#maxMessageBytes + 5)),
    );
    this.#bytes.copy(moved, 0, this.#start, this.#end);
    this.#bytes = moved;
    this.#start = 0;
    this.#end = live;
  }

  /** The first byte waiting, if any: 0x16 begins a TLS handshake. */
  firstByte(): number | undefined {
    return this.#start < this.#end ? this.#bytes[this.#start] : undefined;
  }

  /** Takes back all that was pushed and not yet decoded. */
  takeRest(): Buffer {
    const rest = this.#bytes.subarray(this.#start, this.#end);
    this.#start = this.#end;
    return rest;
  }

  nextStartup(): StartupRequest | undefined {
    if (this.bufferedBytes < 4) return undefined;
    const length = this.#bytes.readInt32BE(this.#start);
    if (length < MIN_STARTUP_BYTES || length > MAX_STARTUP_BYTES) {
      throw new FatalError('protocolViolation', 'invalid length of startup packet');
    }
    if (this.bufferedBytes < length) return undefined;
    const body = this.#bytes.subarray(this.#start + 4, this.#start + length);
    this.#start += length;
    return decodeStartup(body);
  }

  /** The body of a PasswordMessage: while a client logs in nothing else may come, and it must be short. */
  nextPassword(): Buffer | undefined {
    const tag = this.firstByte();
    if (tag === undefined) return undefined;
    if (tag !== PASSWORD_TAG) {
      throw new FatalError('protocolViolation', `expected SASL response, got message type ${tag}`);
    }
    return this.#body(MAX_SASL_BYTES);
  }

  next(): FrontendMessage | undefined {
    const tag = this.firstByte();
    if (tag === undefined) return undefined;
    if (!isFrontendTag(tag)) {
      throw new FatalError('protocolViolation', `invalid frontend message type ${tag}`);
    }
    const body = this.#body(maxBodyBytes(tag, this.#maxMessageBytes));
    return body === undefined ? undefined : decodeBody(tag, body);
  }

  /** What follows the tag and the length of the message that begins here. */
  #body(limit: number): Buffer | undefined {
    if (this.bufferedBytes < 5) return undefined;
    const length = this.#bytes.readInt32BE(this.#start + 1);
    if (length < 4 || length - 4 > limit) throw invalidLength(length, limit);
    if (this.bufferedBytes < length + 1) return undefined;
    const body = this.#bytes.subarray(this.#start + 5, this.#start + 1 + length);
    this.#start += length + 1;
    return body;
  }
}

function decodeBody(tag: number, body: Buffer): FrontendMessage {
  try {
    return decodeMessage(tag, body);
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error;
    return { type: 'malformed', ofQuery: tag === QUERY_TAG, error };
  }
}

function invalidLength(length: number, limit: number): FatalError {
  return new FatalError('protocolViolation', `invalid message length ${length}`, {
    detail: `A message of this type may have ${limit} bytes.`,
  });
}
