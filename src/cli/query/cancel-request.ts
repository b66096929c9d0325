import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

const CANCEL_REQUEST = 80_877_102;
const SSL_REQUEST = 80_877_103;
const SSL_ACCEPTED = 0x53;

export interface BackendKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** Where to, and how the session itself is encrypted: the key must not travel more openly than it came. */
export interface CancelTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectionOptions | undefined;
}

/** Asks the proxy to cancel what a session runs. One that can't be reached can't be asked. */
export function sendCancel({ host, port, tls }: CancelTarget, key: BackendKey): void {
  const raw = connect(port, host);
  raw.on('error', () => raw.destroy());
  if (tls === undefined) {
    raw.on('connect', () => raw.end(cancelRequest(key)));
    return;
  }
  raw.on('connect', () => raw.write(packet(SSL_REQUEST)));
  raw.once('data', (answer) => {
    if (answer[0] !== SSL_ACCEPTED) {
      raw.destroy();
      return;
    }
    const encrypted: Socket = connectTls({ ...tls, socket: raw, host }, () =>
      encrypted.end(cancelRequest(key)),
    );
    encrypted.on('error', () => raw.destroy());
  });
}

function cancelRequest({ processID, secretKey }: BackendKey): Buffer {
  return packet(CANCEL_REQUEST, processID, secretKey);
}

/** A length, and numbers. */
function packet(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * numbers.length);
  [bytes.length, ...numbers].forEach((number, i) => {
    bytes.writeInt32BE(number, 4 * i);
  });
  return bytes;
}
