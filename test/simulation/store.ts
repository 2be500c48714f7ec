/**
 * The simulated Redis: the store of `persistence/memory`, which can fall back to an older state. Every write
 * is noted with its time, so that an older state is made by carrying out fewer of them (R8): leases that had
 * ended come back too.
 */
import { createMemoryStore } from '../../persistence/memory/store.ts';
import type { Clock, Commit, Lease, Position, Store } from '../../runtime/ports.ts';

type Write =
  | { readonly at: number; readonly name: 'settle'; readonly args: Parameters<Store['settle']> }
  | { readonly at: number; readonly name: 'acquire'; readonly args: Parameters<Store['acquire']> }
  | { readonly at: number; readonly name: 'renew'; readonly args: Parameters<Store['renew']> }
  | { readonly at: number; readonly name: 'release'; readonly args: Parameters<Store['release']> }
  | { readonly at: number; readonly name: 'commit'; readonly args: Parameters<Store['commit']> };

/** A commit, with what it was sent under; `at` is the store's time, ms. */
export interface Written {
  readonly lease: Lease;
  readonly commits: number;
  readonly commit: Commit;
  readonly at: number;
}

/** Hears of all writes that took effect. */
export interface Observer {
  leased(lease: Lease, deadline: number): void;
  released(lease: Lease): void;
  committed(written: Written): void;
  /** Everything is gone; what is left follows as if it happened again. */
  fellBack(): void;
  /** The writes that are left have been made again. */
  rebuilt(): void;
}

export class FallibleStore {
  readonly port: Store;
  readonly #observer: Observer;
  readonly #clock: { at: number | undefined; now: () => number; after: Clock['after'] };
  #writes: Write[] = [];
  #store: Store;

  constructor(clock: Clock, observer: Observer) {
    this.#observer = observer;
    this.#clock = {
      at: undefined,
      now: () => this.#clock.at ?? clock.now(),
      after: (ms, action) => clock.after(ms, action),
    };
    this.#store = createMemoryStore(this.#clock);
    this.port = this.#recording();
  }

  /** The last commit of each partition, by number, whose position fulfils the condition. */
  lastCommits(condition: (partition: number, position: Position) => boolean): Map<number, number> {
    const last = new Map<number, number>();
    for (const { name, args } of this.#writes) {
      if (name !== 'commit') continue;
      const [{ partition }, before, { position }] = args;
      if (position !== undefined && condition(partition, position)) last.set(partition, before + 1);
    }
    return last;
  }

  /** Back to the writes for which `keeps` holds; per partition it must keep a prefix. */
  async fallBack(
    keeps: (write: { partition: number; commits: number; at: number }) => boolean,
  ): Promise<void> {
    const lost = new Set<number>();
    const commits = new Map<number, number>();
    const kept = this.#writes.filter((write) => {
      if (write.name === 'settle') return true;
      const { partition } = write.args[0];
      const number = (commits.get(partition) ?? 0) + (write.name === 'commit' ? 1 : 0);
      commits.set(partition, number);
      if (!keeps({ partition, commits: number, at: write.at })) lost.add(partition);
      return !lost.has(partition);
    });
    this.#writes = [];
    this.#store = createMemoryStore(this.#clock);
    this.#observer.fellBack();
    for (const { at, name, args } of kept) {
      this.#clock.at = at;
      await (this.port[name] as (...given: unknown[]) => Promise<unknown>)(...args);
    }
    this.#clock.at = undefined;
    this.#observer.rebuilt();
  }

  /** The leases are gone, and nothing else: two nodes may take themselves for the owner. */
  async forgetLeases(): Promise<void> {
    const tokens = new Map<number, Lease>();
    for (const { name, args } of this.#writes) if (name === 'acquire') tokens.set(args[0].partition, args[0]);
    for (const lease of tokens.values()) await this.port.release(lease);
  }

  #recording(): Store {
    const note = (write: Omit<Write, 'at'>): void =>
      void this.#writes.push({ at: this.#clock.now(), ...write } as Write);
    const port: Partial<Store> = {
      settle: async (...args) => {
        note({ name: 'settle', args });
        return this.#store.settle(...args);
      },
      acquire: async (...args) => {
        const taken = await this.#store.acquire(...args);
        if (!taken.acquired) return taken;
        note({ name: 'acquire', args });
        this.#observer.leased(args[0], this.#clock.now() + args[1]);
        return taken;
      },
      renew: async (...args) => {
        await this.#store.renew(...args);
        note({ name: 'renew', args });
        this.#observer.leased(args[0], this.#clock.now() + args[2]);
      },
      release: async (...args) => {
        await this.#store.release(...args);
        note({ name: 'release', args });
        this.#observer.released(args[0]);
      },
      commit: async (...args) => {
        await this.#store.commit(...args);
        note({ name: 'commit', args });
        const [lease, commits, commit] = args;
        this.#observer.committed({ lease, commits, commit, at: this.#clock.now() });
      },
    };
    return new Proxy(port as Store, {
      get: (own, name: keyof Store) => {
        if (name in own) return (own as unknown as Record<string, unknown>)[name];
        const current = this.#store as unknown as Record<string, (...args: unknown[]) => unknown>;
        return name === 'delivers' ? this.#store.delivers : (...args: unknown[]) => current[name]?.(...args);
      },
    });
  }
}
