/**
 * Mailbox, store and logs in memory, for tests and simulated clusters: several nodes connect to one server.
 * Deterministic: time comes from the clock alone, and every call takes effect on the next microtask, in the
 * order of the calls. Nothing survives the process.
 */
import type { Backend, Clock } from '../../runtime/ports.ts';
import { createMemoryLog } from './log.ts';
import { createMemoryMailbox } from './mailbox.ts';
import { createReplyRoutes } from './replies.ts';
import { createMemoryStore } from './store.ts';
import { defaultWindowMs } from './window.ts';

export interface MemoryServer {
  /** A node's connection. Closing it ends its readers and its address; its leases run until their deadline. */
  connect(address: string): Backend;
}

export interface MemoryOptions {
  readonly clock: Clock;
  /** How long the mailbox and the logs know an id again. */
  readonly windowMs?: number;
}

export function createMemoryServer({ clock, windowMs = defaultWindowMs }: MemoryOptions): MemoryServer {
  const messages = createMemoryMailbox(clock, windowMs);
  const store = createMemoryStore(clock);
  const journal = createMemoryLog(clock, windowMs);
  const deadLetters = createMemoryLog(clock, windowMs);
  const routes = createReplyRoutes();

  return {
    connect(address) {
      const mailbox = messages.connect();
      const replies = routes.connect(address);
      const durability = 'nothing survives the end of the process';
      return {
        mailbox,
        store,
        journal,
        deadLetters,
        replies,
        health: () => Promise.resolve([{ name: 'memory', up: true, durability, durable: false }]),
        close() {
          mailbox.close();
          replies.close();
          return Promise.resolve();
        },
      };
    },
  };
}
