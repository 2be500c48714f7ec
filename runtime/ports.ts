/**
 * What the runtime asks of the outside. Adapters in `persistence/` implement these; `test/contract/` holds
 * one suite per port that runs against every adapter.
 *
 * Errors: `RetryableError` for whatever may succeed later (server away, no answer in time: the outcome may
 * be unknown), `TerminalError` for what never will, `FencedError` where the caller no longer owns.
 */
import type { Address } from './address.ts';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `action` once after `ms`; the returned function cancels it. */
  after(ms: number, action: () => void): () => void;
}

export interface Random {
  /** 0 ≤ x < 1 */
  next(): number;
  /** An id that was never used before, of letters and digits. */
  id(): string;
}

/** R7: all three are compared with the stream before a position is believed. Time in ms, as the mailbox gives it. */
export interface Position {
  readonly sequence: number;
  readonly time: number;
  /** `identityOf` the message there. */
  readonly id: string;
}

/** A message as it stands in the mailbox. `body` is JSON text. */
export interface Stored extends Position {
  readonly body: string;
}

export interface Reader {
  close(): void;
}

export interface Inbox {
  /** In mailbox order, without gaps. */
  take(messages: readonly Stored[]): void;
  /** No more will come: the connection broke, or a gap was seen. The reader is closed; open another one. */
  lost(cause: Error): void;
  /** How many messages taken are not worked off yet; the reader stops asking for more beyond its limit. */
  backlog(): number;
}

/**
 * The ordered messages addressed to the actors of each partition. Sequences grow within a partition, with
 * gaps. A mailbox may lose its unsynced tail in a crash and then use sequences again (R7).
 */
export interface Mailbox {
  /**
   * Resolves when stored, in the order of the calls per partition. `id` is kept with the message for
   * `Position.id`; with `dedupe` a second append with the same id inside the broker's window is dropped
   * (R5: for messages between actors only). Rejects with `RetryableError`: then it may be stored or not.
   */
  append(entry: { to: Address; partition: number; id: string; dedupe: boolean; body: string }): Promise<void>;
  /** What stands at a sequence of this partition; undefined if nothing does. */
  at(partition: number, sequence: number): Promise<Position | undefined>;
  /** The first sequence that the mailbox still has, and the last one (0, 0 when nothing was ever stored). */
  bounds(): Promise<{ first: number; last: number }>;
  /** The last message that stands there for this partition; undefined if there is none. */
  last(partition: number): Promise<Position | undefined>;
  /** Hands over everything from here on (inclusive), old and new. Resolves when the reading has begun. */
  read(partition: number, from: { sequence: number } | { time: number }, inbox: Inbox): Promise<Reader>;
}

/** An actor's timer in the due index of its partition. `at` in ms. */
export interface DueTimer {
  readonly key: string;
  readonly timer: string;
  readonly at: number;
  readonly token: string;
}

/** A running activity, as the index of its partition has it. */
export interface PendingActivity {
  readonly key: string;
  readonly activity: string;
  readonly source: string;
  readonly token: string;
  /** JSON text. */
  readonly input: string;
  /** Mailbox time of the turn that asked for it, ms. */
  readonly startedAt: number;
}

/** A message in a channel: from one partition to another, number 1, 2, 3… `body` is the message's JSON text. */
export interface ChannelEntry {
  readonly channel: number;
  readonly number: number;
  readonly body: string;
}

/** Text that must reach the journal or the dead letters; kept in the store until acknowledged (R11). */
export interface Publication {
  readonly log: 'journal' | 'dead';
  readonly to: Address;
  readonly id: string;
  readonly body: string;
}

/** All of it or nothing (I3). */
export interface Commit {
  /** Where the partition has read up to; absent when only bookkeeping is committed. */
  readonly position?: Position;
  /** The latest mailbox time seen; never goes back. */
  readonly highWater: number;
  readonly records: readonly {
    key: string;
    body: string;
    createdAt: number;
    addTerms: string[];
    dropTerms: string[];
  }[];
  /** By kind, the chart version of these records, where the partition has had another one or none. */
  readonly charts?: Readonly<Record<string, number>>;
  /** From now on all records are found by the terms of this build: a hash. */
  readonly indexed?: string;
  readonly addTimers: readonly DueTimer[];
  /** Tokens. A token that is in both lists was replaced: drop first, then add. */
  readonly dropTimers: readonly string[];
  readonly addActivities: readonly PendingActivity[];
  readonly dropActivities: readonly string[];
  /** Last number given out, per receiving partition that changed. */
  readonly sent: Readonly<Record<number, number>>;
  /** Last number taken, per sending partition that changed. */
  readonly received: Readonly<Record<number, number>>;
  readonly addOutbox: readonly (ChannelEntry & { to: Address; id: string })[];
  /** Entries that the receiver has counted: all up to this number, per channel. */
  readonly dropOutbox: Readonly<Record<number, number>>;
  readonly addHeld: readonly (ChannelEntry & { id: string; time: number })[];
  readonly dropHeld: readonly { channel: number; number: number }[];
  readonly answers: readonly { id: string; kept: boolean; time: number; body: string }[];
  /** Answers whose mailbox time is below may be forgotten; an adapter does it in bounded steps. */
  readonly forget?: { madeBefore: number; keptBefore: number };
  /** Kept under this commit's number until `dropPublications` names it. */
  readonly publications: readonly Publication[];
  readonly dropPublications: readonly number[];
}

export interface Lease {
  readonly partition: number;
  /** Unique, never used again: it fences the commits (R2). */
  readonly token: string;
}

/** Everything of a partition but its actors and answers, read in one atomic step (R12). */
export interface PartitionState {
  readonly commits: number;
  readonly position?: Position;
  readonly highWater: number;
  /** By kind, as the commits have given them. */
  readonly charts: Readonly<Record<string, number>>;
  /** The last that a commit gave. */
  readonly indexed?: string;
  readonly sent: Readonly<Record<number, number>>;
  readonly received: Readonly<Record<number, number>>;
  /** By channel and number. */
  readonly outbox: readonly ChannelEntry[];
  readonly held: readonly (ChannelEntry & { id: string; time: number })[];
  readonly activities: readonly PendingActivity[];
  readonly publications: readonly { commit: number; entries: readonly Publication[] }[];
}

/** An id to look up among the kept answers. `made` ones carry the time they were made in. */
export interface AnswerId {
  readonly id: string;
  readonly kept: boolean;
}

/** The partitions' state. One writer a partition at a time; every write is fenced by lease and commit number. */
export interface Store {
  /**
   * True where a commit itself puts its outbox into the mailbox and its publications into their logs, in the
   * same atomic write: then nothing is left to publish, and `load` gives none.
   */
  readonly delivers: boolean;
  /** The stored value of a setting; the first caller's value is stored for good. */
  settle(name: string, value: string): Promise<string>;
  /** A node says that it lives for so long from now (0: that it goes); answers how many do, it included. */
  attend(node: string, ms: number): Promise<number>;
  /**
   * Takes the lease when nobody holds it or its deadline has passed on the store's clock; else answers how
   * long the present one still runs.
   */
  acquire(
    lease: Lease,
    leaseMs: number,
  ): Promise<{ acquired: true } | { acquired: false; remainingMs: number }>;
  /** Moves the deadline. `FencedError` unless token and commit number are the ones given and it has not passed (R8). */
  renew(lease: Lease, commits: number, leaseMs: number): Promise<void>;
  /** Gives the lease up; without effect if it is not ours. */
  release(lease: Lease): Promise<void>;
  /** `FencedError` if the lease is not ours, or its deadline has passed. */
  load(lease: Lease): Promise<PartitionState>;
  /** Records by key and answers by id, in the order asked; one round trip. */
  fetch(
    partition: number,
    keys: readonly string[],
    answers: readonly AnswerId[],
  ): Promise<{ records: (string | undefined)[]; answers: (string | undefined)[] }>;
  /**
   * Writes all or nothing and raises the commit number by one. `FencedError` unless the token and
   * `commits` (the number before) are the stored ones and the deadline has not passed on the store's clock
   * (R2). `RetryableError` means that it may have happened or not; it is never sent twice.
   */
  commit(lease: Lease, commits: number, commit: Commit): Promise<void>;
  /** Timers with a deadline up to `before`, earliest first. */
  due(partition: number, before: number, limit: number): Promise<DueTimer[]>;
  /** The numbers up to which these partitions have taken from `sender`; 0 for nothing yet. */
  received(sender: number, receivers: readonly number[]): Promise<Record<number, number>>;
  /** A committed record, whoever owns it. */
  record(partition: number, key: string): Promise<string | undefined>;
  /**
   * Actors of a kind that carry all `terms`, newest first, over all partitions; `after` is the last one of
   * the page before. Only keys and their creation times: the caller reads the records.
   */
  list(query: ListQuery): Promise<{ key: string; createdAt: number }[]>;
  /** Records by key, over all partitions, in the order asked. */
  records(keys: readonly string[]): Promise<(string | undefined)[]>;
  /**
   * Some records of a partition, and where to go on; without `next` that was all. What is there from the first
   * page to the last comes at least once, in no order. `limit` is only a guide.
   */
  browse(
    partition: number,
    from: string | undefined,
    limit: number,
  ): Promise<{ records: { key: string; body: string }[]; next?: string }>;
  /** How many actors of a kind carry a term. */
  count(kind: string, term: string): Promise<number>;
}

export interface ListQuery {
  readonly kind: string;
  /** As in `Commit.records[].addTerms`; none: all actors of the kind. */
  readonly terms: readonly string[];
  readonly after?: { key: string; createdAt: number };
  readonly limit: number;
}

export interface LogEntry {
  readonly sequence: number;
  /** ms */
  readonly time: number;
  readonly body: string;
}

/** An append-only record, by actor: the journal, the dead letters. */
export interface Log {
  /**
   * Resolves when stored. The same id again inside the broker's window is dropped; beyond it a reader may
   * see it twice and goes by the id. Rejects with `RetryableError`.
   */
  append(entry: { to: Address; id: string; body: string }): Promise<void>;
  /** One actor's entries after a sequence, oldest first. */
  read(of: Address, after: number, limit: number): Promise<LogEntry[]>;
  /** One actor's entries before a sequence, newest first; fewer than `limit` only where there are no more. */
  readBack(of: Address, before: number, limit: number): Promise<LogEntry[]>;
  /**
   * All actors' entries after a sequence, oldest first; fewer than `limit` only where there are no more yet, or
   * where they are large: with `maxChars` it ends once they have about so many characters together. Two come
   * always, so that whoever begins with the last one known gets on.
   */
  readAll(after: number, limit: number, maxChars?: number): Promise<LogEntry[]>;
  /** The first sequence that the log still has, and the last one (0, 0 when nothing was ever stored). */
  bounds(): Promise<{ first: number; last: number }>;
  /**
   * Calls when something may have been stored, by whichever process: about then, not exactly then, and maybe
   * for nothing. While a connection is broken it may be missed. Undone by what it returns.
   */
  watch(listener: () => void): () => void;
}

/** Answers on their way from the partition's owner to the node that waits. May lose; the same key asks again. */
export interface Replies {
  /** This node, as `reply.to` in a command. */
  readonly address: string;
  send(to: string, number: number, body: string): void;
  listen(listener: (number: number, body: string) => void): void;
}

export interface ServerHealth {
  readonly name: string;
  readonly up: boolean;
  /** Why it is not up, in plain words. */
  readonly why?: string;
  /** What the server promises about a crash, in plain words. */
  readonly durability: string;
  /** False where a crash of the machine can lose what was acknowledged. */
  readonly durable: boolean;
}

/** Everything that is stored or sent, in one place. */
export interface Backend {
  readonly mailbox: Mailbox;
  readonly store: Store;
  readonly journal: Log;
  readonly deadLetters: Log;
  readonly replies: Replies;
  /** Asks the servers; never rejects. */
  health(): Promise<ServerHealth[]>;
  close(): Promise<void>;
}

/** Structured log lines: pino's shape. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}
