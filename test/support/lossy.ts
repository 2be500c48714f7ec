/**
 * A memory server that can lose what its disks had not: the mailbox its tail, with sequences used again (R7),
 * and each partition of the store its last commits, leases included (R8).
 */
import { createMemoryLog } from '../../persistence/memory/log.ts';
import { createReplyRoutes } from '../../persistence/memory/replies.ts';
import type { MemoryServer } from '../../persistence/memory/server.ts';
import { step } from '../../persistence/memory/step.ts';
import { createMemoryStore } from '../../persistence/memory/store.ts';
import { RetryableError } from '../../runtime/errors.ts';
import type { Backend, Clock, Commit, Inbox, Mailbox, Store, Stored } from '../../runtime/ports.ts';

export interface LossyServer extends MemoryServer {
  /** The mailbox loses its last messages; all readers break. */
  readonly loseTail: (messages: number) => void;
  /** A partition's last commits never were; nobody holds a lease. */
  readonly fallBack: (commits: (partition: number, made: number) => number) => Promise<void>;
  /** How many commits each partition has. */
  readonly commits: () => ReadonlyMap<number, number>;
  readonly messages: () => readonly (Stored & { partition: number })[];
}

const windowMs = 120_000;

export function createLossyServer(clock: Clock): LossyServer {
  const mailbox = lossyMailbox(clock);
  const store = fallibleStore(clock);
  const journal = createMemoryLog(clock, windowMs);
  const deadLetters = createMemoryLog(clock, windowMs);
  const routes = createReplyRoutes();
  return {
    loseTail: mailbox.loseTail,
    messages: () => mailbox.messages,
    fallBack: store.fallBack,
    commits: store.commits,
    connect(address): Backend {
      const replies = routes.connect(address);
      return {
        mailbox,
        store: store.port,
        journal,
        deadLetters,
        replies,
        health: () => Promise.resolve([{ name: 'lossy', up: true, durability: 'loses', durable: false }]),
        close() {
          replies.close();
          return Promise.resolve();
        },
      };
    },
  };
}

type Entry = Stored & { readonly partition: number; readonly dedupe: boolean };

interface Reading {
  readonly partition: number;
  readonly inbox: Inbox;
}

function lossyMailbox(clock: Clock): Mailbox & { loseTail: (count: number) => void; messages: Entry[] } {
  const messages: Entry[] = [];
  const readings = new Set<Reading>();
  let time = 0;

  const isKnown = (id: string): boolean =>
    messages.some((entry) => entry.dedupe && entry.id === id && entry.time > time - windowMs);

  return {
    messages,
    append: ({ partition, id, dedupe, body }) =>
      step(() => {
        time = Math.max(time, clock.now());
        if (dedupe && isKnown(id)) return;
        const entry = { sequence: (messages.at(-1)?.sequence ?? 0) + 1, time, id, body, partition, dedupe };
        messages.push(entry);
        for (const reading of readings) if (reading.partition === partition) reading.inbox.take([entry]);
      }),
    at: (partition, sequence) =>
      step(() => messages.find((entry) => entry.partition === partition && entry.sequence === sequence)),
    bounds: () => step(() => ({ first: messages[0]?.sequence ?? 0, last: messages.at(-1)?.sequence ?? 0 })),
    last: (partition) => step(() => messages.findLast((entry) => entry.partition === partition)),
    read: (partition, from, inbox) =>
      step(() => {
        const isWanted = (entry: Entry): boolean =>
          entry.partition === partition &&
          ('sequence' in from ? entry.sequence >= from.sequence : entry.time >= from.time);
        const reading = { partition, inbox };
        readings.add(reading);
        inbox.take(messages.filter(isWanted));
        return { close: () => void readings.delete(reading) };
      }),
    loseTail(count) {
      messages.splice(Math.max(0, messages.length - count));
      for (const reading of [...readings]) {
        readings.delete(reading);
        reading.inbox.lost(new RetryableError('the broker has crashed'));
      }
    },
  };
}

/** Keeps every commit, so that a store with fewer of them can be made. */
function fallibleStore(clock: Clock): { port: Store } & Pick<LossyServer, 'fallBack' | 'commits'> {
  const history = new Map<number, Commit[]>();
  const settings: [string, string][] = [];
  let current = createMemoryStore(clock);

  const port = new Proxy({} as Store, {
    get: (_, name: keyof Store) => {
      if (name === 'commit') return commit;
      if (name === 'settle') return settle;
      if (name === 'delivers') return current.delivers;
      return (...args: unknown[]) => (current[name] as (...given: unknown[]) => unknown)(...args);
    },
  });

  async function commit(...[lease, commits, change]: Parameters<Store['commit']>): Promise<void> {
    const store = current;
    await store.commit(lease, commits, change);
    if (store !== current) throw new RetryableError('the store has crashed');
    history.set(lease.partition, [...(history.get(lease.partition) ?? []), change]);
  }

  async function settle(name: string, value: string): Promise<string> {
    settings.push([name, value]);
    return current.settle(name, value);
  }

  async function replay(store: Store, partition: number, commits: readonly Commit[]): Promise<void> {
    const lease = { partition, token: `replay-${partition}` };
    await store.acquire(lease, 1_000);
    for (const [number, change] of commits.entries()) await store.commit(lease, number, change);
    await store.release(lease);
    history.set(partition, [...commits]);
  }

  return {
    port,
    commits: () => new Map([...history].map(([partition, commits]) => [partition, commits.length])),
    async fallBack(lost) {
      const store = createMemoryStore(clock);
      current = store;
      const kept = [...history].map(([partition, commits]) => ({
        partition,
        commits: commits.slice(0, Math.max(0, commits.length - lost(partition, commits.length))),
      }));
      // They stood before the first commit: with all commits they are gone.
      const isEmpty = kept.every(({ commits }) => commits.length === 0);
      for (const [name, value] of isEmpty ? [] : settings) await store.settle(name, value);
      for (const { partition, commits } of kept) await replay(store, partition, commits);
    },
  };
}
