import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { Background } from './background.ts';
import { field } from './superset.ts';

const TIMEOUT_MS = 120_000;
const SETTLE_MS = 3000;

export interface Picture {
  readonly url: string;
  readonly cookie: { readonly name: string; readonly value: string };
  /** JavaScript that is true when the page shows what the picture is of. */
  readonly ready: string;
  readonly width: number;
  readonly height: number;
}

/** A picture of a page, by a headless Chromium (Debian: chromium). @param profile a directory of its own. */
export async function takePicture(profile: string, picture: Picture): Promise<Buffer> {
  const chromium = new Background('chromium', [
    ...['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-port=0'],
    ...[`--user-data-dir=${profile}`, `--window-size=${picture.width},${picture.height}`, 'about:blank'],
  ]);
  try {
    const listening = () => /DevTools listening on ws:\/\/([\d.:]+)\//.exec(chromium.log())?.[1];
    await chromium.until('Chromium', TIMEOUT_MS, async () => listening() !== undefined);
    const pages: unknown = await (await fetch(`http://${listening()}/json/list`)).json();
    const page = await Page.open(String(field(pages, '0', 'webSocketDebuggerUrl')));
    await page.send('Network.setCookie', { ...picture.cookie, url: picture.url });
    await page.send('Page.navigate', { url: picture.url });
    await chromium.until(picture.ready, TIMEOUT_MS, async () => {
      const answer = await page.send('Runtime.evaluate', { expression: picture.ready });
      return field(answer, 'result', 'value') === true;
    });
    // The chart moves while it is drawn.
    await sleep(SETTLE_MS);
    const shot = await page.send('Page.captureScreenshot', { format: 'png' });
    page.close();
    return Buffer.from(String(field(shot, 'data')), 'base64');
  } finally {
    await chromium.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Chromium's protocol for developers' tools, one command after the other. */
class Page {
  readonly #socket: WebSocket;
  #commands = 0;

  static async open(url: string): Promise<Page> {
    const socket = new WebSocket(url, { maxPayload: 64 * 1024 * 1024 });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new Page(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  async send(method: string, params: object): Promise<unknown> {
    this.#commands += 1;
    const id = this.#commands;
    const answered = new Promise<unknown>((resolve, reject) => {
      const onMessage = (data: WebSocket.RawData): void => {
        const message: unknown = JSON.parse(String(data));
        if (field(message, 'id') !== id) return;
        this.#socket.off('message', onMessage);
        const error = field(message, 'error');
        if (error === undefined) resolve(field(message, 'result'));
        else reject(new Error(`${method}: ${JSON.stringify(error)}`));
      };
      this.#socket.on('message', onMessage);
      this.#socket.once('close', () => reject(new Error(`${method}: the browser ended`)));
    });
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answered;
  }

  close(): void {
    this.#socket.close();
  }
}
