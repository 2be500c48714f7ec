/**
 * One ownership of one partition: load → turns → one atomic commit → dispatch, until the lease is lost, the
 * store is in doubt, or the node drains. Then everything in memory is dropped; the next session loads again
 * (R2, R12). All commits of a session go through one loop, so their numbers follow each other.
 */
import { apply, commitOf, emptyDraft, type Draft, type Housekeeping, type Memory } from '../core/draft.ts';
import { fold } from '../core/fold.ts';
import { decode, wanted } from '../core/incoming.ts';
import { memoryOf, unloaded } from '../core/memory.ts';
import { unfitFor, type Registry } from '../core/registry.ts';
import type { Counters } from '../counters.ts';
import { TerminalError } from '../errors.ts';
import type { MailboxClock } from '../mailbox-clock.ts';
import type { RuntimeOptions } from '../options.ts';
import type {
  Backend,
  Clock,
  Commit,
  Lease,
  Logger,
  PartitionState,
  Random,
  Reader,
  Stored,
} from '../ports.ts';
import type { NodeStatus } from '../status.ts';
import { createActivities, type Activities } from './activities.ts';
import type { Target } from './carry-out.ts';
import { fetchFrom } from './fetched.ts';
import { createOutbox, outboxEntry, type Outbox } from './outbox.ts';
import { findPosition } from './position.ts';
import { createPublications, type Publications } from './publications.ts';
import { Reindexing } from './reindexing.ts';
import { settle } from './settings.ts';
import { createSignal } from './signal.ts';
import { createThreshold, type Threshold } from './threshold.ts';
import { createTimers, type Timers } from './timers.ts';

export interface SessionContext {
  readonly registry: Registry;
  readonly backend: Backend;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly options: RuntimeOptions;
  readonly status: NodeStatus;
  readonly counters: Counters;
  readonly target: (name: string) => Target;
  readonly mailboxClock: MailboxClock;
}

export class Session {
  readonly #context: SessionContext;
  readonly #lease: Lease;
  readonly #signal = createSignal();
  readonly #outbox: Outbox;
  readonly #publications: Publications;
  readonly #timers: Timers;
  readonly #activities: Activities;
  #memory: Memory = memoryOf(unloaded);
  #reindexing: Reindexing;
  #inbox: Stored[] = [];
  #reader: Reader | undefined;
  /** Grows with every reader: a batch of an older one is dropped (R7). */
  #readers = 0;
  #lost: Error | undefined;
  #stopping = false;
  #hasBegun = false;
  #renewAt = 0;
  #forgotten = 0;
  /** Something may be dropped from the store, and no batch has come to do it along the way. */
  #tidy = false;
  readonly #threshold: Threshold;
  /** All that was before the threshold has been taken. */
  #isPast = false;
  /** The last report told of messages that waited. */
  #lagging = false;
  #cancelTick: (() => void) | undefined;

  constructor(context: SessionContext, lease: Lease) {
    const { backend, clock, random, logger, options, registry, target, counters } = context;
    const { partition } = lease;
    const { mailbox, store } = backend;
    this.#context = context;
    this.#lease = lease;
    this.#reindexing = new Reindexing(context, partition, unloaded);
    this.#threshold = createThreshold(clock.now());
    this.#outbox = createOutbox({ mailbox, clock, resendMs: options.resendMs });
    const logs = { journal: backend.journal, dead: backend.deadLetters };
    this.#publications = createPublications({ logs, clock, resendMs: options.resendMs });
    this.#timers = createTimers({ ...options, partition, store, mailbox, clock });
    const implementation = (kind: string, source: string) =>
      registry.get(kind)?.definition.activities[source];
    const shared = { ...options, partition, mailbox, clock, random, logger, target, called: counters.called };
    this.#activities = createActivities({ ...shared, implementation });
  }

  /** Resolves when stopped; rejects when the partition is lost or in doubt. */
  async run(): Promise<void> {
    const { backend, clock, options, registry } = this.#context;
    try {
      this.#renewAt = clock.now() + options.leaseMs / 3;
      const state = await backend.store.load(this.#lease);
      // A store that has nothing of it is new, or has lost all, and with that what nobody may change.
      if (state.commits === 0) await settle(backend.store, registry, options);
      const unfit = unfitFor(state, registry);
      if (unfit !== undefined) throw new TerminalError(unfit);
      this.#memory = memoryOf(state);
      this.#reindexing = new Reindexing(this.#context, this.#lease.partition, state);
      this.#context.mailboxClock.seen(this.#memory.highWater);
      await this.#open();
      this.#takeOver(state);
      this.#hasBegun = true;
      this.#report();
      this.#tick();
      while (!this.#stopping) {
        await this.#signal.wait();
        await this.#work();
      }
    } finally {
      this.#close();
    }
  }

  /** It has come as far as taking the partition over. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Ends the session after the commit that is under way. */
  stop(): void {
    this.#stopping = true;
    this.#signal.fire();
  }

  #close(): void {
    this.#stopping = true;
    this.#cancelTick?.();
    this.#reader?.close();
    this.#timers.stop();
    this.#activities.stopAll();
  }

  /** Position verified → reader. The messages of an earlier reader are forgotten. */
  async #open(): Promise<void> {
    const { backend, options, logger, mailboxClock } = this.#context;
    const { partition } = this.#lease;
    this.#reader?.close();
    this.#lost = undefined;
    this.#inbox = [];
    const generation = ++this.#readers;
    const found = await findPosition(backend.mailbox, { memory: this.#memory, partition, options });
    const fields = { partition, position: this.#memory.position, ...found };
    if (found.verdict === 'lost-tail') logger.error(fields, 'the mailbox has lost its tail: reading again');
    if (found.verdict === 'expired' && found.unread) logger.error(fields, 'messages may have expired unread');
    this.#reader = await backend.mailbox.read(partition, found.from, {
      take: (messages) => {
        if (generation !== this.#readers) return;
        for (const message of messages) this.#inbox.push(message);
        mailboxClock.seen(messages.at(-1)?.time ?? 0);
        this.#signal.fire();
      },
      lost: (cause) => {
        if (generation !== this.#readers) return;
        this.#lost = cause;
        this.#readers += 1;
        this.#signal.fire();
      },
      backlog: () => this.#inbox.length,
    });
    // Asked when it reads: of a tail that is lost later it is told.
    this.#threshold.reads(found.from, await backend.mailbox.last(partition));
  }

  #takeOver(state: PartitionState): void {
    this.#outbox.add(state.outbox.map(outboxEntry));
    for (const { commit, entries } of state.publications) this.#publications.add(commit, entries);
    this.#timers.start();
    this.#activities.start(state.activities, true);
    const { commits, position, outbox, activities } = state;
    const counts = { commits, outbox: outbox.length, activities: activities.length };
    const fields = { partition: this.#lease.partition, sequence: position?.sequence ?? 0, ...counts };
    this.#context.logger.info(fields, 'partition taken');
  }

  async #work(): Promise<void> {
    if (this.#lost !== undefined) await this.#reopen(this.#lost);
    if (this.#context.clock.now() >= this.#renewAt) await this.#renew();
    if (this.#inbox.length > 0) await this.#batch();
    else if (this.#tidy) await this.#commit(emptyDraft(this.#memory));
    this.#tidy = false;
    this.#beginActivities();
    if (this.#reindexing.isDue) await this.#reindexing.step((records) => this.#relist(records));
    this.#passivate();
    if (this.#inbox.length > 0) this.#signal.fire();
    // Callers are refused while it lags: they should not wait for the next renewal to be let in again.
    else if (this.#lagging) this.#report();
  }

  #beginActivities(): void {
    if (this.#isPast || this.#threshold.isAhead()) return;
    if (!this.#timers.haveFired(this.#threshold.dueBy())) return;
    this.#isPast = true;
    this.#activities.open();
  }

  async #reopen(cause: Error): Promise<void> {
    const { logger } = this.#context;
    logger.warn({ partition: this.#lease.partition, cause: cause.message }, 'reading was interrupted');
    await this.#open();
    this.#outbox.republish();
    logger.info({ partition: this.#lease.partition }, 'reading again');
  }

  /** Compares the commit number, so that an idle owner too sees a store that has fallen back (R8). */
  async #renew(): Promise<void> {
    const { backend, options, clock } = this.#context;
    const at = clock.now();
    await backend.store.renew(this.#lease, this.#memory.commits, options.leaseMs);
    this.#renewAt = at + options.leaseMs / 3;
    this.#report();
  }

  async #batch(): Promise<void> {
    const { backend, registry, options } = this.#context;
    const generation = this.#readers;
    const batch = this.#inbox.splice(0, options.batchMax).map(decode);
    const fetched = await fetchFrom(backend.store, this.#lease.partition, wanted(batch, this.#memory));
    if (generation !== this.#readers) return;
    const draft = fold(batch, { memory: this.#memory, fetched, options: { ...options, registry } });
    if (draft.taken < batch.length)
      this.#inbox.unshift(...batch.slice(draft.taken).map(({ stored }) => stored));
    await this.#commit(draft);
    if (draft.position !== undefined) this.#threshold.took(draft.position);
  }

  async #relist(records: Commit['records']): Promise<void> {
    await this.#commit(emptyDraft(this.#memory), records);
    // They carry the terms of before.
    for (const { key } of records) this.#memory.actors.delete(key);
  }

  async #commit(draft: Draft, relisted: Commit['records'] = []): Promise<void> {
    const { backend, registry, clock } = this.#context;
    const house = this.#housekeeping(draft.highWater);
    const folded = commitOf(draft, this.#memory, { registry, house });
    const commit = { ...folded, records: [...folded.records, ...relisted] };
    await backend.store.commit(this.#lease, this.#memory.commits, commit);
    apply(draft, this.#memory, { commit, now: clock.now() });
    this.#outbox.dropped(house.dropOutbox);
    this.#publications.dropped(house.dropPublications);
    this.#reindexing.committed(commit);
    if (house.forget !== undefined) this.#forgotten = draft.highWater;
    this.#dispatch(draft, commit);
  }

  #dispatch(
    draft: Draft,
    { addTimers, dropTimers, addActivities, dropActivities }: ReturnType<typeof commitOf>,
  ): void {
    const { backend, counters, logger } = this.#context;
    counters.committed(draft);
    for (const { to, number, body } of draft.replies) backend.replies.send(to, number, body);
    if (!backend.store.delivers) {
      this.#outbox.add(draft.outbox);
      this.#publications.add(this.#memory.commits, draft.publications);
    }
    this.#timers.drop(dropTimers);
    this.#timers.drop(draft.outlived);
    this.#timers.park(draft.parked);
    this.#timers.add(addTimers);
    this.#activities.stop(dropActivities);
    this.#activities.stop(draft.outlived);
    this.#activities.stop(draft.parked);
    this.#activities.start(addActivities, this.#threshold.isAhead());
    for (const { level, fields, message } of draft.notices)
      logger[level]({ partition: this.#lease.partition, ...fields }, message);
  }

  #housekeeping(highWater: number): Housekeeping {
    const { options } = this.#context;
    const house = {
      dropOutbox: this.#outbox.droppable(),
      dropPublications: this.#publications.droppable(),
      ...this.#reindexing.indexed,
    };
    if (highWater - this.#forgotten < 60_000) return house;
    const forget = { madeBefore: highWater - options.madeKeepMs, keptBefore: highWater - options.keptKeepMs };
    return { ...house, forget };
  }

  /** Between batches: trims, sends again, passivates. Wakes the loop only where something is to be done. */
  #tick(): void {
    const { clock, options } = this.#context;
    this.#cancelTick = clock.after(options.trimMs, () => {
      if (this.#stopping) return;
      this.#outbox.tick();
      this.#publications.tick();
      void this.#count();
      this.#tidy =
        Object.keys(this.#outbox.droppable()).length > 0 || this.#publications.droppable().length > 0;
      const isDue = this.#reindexing.tick() || !this.#isPast || clock.now() >= this.#renewAt;
      if (this.#tidy || isDue) this.#signal.fire();
      this.#tick();
    });
  }

  /** The receivers' counters are the acknowledgements of our channels (R4). */
  async #count(): Promise<void> {
    const channels = this.#outbox.channels();
    if (channels.length === 0) return;
    try {
      this.#outbox.counted(await this.#context.backend.store.received(this.#lease.partition, channels));
    } catch {
      // The next tick asks again.
    }
  }

  /** Only between batches: a batch counts on what it found in memory. */
  #passivate(): void {
    const { clock, options } = this.#context;
    const { actors } = this.#memory;
    const idleSince = clock.now() - options.passivateMs;
    for (const [key, { usedAt }] of actors) {
      if (usedAt >= idleSince && actors.size <= options.actorsMax) return;
      actors.delete(key);
    }
  }

  #report(): void {
    const { clock, status: node } = this.#context;
    const oldest = this.#inbox[0];
    this.#lagging = oldest !== undefined;
    const status = {
      owned: true,
      sequence: this.#memory.position?.sequence ?? 0,
      backlog: this.#inbox.length,
      lagMs: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest.time),
      outbox: this.#outbox.size(),
      timersDue: this.#timers.due(),
    };
    node.trigger.partitionChanged({ partition: this.#lease.partition, status });
  }
}
