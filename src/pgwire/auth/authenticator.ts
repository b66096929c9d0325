export interface LoginRequest {
  readonly user: string;
  readonly database: string;
  readonly remoteAddress: string;
  /** The socket is encrypted. */
  readonly encrypted: boolean;
  /** Hash of the certificate that the client saw (RFC 5929, 4.1); undefined: there is none. */
  readonly endPoint: Uint8Array | undefined;
}

/** What a method of authentication may say to the client, and hear from it. */
export interface AuthenticationExchange {
  /** Sends an Authentication message. @param kind its code (PostgreSQL docs, 54.7), @param body what follows. */
  request(kind: number, body?: Uint8Array): void;
  /** The body of the next PasswordMessage, SASLInitialResponse or SASLResponse. */
  response(): Promise<Buffer>;
  /** Lets the client wait. Rejects if it leaves, or the connection is ended. */
  pause(milliseconds: number): Promise<void>;
}

/** Decides who may log in. AuthenticationOk follows when it resolves. */
export interface Authenticator {
  /** Rejects with 28P01 or 28000 to refuse. */
  authenticate(login: LoginRequest, exchange: AuthenticationExchange): Promise<void>;
}

/** Everybody is who they say. */
export const trust: Authenticator = {
  authenticate: () => Promise.resolve(),
};
