/**
 * A simulated process: one node behind a network. Every call to a server takes time, there and back, and is
 * where faults strike. It may be killed or stand still between any two awaits.
 */
import { RetryableError } from '../../runtime/errors.ts';
import { createNode, type Node } from '../../runtime/node.ts';
import type { RuntimeOptions } from '../../runtime/options.ts';
import type {
  Backend,
  Clock,
  Inbox,
  Log,
  Logger,
  Mailbox,
  Reader,
  Replies,
  Store,
} from '../../runtime/ports.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { seededRandom, type SeededRandom } from '../support/random.ts';
import type { CallFault, Faults } from './faults.ts';
import type { SimulatedTime } from './time.ts';

/** What all processes share. */
export interface Servers {
  readonly mailbox: Mailbox;
  readonly store: Store;
  readonly journal: Log;
  readonly deadLetters: Log;
  readonly replies: Map<string, (number: number, body: string) => void>;
}

export interface ProcessGiven {
  readonly name: string;
  readonly seed: number;
  /** Two processes of one seed draw different numbers. */
  readonly number: number;
  readonly time: SimulatedTime;
  readonly servers: Servers;
  readonly faults: Faults;
  readonly registry: Registry;
  readonly options: RuntimeOptions;
  readonly trace: (line: string) => void;
}

const never = new Promise<never>(() => undefined);

/** Its end: at which call of a name, before the request leaves or when it has been carried out. */
export interface Doom {
  readonly call: string;
  readonly nth: number;
  readonly when: 'asked' | 'applied';
}

export class Process {
  readonly name: string;
  readonly node: Node;
  /** Ahead of the true time, ms. */
  aheadMs = 0;
  crashed = false;
  readonly #given: ProcessGiven;
  readonly #random: SeededRandom;
  readonly #readers = new Set<(cause: Error) => void>();
  /** What waits for a process that stands still; undefined while it runs. */
  #waiting: (() => void)[] | undefined;
  /** The latest time at which something sent to the broker arrives: one connection keeps the order. */
  #lastArrival = 0;
  #doom: Doom | undefined;

  constructor(given: ProcessGiven) {
    this.#given = given;
    this.name = given.name;
    this.#random = seededRandom(given.seed * 1_009 + given.number, given.name);
    this.node = createNode({
      registry: given.registry,
      backend: this.#backend(),
      clock: this.#clock(),
      random: this.#random,
      logger: this.#logger(),
      options: given.options,
    });
  }

  start(): void {
    this.node.start().catch((error: unknown) => {
      this.#given.trace(`${this.name} does not start: ${String(error)}`);
    });
  }

  /** As `kill -9`: what is on its way to the servers arrives, and nothing else happens. */
  crash(): void {
    if (this.crashed) return;
    this.#given.faults.count('crash');
    this.#given.trace(`${this.name} is killed`);
    this.end();
  }

  /** The simulation is over. */
  end(): void {
    this.crashed = true;
    this.#waiting = undefined;
    this.#given.servers.replies.delete(this.name);
    for (const lost of [...this.#readers]) lost(new Error('crashed'));
  }

  doom(doom: Doom): void {
    this.#doom = doom;
  }

  pause(ms: number): void {
    if (this.#waiting !== undefined || this.crashed) return;
    this.#waiting = [];
    this.#given.trace(`${this.name} stands still for ${ms} ms`);
    this.#given.time.after(ms, () => this.resume());
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const action of waiting) this.#enter(action);
  }

  /** All connections to the broker break. */
  cut(): void {
    this.#given.trace(`${this.name} loses its connection to the broker`);
    for (const lost of [...this.#readers]) lost(new RetryableError('the connection broke'));
  }

  /** Something reaches the process: now, when it goes on, or never. */
  #enter(action: () => void): void {
    if (this.crashed) return;
    if (this.#waiting === undefined) action();
    else this.#waiting.push(action);
  }

  #strikes(kind: CallFault): boolean {
    return this.#given.faults.strikes(kind, this.#random);
  }

  #clock(): Clock {
    const { time } = this.#given;
    return {
      now: () => time.now() + this.aheadMs,
      after: (ms, action) => time.after(ms, () => this.#enter(action)),
    };
  }

  #logger(): Logger {
    const { trace } = this.#given;
    const line = (fields: object, message: string): void =>
      trace(`${this.name}: ${message} ${JSON.stringify(fields)}`);
    return { debug: () => undefined, info: line, warn: line, error: line };
  }

  #latency(): number {
    return 1 + this.#random.below(4);
  }

  /** Whether this is the call at which it dies. */
  #isDoomed(name: string): Doom['when'] | undefined {
    if (this.#doom?.call !== name) return undefined;
    const { nth, when } = this.#doom;
    this.#doom = { ...this.#doom, nth: nth - 1 };
    return nth === 1 ? when : undefined;
  }

  /** A request and its answer. `late` says how long it takes on the way there, ms. */
  async #call<Value>(name: string, late: number, carryOut: () => Promise<Value>): Promise<Value> {
    const { time } = this.#given;
    const doomed = this.#isDoomed(name);
    if (doomed === 'asked') this.crash();
    if (this.crashed) return never;
    await time.later(late);
    const result = await carryOut().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (doomed === 'applied') this.crash();
    await time.later(this.#latency());
    await new Promise<void>((resolve) => {
      this.#enter(resolve);
    });
    if ('error' in result) throw result.error;
    return result.value;
  }

  /** The client notices that no answer comes. */
  #noAnswer<Value>(what: string): Promise<Value> {
    return this.#call(what, 50, () => Promise.reject(new RetryableError(`no answer: ${what}`)));
  }

  async #publish(carryOut: () => Promise<void>): Promise<void> {
    const { time } = this.#given;
    const refused = this.#strikes('publishRefused');
    const lost = this.#strikes('publishLost');
    const twice = this.#strikes('publishTwice');
    const ackLost = this.#strikes('publishAckLost');
    const delayMs = this.#strikes('publishDelayed') ? 20 + this.#random.below(3_000) : 0;
    if (this.crashed) return never;
    if (refused) {
      return this.#call('append', 1, () =>
        Promise.reject(new RetryableError('not stored', { effect: 'none' })),
      );
    }
    if (lost) return this.#noAnswer('append');
    this.#lastArrival = Math.max(this.#lastArrival, time.now() + this.#latency());
    const late = this.#lastArrival - time.now() + delayMs;
    if (twice) void time.later(late + 20 + this.#random.below(8_000)).then(carryOut);
    await this.#call('append', late, carryOut);
    if (ackLost) return this.#noAnswer('append');
  }

  async #ask<Value>(name: string, carryOut: () => Promise<Value>): Promise<Value> {
    const lost = this.#strikes('storeLost');
    const ackLost = this.#strikes('storeAckLost');
    const late = this.#strikes('storeDelayed') ? this.#random.below(4_000) : this.#latency();
    if (lost) return this.#noAnswer(name);
    const value = await this.#call(name, late, carryOut);
    return ackLost ? this.#noAnswer(name) : value;
  }

  #backend(): Backend {
    const { servers } = this.#given;
    const log = (to: Log): Log => ({
      append: (entry) => this.#publish(() => to.append(entry)),
      read: (...args) => this.#ask('read', () => to.read(...args)),
      readBack: (...args) => this.#ask('readBack', () => to.readBack(...args)),
      readAll: (...args) => this.#ask('readAll', () => to.readAll(...args)),
      bounds: () => this.#ask('bounds', () => to.bounds()),
      watch: (listener) => to.watch(listener),
    });
    return {
      mailbox: {
        append: (entry) => this.#publish(() => servers.mailbox.append(entry)),
        at: (...args) => this.#ask('at', () => servers.mailbox.at(...args)),
        bounds: () => this.#ask('bounds', () => servers.mailbox.bounds()),
        last: (...args) => this.#ask('last', () => servers.mailbox.last(...args)),
        read: (...args) => this.#read(...args),
      },
      store: new Proxy(servers.store, {
        get: (store, name: keyof Store) =>
          name === 'delivers'
            ? store.delivers
            : (...args: unknown[]) =>
                this.#ask(name, () => (store[name] as (...given: unknown[]) => Promise<unknown>)(...args)),
      }),
      journal: log(servers.journal),
      deadLetters: log(servers.deadLetters),
      replies: this.#replies(),
      health: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
  }

  #replies(): Replies {
    const { servers, time } = this.#given;
    return {
      address: this.name,
      send: (to, number, body) => {
        if (this.#strikes('replyLost')) return;
        for (let copies = this.#strikes('replyTwice') ? 2 : 1; copies > 0; copies--)
          time.after(this.#latency(), () => servers.replies.get(to)?.(number, body));
      },
      listen: (listener) => {
        const enter = (number: number, body: string): void => this.#enter(() => listener(number, body));
        servers.replies.set(this.name, enter);
      },
    };
  }

  /** What the server hands over arrives in order, after some time, as long as the connection holds. */
  async #read(...[partition, from, inbox]: Parameters<Mailbox['read']>): Promise<Reader> {
    const { servers, time } = this.#given;
    let open = true;
    let lastArrival = 0;
    let reader: Reader | undefined;
    const close = (): void => {
      open = false;
      this.#readers.delete(lost);
      reader?.close();
    };
    const lost = (cause: Error): void => {
      if (!open) return;
      close();
      time.after(this.#latency(), () => this.#enter(() => inbox.lost(cause)));
    };
    this.#readers.add(lost);
    const remote: Inbox = {
      take: (messages) => {
        lastArrival = Math.max(lastArrival, time.now() + this.#latency());
        time.after(lastArrival - time.now(), () =>
          this.#enter(() => {
            if (open) inbox.take(messages);
          }),
        );
      },
      lost,
      backlog: () => inbox.backlog(),
    };
    try {
      reader = await this.#ask('reader', () => servers.mailbox.read(partition, from, remote));
    } catch (error) {
      close();
      throw error;
    }
    if (!this.#readers.has(lost)) reader.close();
    return { close };
  }
}
