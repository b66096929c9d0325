import { SkeinError } from '../base/errors.ts';
import { FatalError } from './fatal-error.ts';
import { MessageReader } from './message-reader.ts';
import type { StartupRequest } from './messages.ts';

const SPECIAL_MAJOR = 1234;
const CANCEL_MINOR = 5678;
export const SSL_MINOR = 5679;
export const GSS_MINOR = 5680;
const MAX_CANCEL_KEY_BYTES = 256;

/** @param body the packet without its length. @throws FatalError */
export function decodeStartup(body: Buffer): StartupRequest {
  const reader = new MessageReader(body);
  const major = reader.uint16();
  const minor = reader.uint16();
  if (major === SPECIAL_MAJOR && minor === CANCEL_MINOR) return decodeCancel(reader);
  if (major === SPECIAL_MAJOR && minor === SSL_MINOR) return { type: 'ssl-request' };
  if (major === SPECIAL_MAJOR && minor === GSS_MINOR) return { type: 'gss-request' };
  if (major !== 3) throw unsupportedProtocol(major, minor);
  return { type: 'startup', major, minor, ...decodeParameters(reader) };
}

export function unsupportedProtocol(major: number, minor: number): FatalError {
  return new FatalError(
    'notSupported',
    `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.2`,
  );
}

function decodeCancel(reader: MessageReader): StartupRequest {
  try {
    const processId = reader.int32();
    const key = reader.rest();
    if (key.length > 0 && key.length <= MAX_CANCEL_KEY_BYTES)
      return { type: 'cancel-request', processId, key };
  } catch (error) {
    if (!(error instanceof SkeinError)) throw error;
  }
  throw new FatalError('protocolViolation', 'invalid length of cancel request packet');
}

function decodeParameters(reader: MessageReader): {
  parameters: Map<string, string>;
  protocolOptions: string[];
} {
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  try {
    for (let name = reader.cstring(); name !== ''; name = reader.cstring()) {
      const value = reader.cstring();
      if (name.startsWith('_pq_.')) protocolOptions.push(name);
      else parameters.set(name, value);
    }
    reader.finish();
  } catch (error) {
    throw layoutError(error);
  }
  return { parameters, protocolOptions };
}

function layoutError(error: unknown): unknown {
  if (!(error instanceof SkeinError)) return error;
  if (error.code === '22021') return new FatalError('invalidEncoding', error.message);
  return new FatalError(
    'protocolViolation',
    'invalid startup packet layout: expected terminator as last byte',
  );
}
