/** What a memory server holds of one partition, and what a commit does to it. */
import type {
  AnswerId,
  ChannelEntry,
  Commit,
  DueTimer,
  PartitionState,
  PendingActivity,
  Position,
  Publication,
} from '../../runtime/ports.ts';

type HeldEntry = PartitionState['held'][number];

export interface Partition {
  lease?: { token: string; deadline: number };
  commits: number;
  position?: Position;
  highWater: number;
  readonly charts: Map<string, number>;
  indexed?: string;
  readonly sent: Map<number, number>;
  readonly received: Map<number, number>;
  readonly outbox: Map<string, ChannelEntry>;
  readonly held: Map<string, HeldEntry>;
  readonly timers: Map<string, DueTimer>;
  readonly activities: Map<string, PendingActivity>;
  readonly publications: Map<number, readonly Publication[]>;
  readonly answers: Map<string, { kept: boolean; time: number; body: string }>;
}

export function emptyPartition(): Partition {
  return {
    commits: 0,
    highWater: 0,
    charts: new Map(),
    sent: new Map(),
    received: new Map(),
    outbox: new Map(),
    held: new Map(),
    timers: new Map(),
    activities: new Map(),
    publications: new Map(),
    answers: new Map(),
  };
}

export function answerKey({ id, kept }: AnswerId): string {
  return `${kept ? 'kept' : 'made'} ${id}`;
}

/** Everything but the records; they belong to all partitions. */
export function apply(partition: Partition, commit: Commit): void {
  partition.commits += 1;
  partition.highWater = Math.max(partition.highWater, commit.highWater);
  if (commit.position !== undefined) partition.position = commit.position;
  for (const [kind, version] of Object.entries(commit.charts ?? {})) partition.charts.set(kind, version);
  if (commit.indexed !== undefined) partition.indexed = commit.indexed;
  applyWork(partition, commit);
  applyChannels(partition, commit);
  applyAnswers(partition, commit);
  for (const number of commit.dropPublications) partition.publications.delete(number);
  if (commit.publications.length > 0) partition.publications.set(partition.commits, commit.publications);
}

function applyWork({ timers, activities }: Partition, commit: Commit): void {
  for (const token of commit.dropTimers) timers.delete(token);
  for (const timer of commit.addTimers) timers.set(timer.token, timer);
  for (const token of commit.dropActivities) activities.delete(token);
  for (const activity of commit.addActivities) activities.set(activity.token, activity);
}

function applyChannels({ sent, received, outbox, held }: Partition, commit: Commit): void {
  for (const [channel, number] of Object.entries(commit.sent)) sent.set(Number(channel), number);
  for (const [channel, number] of Object.entries(commit.received)) received.set(Number(channel), number);
  for (const [key, entry] of outbox) {
    if (entry.number <= (commit.dropOutbox[entry.channel] ?? 0)) outbox.delete(key);
  }
  for (const { channel, number, body } of commit.addOutbox) {
    outbox.set(entryKey({ channel, number }), { channel, number, body });
  }
  for (const entry of commit.dropHeld) held.delete(entryKey(entry));
  for (const entry of commit.addHeld) held.set(entryKey(entry), entry);
}

function applyAnswers({ answers }: Partition, { answers: added, forget }: Commit): void {
  for (const { id, kept, time, body } of added) answers.set(answerKey({ id, kept }), { kept, time, body });
  if (forget === undefined) return;
  for (const [key, { kept, time }] of answers) {
    if (time < (kept ? forget.keptBefore : forget.madeBefore)) answers.delete(key);
  }
}

function entryKey({ channel, number }: { channel: number; number: number }): string {
  return `${channel} ${number}`;
}

/** A copy: later commits do not change it. */
export function stateOf(partition: Partition): PartitionState {
  const byNumber = (a: ChannelEntry, b: ChannelEntry): number => a.channel - b.channel || a.number - b.number;
  return {
    commits: partition.commits,
    ...(partition.position === undefined ? {} : { position: partition.position }),
    highWater: partition.highWater,
    charts: Object.fromEntries(partition.charts),
    ...(partition.indexed === undefined ? {} : { indexed: partition.indexed }),
    sent: Object.fromEntries(partition.sent),
    received: Object.fromEntries(partition.received),
    outbox: [...partition.outbox.values()].sort(byNumber),
    held: [...partition.held.values()].sort(byNumber),
    activities: [...partition.activities.values()],
    publications: [...partition.publications].map(([commit, entries]) => ({ commit, entries })),
  };
}
