/** Answers between the nodes of one process. What is sent to an address that nobody has is lost. */
import type { Replies } from '../../runtime/ports.ts';

type Listener = Parameters<Replies['listen']>[0];

export interface ReplyRoutes {
  connect(address: string): Replies & { close(): void };
}

export function createReplyRoutes(): ReplyRoutes {
  const listeners = new Map<string, Listener>();
  return {
    connect(address) {
      let own: Listener | undefined;
      return {
        address,
        /** On a microtask: the listener never runs inside the sender's own step. */
        send: (to, number, body) => queueMicrotask(() => listeners.get(to)?.(number, body)),
        listen(listener) {
          own = listener;
          listeners.set(address, listener);
        },
        close() {
          if (listeners.get(address) === own) listeners.delete(address);
        },
      };
    },
  };
}
