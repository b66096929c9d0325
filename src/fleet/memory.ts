import type { AgentFleet } from './agent-fleet.ts';
import type { Channel } from './channel.ts';

/** The agent's end of a connection (src/agent/peer.ts has it). */
export interface Peer {
  greet(): void;
  message(text: string): void;
  frame(bytes: Uint8Array): void;
  closed(): void;
}

export interface MemoryConnection {
  /** As if the cable was cut. */
  close(): void;
}

/** Connects an agent of this process: the whole protocol, every message and frame encoded, without a socket. */
export function connectInMemory(fleet: AgentFleet, openPeer: (channel: Channel) => Peer): MemoryConnection {
  const toProxy = new Wire();
  const toAgent = new Wire();
  const close = (reason: string): void => {
    toProxy.end(() => link.closed(reason));
    toAgent.end(() => peer.closed());
  };
  const peer = openPeer({
    sendMessage: (text) => void toProxy.send(() => link.message(text)),
    sendFrame: (bytes) => toProxy.send(() => link.frame(bytes)),
    close,
  });
  const link = fleet.attach({
    sendMessage: (text) => void toAgent.send(() => peer.message(text)),
    sendFrame: (bytes) => toAgent.send(() => peer.frame(bytes)),
    close,
  });
  peer.greet();
  return { close: () => close('the connection was cut') };
}

/** Delivers in order, never within the sender's own call. */
class Wire {
  #last: Promise<void> = Promise.resolve();
  #ended = false;

  /** Resolves once it was delivered. */
  send(deliver: () => void): Promise<void> {
    if (!this.#ended) this.#last = this.#last.then(deliver);
    return this.#last;
  }

  end(deliver: () => void): void {
    void this.send(deliver);
    this.#ended = true;
  }
}
