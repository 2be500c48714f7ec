/**
 * Which partitions this node owns: up to its share it tries to take each, again and again, and runs a session on
 * those it gets. A takeover waits for the old lease's deadline or its release (R2).
 */
import { FencedError, TerminalError, messageOf } from '../errors.ts';
import type { Lease } from '../ports.ts';
import { Session, type SessionContext } from './session.ts';
import { Share } from './share.ts';
import { createSignal, type Signal } from './signal.ts';

export interface Ownership {
  start(): void;
  /** Ends all sessions after their present commits and gives the leases up. */
  drain(): Promise<void>;
}

/** Of a lease's time: how often a node says that it lives, how long that holds, and how long nobody takes what is forsaken. */
const attendance = { every: 1 / 10, holds: 3 / 5, forsakenAfter: 2 };

export function createOwnership(context: SessionContext): Ownership {
  const { partitions } = context.options;
  const share = new Share(partitions);
  const owners = Array.from({ length: partitions }, (_, partition) => new Owner(context, partition, share));
  const attending = new Attending(context, share, owners);
  let running: Promise<unknown> = Promise.resolve();
  return {
    start() {
      running = attending
        .count()
        .then(() => Promise.all([attending.run(), ...owners.map((owner) => owner.run())]));
    },
    async drain() {
      attending.stop();
      for (const owner of owners) owner.stop();
      await running;
    },
  };
}

/** Says again and again that this node lives, and how many do. A node that cannot do its work does not say so. */
class Attending {
  readonly #context: SessionContext;
  readonly #share: Share;
  readonly #owners: readonly Owner[];
  readonly #signal = createSignal();
  #stopping = false;

  constructor(context: SessionContext, share: Share, owners: readonly Owner[]) {
    this.#context = context;
    this.#share = share;
    this.#owners = owners;
  }

  async run(): Promise<void> {
    const { backend, clock, options } = this.#context;
    for (;;) {
      const cancel = clock.after(options.leaseMs * attendance.every, () => this.#signal.fire());
      await this.#signal.wait();
      cancel();
      if (this.#stopping) break;
      await this.count();
    }
    // The others hear of it with their next count; without it, a little later.
    await backend.store.attend(backend.replies.address, 0).catch(() => undefined);
  }

  stop(): void {
    this.#stopping = true;
    this.#signal.fire();
  }

  async count(): Promise<void> {
    const { backend, logger, options, status } = this.#context;
    if (status.getSnapshot().context.servers.some(({ up }) => !up)) return;
    let nodes: number;
    try {
      nodes = await backend.store.attend(backend.replies.address, options.leaseMs * attendance.holds);
    } catch {
      // The share stays as it is: that the store is away, the owners tell.
      return;
    }
    const before = this.#share.nodes;
    for (const partition of this.#share.counted(nodes)) this.#owners[partition]?.giveUp();
    if (nodes === before) return;
    logger.info({ nodes, share: this.#share.size }, 'nodes counted');
    for (const owner of this.#owners) owner.wake();
  }
}

class Owner {
  readonly #context: SessionContext;
  readonly #partition: number;
  readonly #share: Share;
  readonly #signal: Signal = createSignal();
  #session: Session | undefined;
  #stopping = false;
  /** What was logged last: an outage is one line, not one for every try. */
  #said: string | undefined;
  /** When it was last tried, or given up. */
  #triedAt: number;

  constructor(context: SessionContext, partition: number, share: Share) {
    this.#context = context;
    this.#partition = partition;
    this.#share = share;
    this.#triedAt = context.clock.now();
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      const waitMs = await this.#try();
      if (waitMs > 0) await this.#pause(waitMs);
    }
  }

  /** Tries again now. */
  wake(): void {
    this.#signal.fire();
  }

  /** After the commit that is under way: for another node to take. */
  giveUp(): void {
    this.#session?.stop();
  }

  stop(): void {
    this.#stopping = true;
    this.#session?.stop();
    this.#signal.fire();
  }

  /** Resolves to how long to wait before the next try, ms. */
  async #try(): Promise<number> {
    const { clock, options, random } = this.#context;
    const forsaken = clock.now() - this.#triedAt >= options.leaseMs * attendance.forsakenAfter;
    if (!this.#share.take(this.#partition, forsaken)) {
      this.#notOwned();
      return options.retryMs;
    }
    const waitMs = await this.#take({ partition: this.#partition, token: random.id() });
    this.#share.free(this.#partition);
    this.#triedAt = clock.now();
    return waitMs;
  }

  /** Owns the partition for as long as it can; resolves as `#try`. */
  async #take(lease: Lease): Promise<number> {
    const { backend, options } = this.#context;
    const { store } = backend;
    let mayBeOurs = true;
    try {
      const taken = await store.acquire(lease, options.leaseMs);
      mayBeOurs = taken.acquired;
      if (!taken.acquired) {
        this.#notOwned();
        // Half the time left: its owner may release it early.
        return Math.max(options.retryMs / 5, Math.min(taken.remainingMs / 2, options.retryMs));
      }
      await this.#own(lease);
      return this.#stopping ? 0 : options.retryMs / 5;
    } catch (error) {
      this.#trouble(error);
      return options.retryMs;
    } finally {
      // Also when in doubt: a token is never used twice.
      if (mayBeOurs) await store.release(lease).catch(() => undefined);
    }
  }

  async #own(lease: Lease): Promise<void> {
    const session = new Session(this.#context, lease);
    this.#session = session;
    if (this.#stopping) return;
    try {
      await session.run();
      this.#ended();
    } finally {
      this.#session = undefined;
      // One that has never begun has had the same trouble as the one before.
      if (session.hasBegun) this.#said = undefined;
      this.#notOwned();
    }
  }

  #ended(): void {
    if (this.#stopping) return;
    this.#context.logger.info({ partition: this.#partition }, 'partition given up to another node');
  }

  #notOwned(trouble?: string): void {
    const status = {
      owned: false,
      sequence: 0,
      backlog: 0,
      lagMs: 0,
      outbox: 0,
      timersDue: 0,
      ...(trouble === undefined ? {} : { trouble }),
    };
    this.#context.status.trigger.partitionChanged({ partition: this.#partition, status });
  }

  #trouble(error: unknown): void {
    const { logger } = this.#context;
    const cause = messageOf(error);
    this.#notOwned(cause);
    if (cause === this.#said) return;
    this.#said = cause;
    const fields = { partition: this.#partition, error: cause };
    if (error instanceof FencedError)
      logger.warn(fields, 'partition lost to another owner or a store that fell back');
    else if (error instanceof TerminalError) logger.error(fields, 'partition cannot be run');
    else logger.warn(fields, 'partition waits');
  }

  async #pause(ms: number): Promise<void> {
    const cancel = this.#context.clock.after(ms, () => this.#signal.fire());
    await this.#signal.wait();
    cancel();
  }
}
