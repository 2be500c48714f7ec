/**
 * One simulated life of a cluster: the real runtime on simulated time, servers, network and processes. All
 * that happens follows from the seed. First faults strike; then they end, and everything has to settle.
 */
import { createMemoryLog } from '../../persistence/memory/log.ts';
import { keyOf, partitionOf } from '../../runtime/address.ts';
import { defaultOptions, type RuntimeOptions } from '../../runtime/options.ts';
import { seededRandom, type SeededRandom } from '../support/random.ts';
import { epoch } from '../support/clock.ts';
import { Broker } from './broker.ts';
import { openWorkshop, Workshop } from './cell.ts';
import { ask, isAnswered, type Asked, type ClientGiven } from './client.ts';
import { Faults, type FaultKind } from './faults.ts';
import { Violation } from './books.ts';
import { Oracle } from './oracle.ts';
import { openOutside, Outside } from './outside.ts';
import { planOf, type Deed, type Plan } from './plan.ts';
import { Process, type Servers } from './process.ts';
import { checkAnswers, checkLogs, checkMessages, settledActors, unsettled } from './settled.ts';
import { FallibleStore } from './store.ts';
import { SimulatedTime } from './time.ts';
import type { Asking, Snapshot, Workload } from './workload.ts';
import { workloads, type WorkloadName } from './workloads.ts';

export interface SimulationGiven {
  readonly seed: number;
  /** Drawn if left out. */
  readonly workload?: WorkloadName;
  /** Only these may happen; all if left out. */
  readonly faults?: readonly FaultKind[];
  /** Steps of the plan that are left out, by index. */
  readonly skip?: ReadonlySet<number>;
  /** Hears of everything that happens. */
  readonly trace?: (line: string) => void;
}

export interface Outcome {
  readonly seed: number;
  readonly steps: number;
  /** Simulated. */
  readonly ms: number;
  readonly faults: Partial<Record<FaultKind, number>>;
  readonly plan: Plan;
  readonly violation?: { readonly invariant: string; readonly message: string; readonly step: number };
}

/** Less than half of `rereadMarginMs`, for all that a plan holds of it (R7). */
const brokerBackMs = 1_200;

/** Timers that run out in this time have to do so. */
const settleLeastMs = 10_000;

/** How long everything may take to settle once the faults have ended: the longest backoff, some times over. */
const settleLimitMs = 240_000;

const baseOptions: RuntimeOptions = {
  ...defaultOptions,
  leaseMs: 2_000,
  backlogMax: 200,
  trimMs: 300,
  resendMs: 300,
  passivateMs: 2_000,
  retryMs: 600,
  healthMs: 1e9,
  rereadMarginMs: 10_000,
};

export async function simulate(given: SimulationGiven): Promise<Outcome> {
  const world = new World(given);
  const violation = await world.run();
  const { time, faults, plan } = world;
  return {
    seed: given.seed,
    steps: time.steps,
    ms: time.now() - epoch,
    faults: faults.counts,
    plan,
    ...(violation === undefined
      ? {}
      : { violation: { invariant: violation.invariant, message: violation.message, step: time.steps } }),
  };
}

function escape(error: unknown): Violation {
  return new Violation('error', error instanceof Error ? (error.stack ?? error.message) : String(error));
}

/** Mostly the chart that was made for it; each run costs the same, and finds more with it. */
function drawnWorkload(random: SeededRandom): WorkloadName {
  const number = random.next();
  if (number < 0.7) return 'anything';
  return number < 0.85 ? 'shop' : 'registered';
}

export class World {
  readonly time = new SimulatedTime();
  readonly faults: Faults;
  readonly plan: Plan;
  readonly oracle: Oracle;
  readonly broker: Broker;
  readonly workload: Workload;
  readonly workshop: Workshop;
  readonly asked: Asked[] = [];
  readonly servers: Servers;
  readonly options: RuntimeOptions;
  readonly #given: SimulationGiven;
  readonly #random: SeededRandom;
  readonly #store: FallibleStore;
  readonly #outside: Outside;
  readonly #processes: Process[] = [];
  #brokerBehindMs = 0;
  /** How far ahead the store's clock is, ms. */
  #storeAheadMs = 0;
  #started = 0;

  constructor(given: SimulationGiven) {
    const { seed } = given;
    this.#given = given;
    const random = seededRandom(seed);
    this.#random = seededRandom(seed, 'world');
    const drawn = drawnWorkload(random);
    this.workload = workloads[given.workload ?? drawn];
    this.faults = new Faults(random, given.faults);
    this.plan = planOf(random, this.workload, this.faults);
    const { partitions, batchMax } = this.plan;
    this.options = { ...baseOptions, partitions, batchMax };
    const windowMs = random.pick([1_000, 120_000]);
    const mailboxNow = (): number => this.mailboxNow();
    this.broker = new Broker({ now: mailboxNow, after: this.time.after.bind(this.time) }, windowMs);
    const storeNow = (): number => this.time.now() + this.#storeAheadMs;
    this.oracle = new Oracle(this.workload, this.broker);
    const storeClock = { now: storeNow, after: this.time.after.bind(this.time) };
    this.#store = new FallibleStore(storeClock, this.oracle);
    this.servers = {
      mailbox: this.broker,
      store: this.#store.port,
      journal: createMemoryLog(this.time, windowMs),
      deadLetters: createMemoryLog(this.time, windowMs),
      replies: new Map(),
    };
    this.workshop = new Workshop(this.time, seededRandom(seed * 7 + 3), this.faults);
    this.#outside = this.#openOutside(seed);
  }

  async run(): Promise<Violation | undefined> {
    openWorkshop(this.workshop);
    openOutside(this.#outside);
    // What nobody catches would end a real process.
    const escaped = (error: unknown): void => void (this.oracle.violation ??= escape(error));
    process.on('unhandledRejection', escaped).on('uncaughtException', escaped);
    for (let left = this.plan.processes; left > 0; left--) this.#start();
    for (const { index, at, deed } of this.plan.steps) {
      if (this.#given.skip?.has(index) === true) continue;
      this.time.after(at, () => this.#do(deed));
    }
    try {
      await this.#until(() => this.time.now() >= epoch + this.plan.healAt, this.plan.healAt + 1);
      this.#heal();
      await this.#until(() => this.time.now() >= epoch + this.plan.healAt + settleLeastMs, settleLeastMs + 1);
      await this.#until(() => unsettled(this) === undefined, settleLimitMs);
      await this.#checkAll();
    } catch (error) {
      return error instanceof Violation ? error : escape(error);
    } finally {
      for (const running of this.#processes) running.end();
      process.off('unhandledRejection', escaped).off('uncaughtException', escaped);
    }
    return undefined;
  }

  /** By the broker's clock, which goes back when it loses its tail: by it timers are due (R9). */
  mailboxNow(): number {
    return this.time.now() - this.#brokerBehindMs;
  }

  trace(line: string): void {
    this.#given.trace?.(`${String(this.time.steps).padStart(6)} ${this.time.now() - epoch} ms  ${line}`);
  }

  partition(key: string): number {
    return partitionOf(key, this.options.partitions);
  }

  /** Step by step, each held against the invariants; the condition is asked for every 100 ms. */
  async #until(condition: () => boolean, limitMs: number): Promise<void> {
    const limit = this.time.now() + limitMs;
    for (let next = this.time.now(); ; next += 100) {
      while (await this.time.step(next)) {
        if (this.oracle.violation !== undefined) throw this.oracle.violation;
      }
      await this.time.runUntil(next);
      this.#watch(next);
      if (condition()) return;
      if (next > limit) throw new Violation('liveness', `not settled: ${unsettled(this) ?? 'time ran out'}`);
    }
  }

  /** Every second, unless parts of the store have fallen back to different times and have yet to catch up. */
  #watch(at: number): void {
    const { always } = this.workload;
    if (always !== undefined && at % 1_000 < 100 && this.oracle.isCaughtUp()) always(this.#snapshots());
  }

  async #checkAll(): Promise<void> {
    checkMessages(this);
    const actors = await settledActors(this);
    checkLogs(this, actors);
    checkAnswers(this);
    this.workload.check(actors);
  }

  #start(): void {
    const process = new Process({
      name: `p${++this.#started}`,
      number: this.#started,
      seed: this.#given.seed,
      time: this.time,
      servers: this.servers,
      faults: this.faults,
      registry: this.workload.registry,
      options: this.options,
      trace: (line) => this.trace(line),
    });
    this.#processes.push(process);
    process.start();
  }

  #running(): Process[] {
    return this.#processes.filter(({ crashed }) => !crashed);
  }

  #do(deed: Deed): void {
    if (deed.what === 'ask') {
      this.#ask(deed);
      return;
    }
    this.trace(JSON.stringify(deed));
    if ('process' in deed) {
      const running = this.#running();
      const process = running[deed.process % running.length];
      if (process !== undefined) this.#toProcess(process, deed);
    } else {
      this.#toServers(deed);
    }
  }

  #ask({ client, asking: given, copies, keyed }: Extract<Deed, { what: 'ask' }>): void {
    const asking = 'draw' in given ? this.#drawn(given.draw) : given;
    if (asking === undefined) return;
    const principal = this.workload.principals[client];
    if (principal === undefined) throw new Error(`no client ${client}`);
    // The same keys for each client and actor: they must not be mixed up.
    const before = this.asked.filter(
      (one) => one.principal === principal && one.asking.key === asking.key,
    ).length;
    const asked: Asked = { asking, principal, idempotencyKey: keyed ? `k${before}` : undefined, replies: [] };
    this.asked.push(asked);
    void ask(this.#asker(), asked, copies);
  }

  #asker(): ClientGiven {
    return {
      time: this.time,
      random: this.#random,
      trace: (line) => this.trace(line),
      anyProcess: () => {
        const running = this.#running();
        return running.length === 0 ? undefined : this.#random.pick(running);
      },
    };
  }

  #openOutside(seed: number): Outside {
    return new Outside({
      ...{ time: this.time, random: seededRandom(seed, 'outside'), faults: this.faults },
      tell: async (principal, to, event) => {
        const asking = { key: keyOf(to), event };
        const asked: Asked = { asking, principal, idempotencyKey: undefined, replies: [] };
        this.asked.push(asked);
        await ask(this.#asker(), asked, 1);
        return asked.replies[0];
      },
    });
  }

  #drawn(draw: number): Asking | undefined {
    if (this.workload.drawn === undefined) throw new Error('this workload draws nothing');
    return this.workload.drawn(draw, this.#snapshots());
  }

  /** All actors as they are in the store. */
  #snapshots(): Map<string, Snapshot> {
    const histories = [...this.oracle.partitions.values()].flatMap(({ actors }) => [...actors]);
    const snapshots = histories.flatMap(([key, { accepted }]) => {
      const text = accepted.at(-1)?.text;
      return text === undefined ? [] : [[key, JSON.parse(text) as Snapshot] as const];
    });
    return new Map(snapshots);
  }

  #toProcess(process: Process, deed: Extract<Deed, { process: number }>): void {
    // A process that is to be killed at a call counts when the call has come.
    if (deed.what !== 'crash') this.faults.count(deed.what);
    switch (deed.what) {
      case 'crash':
        if (deed.doom === undefined) process.crash();
        else process.doom(deed.doom);
        this.time.after(200 + this.#random.below(3_000), () => this.#start());
        return;
      case 'pause':
        process.pause(deed.ms);
        return;
      case 'cut':
        process.cut();
        return;
      case 'clockJump':
        process.aheadMs += deed.ms;
    }
  }

  #toServers(deed: Exclude<Deed, { what: 'ask' } | { process: number }>): void {
    switch (deed.what) {
      case 'storeClockJump':
        this.#storeAheadMs += deed.ms;
        break;
      case 'twoOwners':
        void this.#store.forgetLeases();
        break;
      case 'tailLost':
      case 'tailLostBack':
        this.#loseTail(deed);
        return;
      case 'fallBack':
      case 'fallBackByShard':
        this.#fallBack(deed);
    }
    this.faults.count(deed.what);
  }

  #fallBack({ what, backMs, salt }: Extract<Deed, { backMs: number }>): void {
    const now = this.time.now() + this.#storeAheadMs;
    // What the mailbox has lost, only the store still has: it must not lose that too (I7).
    const safe = this.#store.lastCommits((partition, position) => !this.broker.has(partition, position));
    void this.#store.fallBack(({ partition, commits, at }) => {
      const back = what === 'fallBack' ? backMs : ((partition + 1) * (salt + 1) * 7_919) % (backMs + 1);
      return commits <= (safe.get(partition) ?? 0) || at <= now - back;
    });
  }

  /** Not while the store has yet to read again what it lost: only one of the two may lose a message (I7). */
  #loseTail({ what, messages }: Extract<Deed, { messages: number }>): void {
    if (!this.oracle.isCaughtUp()) return;
    this.faults.count(what);
    if (what === 'tailLostBack') this.#brokerBehindMs += brokerBackMs;
    this.oracle.reordered = true;
    this.broker.loseTail(messages);
  }

  #heal(): void {
    this.trace('the faults end');
    this.faults.stop();
    this.#outside.carrier.setMode('up');
    for (const process of this.#running()) process.resume();
    if (this.#running().length === 0) this.#start();
  }

  isIdle(): boolean {
    return this.asked.every((asked) => asked.idempotencyKey === undefined || isAnswered(asked));
  }
}
