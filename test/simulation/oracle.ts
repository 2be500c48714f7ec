/**
 * Watches every write of the store, and holds it against the runtime's invariants, with books of its own.
 */
import type { StateValue } from 'xstate';
import { addressOf } from '../../runtime/address.ts';
import type { JournalEntry } from '../../runtime/core/entry.ts';
import type { Commit, DueTimer, Lease } from '../../runtime/ports.ts';
import { kindOf, type Registry } from '../../runtime/core/registry.ts';
import {
  actorIn,
  emptyBooks,
  inOrder,
  isPending,
  take,
  Violation,
  type Books,
  type History,
} from './books.ts';
import type { Broker } from './broker.ts';
import type { Observer, Written } from './store.ts';
import type { Workload } from './workload.ts';

type Tokens = Readonly<Record<string, { readonly token: string }>>;

interface Snapshot {
  readonly value: StateValue;
  readonly context: unknown;
}

/** A message that its sender has dropped: its receiver must have it. */
interface Arrival {
  readonly sender: number;
  readonly receiver: number;
  readonly number: number;
  readonly id: string;
}

export class Oracle implements Observer {
  /**
   * While a store that fell back is made again, write by write: a receiver may have counted a message anew after
   * its sender had dropped it, so they are looked at in the end.
   */
  #arrivals: Arrival[] | undefined;
  readonly partitions = new Map<number, Books>();
  /** The first one. It is not thrown at the store's caller: a node would take it for a fault. */
  violation: Violation | undefined;
  /** Set once the mailbox has lost something: what is done again may then come in another order. */
  reordered = false;
  readonly #registry: Registry;
  readonly #isBuggy: boolean;
  readonly #broker: Broker;
  /** What each version of each actor was when it was first written, whatever the store lost since. */
  readonly #texts = new Map<string, { cause: string; text: string }>();

  /** All that actors ever took, whatever the store lost since. */
  readonly #everTaken = new Set<string>();
  /** All timers that ever were, by token. */
  readonly timers = new Map<string, DueTimer>();

  constructor({ registry, isBuggy = false }: Pick<Workload, 'registry' | 'isBuggy'>, broker: Broker) {
    this.#registry = registry;
    this.#isBuggy = isBuggy;
    this.#broker = broker;
  }

  leased({ partition, token }: Lease, deadline: number): void {
    this.#books(partition).lease = { token, deadline };
  }

  released({ partition, token }: Lease): void {
    const books = this.#books(partition);
    if (books.lease?.token === token) books.lease = undefined;
  }

  fellBack(): void {
    this.partitions.clear();
    this.#arrivals = [];
  }

  rebuilt(): void {
    const arrivals = this.#arrivals ?? [];
    this.#arrivals = undefined;
    for (const arrival of arrivals) this.#judge(() => this.#arrived(arrival));
  }

  committed(written: Written): void {
    this.#judge(() => this.#check(written));
  }

  #judge(check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.violation ??= error;
    }
  }

  #check({ lease, commits, commit, at }: Written): void {
    const books = this.#books(lease.partition);
    this.#oneWriter(books, { lease, commits, at });
    books.commits += 1;
    for (const number of commit.dropPublications) books.publishing.delete(number);
    if (commit.publications.length > 0) books.publishing.add(books.commits);
    this.#position(books, commit);
    for (const { log, id, body } of commit.publications) {
      if (log === 'journal') this.#entry(books, JSON.parse(body) as JournalEntry);
      else this.#deadLetter(books, id, body);
    }
    for (const { key, body } of commit.records) this.#record(books, key, body);
    for (const [key, history] of books.actors) this.#asBefore(key, history);
    this.#work(books, commit);
    for (const { key, body } of commit.records) this.#allPending(books, key, body);
    this.#channels(books, lease.partition, commit);
  }

  /** Whether the store has again all that it ever had. */
  isCaughtUp(): boolean {
    const histories = [...this.partitions.values()].flatMap(({ actors }) => [...actors.values()]);
    return histories.reduce((sum, { taken }) => sum + taken.size, 0) === this.#everTaken.size;
  }

  actor(partition: number, key: string): History | undefined {
    return this.partitions.get(partition)?.actors.get(key);
  }

  /** R2: only the session that holds the lease, in its time, and on the state that it knows. */
  #oneWriter(books: Books, { lease: { partition, token }, commits, at }: Omit<Written, 'commit'>): void {
    const { lease } = books;
    const by = `partition ${partition}, commit ${commits} by ${token}`;
    if (lease?.token !== token)
      throw new Violation('R2', `${by}: the lease is ${lease?.token ?? 'nobody'}'s`);
    if (lease.deadline <= at) throw new Violation('R2', `${by}: the lease has ended`);
    if (books.commits !== commits) throw new Violation('R2', `${by}: the store has ${books.commits} commits`);
  }

  /** I1: in the order of the mailbox. */
  #position(books: Books, { position }: Commit): void {
    if (position === undefined) return;
    if (position.sequence <= (books.position?.sequence ?? 0) && !this.reordered)
      throw new Violation('I1', `position ${position.sequence} after ${books.position?.sequence}`);
    books.position = position;
  }

  #entry(books: Books, entry: JournalEntry): void {
    const { cause, version, outcome } = entry;
    const key = `${entry.kind}/${entry.actor}`;
    const history = actorIn(books, key);
    take(history, key, cause);
    this.#everTaken.add(`${key} ${cause}`);
    history.journaled.add(cause);
    this.#source(books, history, entry);
    const expected = history.accepted.length + (outcome === 'accepted' ? 1 : 0);
    if (version !== expected)
      throw new Violation('I2', `${key}: ${outcome} ${cause} at version ${version}, not ${expected}`);
    if (outcome === 'accepted') accept(history, key, entry);
    else history.refused.set(cause, entry.reason ?? '');
  }

  /** I4, I6: what it comes from was sent in this order, and is still waited for. */
  #source(books: Books, history: History, { kind, actor, cause, source, at }: JournalEntry): void {
    const key = `${kind}/${actor}`;
    if (source.from === 'actor') {
      history.fromActors.add(cause);
      inOrder(history, { key, sender: source.actor, id: cause });
    }
    if (source.from === 'timer') this.#timer(books, { key, cause, at });
    if (source.from === 'activity' && !isPending(books, cause))
      throw new Violation('I6', `${key} takes the result ${cause}, which it does not wait for`);
  }

  #timer(books: Books, { key, cause, at }: { key: string; cause: string; at: number }): void {
    const timer = this.timers.get(cause);
    if (timer === undefined || !isPending(books, cause))
      throw new Violation('I6', `${key} takes the timer ${cause}, which it has not set`);
    if (at < timer.at) throw new Violation('I6', `${key} takes the timer ${cause} ${timer.at - at} ms early`);
  }

  #deadLetter(books: Books, id: string, body: string): void {
    if (!this.#isBuggy) throw new Violation('R11', `a dead letter: ${body}`);
    const { to, message } = JSON.parse(body) as { to: { kind: string; id: string }; message: string };
    const { from, id: cause = id } = JSON.parse(message) as { from: string; id?: string };
    // What did not come from a channel may be parked once by each owner.
    if (from !== 'actor') return;
    const key = `${to.kind}/${to.id}`;
    const history = actorIn(books, key);
    take(history, key, cause);
    this.#everTaken.add(`${key} ${cause}`);
    history.fromActors.add(cause);
  }

  /** I3: the record is what the journal says. */
  #record(books: Books, key: string, body: string): void {
    const { accepted } = actorIn(books, key);
    const { version, snapshot } = JSON.parse(body) as { version: number; snapshot: Snapshot };
    if (version !== accepted.length || JSON.stringify(snapshot) !== accepted.at(-1)?.text)
      throw new Violation('I3', `${key}: the record of version ${version} is not what its journal says`);
    this.#ownInvariants(key, snapshot);
  }

  /** I8: each version is the same as when it was written for the first time. */
  #asBefore(key: string, { accepted }: History): void {
    for (let version = accepted.length; version > 0; version--) {
      const now = accepted[version - 1];
      const first = this.#texts.get(`${key}@${version}`);
      if (now === undefined || first === now) return;
      this.#texts.set(`${key}@${version}`, now);
      if (first === undefined || this.reordered) continue;
      if (first.cause !== now.cause || first.text !== now.text)
        throw new Violation('I8', `${key}@${version} is not what it was: ${first.text} → ${now.text}`);
    }
  }

  #ownInvariants(key: string, { context, value }: Snapshot): void {
    const { invariants = {}, context: schema } = kindOf(this.#registry, addressOf(key).kind).definition;
    const misfit = schema?.safeParse(context).error;
    if (misfit !== undefined) throw new Violation('I9', `${key}: ${misfit.message}`);
    for (const [name, holds] of Object.entries(invariants)) {
      if (!holds(context, value)) throw new Violation(name, `${key}: ${JSON.stringify(context)}`);
    }
  }

  #work(books: Books, { addTimers, dropTimers, addActivities, dropActivities }: Commit): void {
    for (const token of [...dropTimers, ...dropActivities]) {
      books.pending.delete(token);
      books.seen.add(token);
    }
    for (const timer of addTimers) this.timers.set(timer.token, timer);
    for (const { token, key } of [...addTimers, ...addActivities]) {
      books.pending.set(token, key);
      books.seen.add(token);
    }
  }

  /** I6: what the record waits for is what the partition waits for. */
  #allPending({ pending }: Books, key: string, body: string): void {
    const { timers, activities } = JSON.parse(body) as Record<'timers' | 'activities', Tokens>;
    const own = [...Object.values(timers), ...Object.values(activities)].map(({ token }) => token);
    const indexed = [...pending].flatMap(([token, of]) => (of === key ? [token] : []));
    if (own.sort().join() !== indexed.sort().join())
      throw new Violation(
        'I6',
        `${key} waits for ${own.join() || 'nothing'}, its partition for ${indexed.join()}`,
      );
  }

  /** I4: what was sent is in the outbox, held back, or to be read in the mailbox, until it has been counted. */
  #channels(books: Books, partition: number, commit: Commit): void {
    for (const { channel, number, to, id } of commit.addOutbox) {
      books.outbox.set(`${channel}:${number}`, id);
      const key = `${to.kind}/${to.id}`;
      books.sentTo.set(key, (books.sentTo.get(key) ?? new Set()).add(id));
    }
    for (const { channel, number } of commit.addHeld) books.held.add(`${channel}:${number}`);
    for (const { channel, number } of commit.dropHeld) books.held.delete(`${channel}:${number}`);
    for (const [channel, number] of entries(commit.received)) books.received.set(channel, number);
    for (const [name, id] of books.outbox) {
      const [channel, number] = name.split(':').map(Number) as [number, number];
      if (number > (commit.dropOutbox[channel] ?? 0)) continue;
      books.outbox.delete(name);
      const arrival = { sender: partition, receiver: channel, number, id };
      if (this.#arrivals === undefined) this.#arrived(arrival);
      else this.#arrivals.push(arrival);
    }
  }

  #arrived({ sender, receiver, number, id }: Arrival): void {
    const books = this.#books(receiver);
    if ((books.received.get(sender) ?? 0) >= number || books.held.has(`${sender}:${number}`)) return;
    // A position that the mailbox has lost is not where it will read on.
    const { position } = books;
    const readUpTo = position !== undefined && this.#broker.has(receiver, position) ? position.sequence : 0;
    if (this.#broker.holds(receiver, readUpTo, id)) return;
    throw new Violation('I4', `${id} is dropped by its sender, and its receiver does not have it`);
  }

  #books(partition: number): Books {
    let books = this.partitions.get(partition);
    if (books === undefined) {
      books = emptyBooks();
      this.partitions.set(partition, books);
    }
    return books;
  }
}

function entries(of: Readonly<Record<number, number>>): [number, number][] {
  return Object.entries(of).map(([channel, number]) => [Number(channel), number]);
}

/** I3: it goes on from the state that was. */
function accept({ accepted }: History, key: string, { version, cause, from, after }: JournalEntry): void {
  const last = JSON.parse(accepted.at(-1)?.text ?? '{}') as { value?: unknown };
  if (JSON.stringify(from) !== JSON.stringify(last.value ?? null))
    throw new Violation('I3', `${key}@${version} comes from ${JSON.stringify(from)}`);
  accepted.push({ cause, text: JSON.stringify(after) });
}
