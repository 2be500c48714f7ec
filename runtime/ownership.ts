/**
 * Which partitions this node owns: it tries to take each, again and again, and runs a session on those it
 * gets. A takeover waits for the old lease's deadline or its release (R2).
 */
import { FencedError, TerminalError, messageOf } from './errors.ts';
import type { Lease } from './ports.ts';
import { Session, type SessionContext } from './session.ts';
import { createSignal, type Signal } from './signal.ts';

export interface Ownership {
  start(): void;
  /** Ends all sessions after their present commits and gives the leases up. */
  drain(): Promise<void>;
}

export function createOwnership(context: SessionContext): Ownership {
  const owners = Array.from(
    { length: context.options.partitions },
    (_, partition) => new Owner(context, partition),
  );
  let running: Promise<void>[] = [];
  return {
    start() {
      running = owners.map((owner) => owner.run());
    },
    async drain() {
      for (const owner of owners) owner.stop();
      await Promise.all(running);
    },
  };
}

class Owner {
  readonly #context: SessionContext;
  readonly #partition: number;
  readonly #signal: Signal = createSignal();
  #session: Session | undefined;
  #stopping = false;
  /** What was logged last: an outage is one line, not one for every try. */
  #said: string | undefined;

  constructor(context: SessionContext, partition: number) {
    this.#context = context;
    this.#partition = partition;
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      const lease = { partition: this.#partition, token: this.#context.random.id() };
      const waitMs = await this.#take(lease);
      if (waitMs > 0) await this.#pause(waitMs);
    }
  }

  stop(): void {
    this.#stopping = true;
    this.#session?.stop();
    this.#signal.fire();
  }

  /** Owns the partition for as long as it can; resolves to how long to wait before the next try, ms. */
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
    this.#session = new Session(this.#context, lease);
    this.#said = undefined;
    if (this.#stopping) return;
    try {
      await this.#session.run();
    } finally {
      this.#session = undefined;
      this.#notOwned();
    }
  }

  #notOwned(trouble?: string): void {
    const status = {
      owned: false,
      sequence: 0,
      backlog: 0,
      lagMs: 0,
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
