/** What the store's contract tests share: opening a store, owning a partition, filling in an empty commit. */
import { partitionOf } from '../../runtime/address.ts';
import type { ChannelEntry, Commit, Lease, Store } from '../../runtime/ports.ts';

export interface OpenStore {
  readonly store: Store;
  /** Makes the store's clock move by at least that much. */
  advance: (ms: number) => Promise<void>;
  close: () => Promise<void>;
}

export interface StoreOptions {
  readonly partitions: number;
}

/** The one that the present test has. */
export type Current = () => OpenStore;

/** Gives a fresh, empty store. */
export type OpenStoreFunction = (options: StoreOptions) => Promise<OpenStore>;

export const partitions = 4;

/** Longer than any test takes. */
export const longMs = 600_000;
export const shortMs = 50;

/** A mailbox time to count from. */
export const epoch = 1_790_000_000_000;

export const nothing: Commit = {
  highWater: 0,
  records: [],
  addTimers: [],
  dropTimers: [],
  addActivities: [],
  dropActivities: [],
  sent: {},
  received: {},
  addOutbox: [],
  dropOutbox: {},
  addHeld: [],
  dropHeld: [],
  answers: [],
  publications: [],
  dropPublications: [],
};

export interface Owner {
  readonly lease: Lease;
  /** The commit number before the next commit. */
  commits: number;
  /** Commits what is given and nothing else. */
  commit(change: Partial<Commit>): Promise<void>;
}

let tokens = 0;

export function newLease(partition: number): Lease {
  return { partition, token: `token-${++tokens}-${Math.random().toString(36).slice(2)}` };
}

export async function own(store: Store, partition: number, leaseMs = longMs): Promise<Owner> {
  const lease = newLease(partition);
  const answer = await store.acquire(lease, leaseMs);
  if (!answer.acquired) throw new Error(`partition ${partition} is held for ${answer.remainingMs} ms`);
  const state = await store.load(lease);
  let { highWater } = state;
  const owner: Owner = {
    lease,
    commits: state.commits,
    async commit(change) {
      highWater = change.highWater ?? highWater;
      await store.commit(lease, owner.commits, { ...nothing, ...change, highWater });
      owner.commits++;
    },
  };
  return owner;
}

export function ownAll(store: Store): Promise<Owner[]> {
  return Promise.all(Array.from({ length: partitions }, (_, partition) => own(store, partition)));
}

type Outgoing = Commit['addOutbox'][number];

/** A message on its way to a partition. */
export function outgoing(channel: number, number: number, body: string): Outgoing {
  return { channel, number, body, to: { kind: 'order', id: String(channel) }, id: `${channel}:${number}` };
}

/** What `load` gives of it. */
export const staged = ({ channel, number, body }: Outgoing): ChannelEntry => ({ channel, number, body });

type RecordChange = Commit['records'][number];

export function record(key: string, change: Partial<RecordChange> = {}): RecordChange {
  return { key, body: `{"key":"${key}"}`, createdAt: epoch, addTerms: [], dropTerms: [], ...change };
}

/** Writes each record into the partition it belongs to. */
export async function commitRecords(
  owners: readonly Owner[],
  records: readonly RecordChange[],
): Promise<void> {
  for (const owner of owners) {
    const own = records.filter(({ key }) => partitionOf(key, partitions) === owner.lease.partition);
    if (own.length > 0) await owner.commit({ records: own });
  }
}

/** A made id, as the edge makes them: when, in base 36, a dash, something random; maybe behind a scope. */
export function madeId(time: number, name: string): string {
  return `anna|order/1|${time.toString(36)}-${name}`;
}

export const entry = (channel: number, number: number): Commit['addOutbox'][number] =>
  outgoing(channel, number, `{"to":"${channel}é","number":${number}}`);
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);
