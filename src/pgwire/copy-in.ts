import { SkeinError } from '../base/errors.ts';
import { writeCopyInResponse } from './encode.ts';
import { FatalError } from './fatal-error.ts';
import type { FrontendInput } from './frontend-input.ts';
import type { Format } from './session-handler.ts';
import type { SocketWriter } from './socket-writer.ts';

/**
 * COPY FROM STDIN: what the client sends, as it comes; a reader that waits holds the client back.
 * @throws 57014 if the client gives up, 08P01 if it sends something else.
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
    switch (message?.type) {
      case undefined:
        throw new FatalError(
          'protocolViolation',
          'unexpected EOF on client connection with an open transaction',
        );
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
        throw new SkeinError('protocolViolation', 'unexpected message type during COPY from stdin');
    }
  }
}
