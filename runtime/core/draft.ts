/**
 * What a batch of turns changes, before it is committed. Nothing in memory is touched until the commit has
 * succeeded: a batch may be dropped at any moment before.
 */
import type { Address } from '../address.ts';
import type { Message } from '../message.ts';
import type {
  ChannelEntry,
  Commit,
  DueTimer,
  PartitionState,
  PendingActivity,
  Position,
  Publication,
} from '../ports.ts';
import type { Answer, Head } from './answer.ts';
import type { Effects } from './effects.ts';
import { recordText, type ActorRecord } from './record.ts';
import type { Registry } from './registry.ts';
import type { Turn } from './turn.ts';

export type Held = PartitionState['held'][number];

/** What the owner of a partition knows of it between two commits. */
export interface Memory {
  commits: number;
  position: Position | undefined;
  highWater: number;
  /** By kind, the newest chart version that has written a record here (I9). */
  readonly charts: Map<string, number>;
  readonly sent: Map<number, number>;
  readonly received: Map<number, number>;
  /** Messages that came before their turn, by `channel:number` (R3). */
  readonly held: Map<string, Held>;
  /** Actors used of late, oldest use first. */
  readonly actors: Map<string, { record: ActorRecord; usedAt: number }>;
}

export interface OutboxEntry extends ChannelEntry {
  readonly to: Address;
  readonly id: string;
}

export interface ReplyDraft {
  readonly to: string;
  readonly number: number;
  readonly body: string;
}

export type Parked = Extract<Head, { outcome: 'dead' }>;

/** A message that a turn was run for, and what came of it. */
export type Ran = { readonly message: Message } & (
  { readonly result: Turn; readonly answer: Answer | undefined } | { readonly parked: Parked }
);

/** Something for the log, written after the commit. */
export interface Notice {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: object;
}

export interface Draft {
  position: Position | undefined;
  highWater: number;
  /** Actors that changed. */
  readonly actors: Map<string, ActorRecord>;
  /** Actors as they were read for this batch. */
  readonly loaded: Map<string, ActorRecord>;
  readonly sent: Map<number, number>;
  readonly received: Map<number, number>;
  readonly held: Map<string, Held | null>;
  /** By token; null: dropped. Tokens are never used again, so what comes and goes in one batch cancels out. */
  readonly timers: Map<string, DueTimer | null>;
  readonly activities: Map<string, PendingActivity | null>;
  readonly outbox: OutboxEntry[];
  /** By what keeps them apart: a made id may be answered once more as a kept one. */
  readonly answers: Map<string, Commit['answers'][number]>;
  readonly publications: Publication[];
  readonly replies: ReplyDraft[];
  readonly notices: Notice[];
  /** Tokens whose message need not be sent again, though the commit does not drop them. */
  readonly outlived: string[];
  /** Tokens whose message has become a dead letter: sent again it would be one more. The next owner tries again. */
  readonly parked: string[];
  readonly ran: Ran[];
  /** Not run: their id was answered, or their number in the channel taken. */
  readonly repeated: { commands: number; messages: number };
  /** Messages of the batch. */
  taken: number;
  /** In publications and outbox, characters. */
  written: number;
}

export function emptyDraft(memory: Memory): Draft {
  return {
    position: undefined,
    highWater: memory.highWater,
    actors: new Map(),
    loaded: new Map(),
    sent: new Map(),
    received: new Map(),
    held: new Map(),
    timers: new Map(),
    activities: new Map(),
    outbox: [],
    answers: new Map(),
    publications: [],
    replies: [],
    notices: [],
    outlived: [],
    parked: [],
    ran: [],
    repeated: { commands: 0, messages: 0 },
    taken: 0,
    written: 0,
  };
}

export function publish(draft: Draft, publication: Publication): void {
  draft.publications.push(publication);
  draft.written += publication.body.length;
}

export function post(draft: Draft, entry: OutboxEntry): void {
  draft.outbox.push(entry);
  draft.sent.set(entry.channel, entry.number);
  draft.written += entry.body.length;
}

export function addEffects(draft: Draft, effects: Effects): void {
  change(draft.timers, effects.dropTimers, effects.addTimers);
  change(draft.activities, effects.dropActivities, effects.addActivities);
}

function change<Item extends { token: string }>(
  items: Map<string, Item | null>,
  drop: readonly string[],
  add: readonly Item[],
): void {
  for (const token of drop) {
    if (items.get(token)) items.delete(token);
    else items.set(token, null);
  }
  for (const item of add) items.set(item.token, item);
}

/** What bookkeeping adds to a batch: trimmed channels, published commits, answers to forget. */
export interface Housekeeping {
  readonly dropOutbox: Readonly<Record<number, number>>;
  readonly dropPublications: readonly number[];
  readonly forget?: { madeBefore: number; keptBefore: number };
  readonly indexed?: string;
}

export function commitOf(
  draft: Draft,
  memory: Memory,
  given: { registry: Registry; house: Housekeeping },
): Commit {
  const [addTimers, dropTimers] = split(draft.timers);
  const [addActivities, dropActivities] = split(draft.activities);
  const held = [...draft.held];
  return {
    ...(draft.position === undefined ? {} : { position: draft.position }),
    highWater: draft.highWater,
    records: [...draft.actors.values()].map((record) =>
      recordChange(record, { draft, memory, registry: given.registry }),
    ),
    ...newCharts(draft, memory, given.registry),
    addTimers,
    dropTimers,
    addActivities,
    dropActivities,
    sent: Object.fromEntries(draft.sent),
    received: Object.fromEntries(draft.received),
    addOutbox: draft.outbox,
    addHeld: held.flatMap(([, message]) => message ?? []),
    dropHeld: held.flatMap(([name, message]) => (message === null ? [heldName(name)] : [])),
    answers: [...draft.answers.values()],
    publications: draft.publications,
    ...given.house,
  };
}

function split<Item>(items: Map<string, Item | null>): [Item[], string[]] {
  const add: Item[] = [];
  const drop: string[] = [];
  for (const [token, item] of items) {
    if (item === null) drop.push(token);
    else add.push(item);
  }
  return [add, drop];
}

function heldName(name: string): { channel: number; number: number } {
  const [channel, number] = name.split(':').map(Number) as [number, number];
  return { channel, number };
}

function recordChange(
  record: ActorRecord,
  { draft, memory, registry }: { draft: Draft; memory: Memory; registry: Registry },
): Commit['records'][number] {
  const kind = registry.get(record.kind);
  if (kind === undefined) throw new Error(`${record.key}: a record of a kind that is not registered`);
  const before = (memory.actors.get(record.key)?.record ?? draft.loaded.get(record.key))?.terms ?? [];
  const { key, terms, createdAt } = record;
  return {
    key,
    body: recordText(record, kind),
    createdAt,
    addTerms: terms.filter((term) => !before.includes(term)),
    dropTerms: before.filter((term) => !terms.includes(term)),
  };
}

/** In the commit that writes the first record of a newer chart: from then on no older build may run the partition. */
function newCharts({ actors }: Draft, { charts }: Memory, registry: Registry): Pick<Commit, 'charts'> {
  const changed = new Map<string, number>();
  for (const { kind } of actors.values()) {
    const version = registry.get(kind)?.definition.version;
    if (version !== undefined && version !== charts.get(kind)) changed.set(kind, version);
  }
  return changed.size === 0 ? {} : { charts: Object.fromEntries(changed) };
}

/** After the commit, and only then. */
export function apply(draft: Draft, memory: Memory, { commit, now }: { commit: Commit; now: number }): void {
  memory.commits += 1;
  for (const [kind, version] of Object.entries(commit.charts ?? {})) memory.charts.set(kind, version);
  memory.position = draft.position ?? memory.position;
  memory.highWater = draft.highWater;
  for (const [channel, number] of draft.sent) memory.sent.set(channel, number);
  for (const [channel, number] of draft.received) memory.received.set(channel, number);
  for (const [name, message] of draft.held) {
    if (message === null) memory.held.delete(name);
    else memory.held.set(name, message);
  }
  for (const actors of [draft.loaded, draft.actors]) {
    for (const [key, record] of actors) {
      memory.actors.delete(key);
      memory.actors.set(key, { record, usedAt: now });
    }
  }
}
