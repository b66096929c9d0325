/** One connection to an agent, of whatever transport. Messages and frames keep their order. */
export interface Channel {
  sendMessage(text: string): void;
  /** Resolves when the transport has room for more. */
  sendFrame(bytes: Uint8Array): Promise<void>;
  /** What was sent before still goes out; nothing is received any more. */
  close(reason: string): void;
}

/** What comes from the other end of a channel. */
export interface ChannelEvents {
  message(text: string): void;
  frame(bytes: Uint8Array): void;
  /** The last event, also after the own `close`. */
  closed(reason: string): void;
}
