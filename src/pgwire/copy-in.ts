import { SkeinError } from '../base/errors.ts';
import { writeCopyInResponse, writeErrorResponse } from './encode.ts';
import { FatalError } from './fatal-error.ts';
import type { FrontendInput } from './frontend-input.ts';
import type { FrontendMessage } from './messages.ts';
import type { Format } from './session-handler.ts';
import type { SocketWriter } from './socket-writer.ts';

/**
 * COPY FROM STDIN: what the client sends, as it comes; a reader that waits holds the client back.
 * @throws 57014 if the client gives up, 08P01 if it sends something else: then nobody knows what follows.
 */
export async function* copyIn(
  input: FrontendInput,
  writer: SocketWriter,
  format: Format,
  columns: number,
): AsyncGenerator<Uint8Array> {
  writeCopyInResponse(writer.out, format, columns);
  writer.flush();
  for (;;) {
    const message = await input.next();
    if (message === undefined) {
      throw new FatalError(
        'protocolViolation',
        'unexpected EOF on client connection with an open transaction',
      );
    }
    switch (message.type) {
      case 'copy-data':
        yield message.data;
        break;
      case 'copy-done':
        return;
      case 'copy-fail':
        throw new SkeinError('queryCanceled', `COPY from stdin failed: ${message.reason}`);
      // A client of the extended protocol sends them before it knows that a COPY begins.
      case 'flush':
      case 'sync':
        break;
      case 'malformed':
        throw message.error;
      default:
        writeErrorResponse(writer.out, unexpected(message.type), 'ERROR');
        throw new FatalError(
          'protocolViolation',
          'terminating connection because protocol synchronization was lost',
        );
    }
  }
}

type Allowed = 'copy-data' | 'copy-done' | 'copy-fail' | 'flush' | 'sync' | 'malformed';

const CODES: Readonly<Record<Exclude<FrontendMessage['type'], Allowed>, string>> = {
  query: 'Q',
  parse: 'P',
  bind: 'B',
  describe: 'D',
  execute: 'E',
  close: 'C',
  terminate: 'X',
  'function-call': 'F',
};

function unexpected(type: keyof typeof CODES): SkeinError {
  const code = CODES[type].charCodeAt(0).toString(16).toUpperCase();
  return new SkeinError('protocolViolation', `unexpected message type 0x${code} during COPY from stdin`);
}
