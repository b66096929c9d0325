/** What the engine and its worker threads say to each other. */
export interface WorkerStart {
  readonly task: 'create' | 'serve';
  readonly directory: string;
  readonly database: string;
  /** The directory is made first, as a copy of this one. */
  readonly copyOf?: string;
  /** PostgreSQL's code, compiled once for all threads. */
  readonly code: object;
}

/** One whole, synced exchange of PostgreSQL's protocol. */
export interface WorkerRequest {
  readonly id: number;
  readonly message: Uint8Array;
  /** More bytes of answer than this end the request. */
  readonly maxBytes: number;
  /** PostgreSQL's clock stands at this instant, in µs since 1970. undefined: it goes. */
  readonly now?: bigint | undefined;
}

export type WorkerReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly bytes: Uint8Array }
  /** PostgreSQL's state is unknown from here on: the thread must be replaced. */
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly reason: 'too-large' | 'crashed';
      readonly message: string;
    };
