/** What stands in the journal and among the dead letters, as text. */
import { keyOf, type Address } from '../address.ts';
import { identityOf, type Message, type Principal } from '../message.ts';
import { defaultOptions } from '../options.ts';
import type { Publication, Stored } from '../ports.ts';
import type { Effects } from './effects.ts';
import { partAt } from './part.ts';
import { isWhole, snapshotText, type ActorRecord } from './record.ts';
import type { Turn } from './turn.ts';

/** Who or what caused it. */
export type Source =
  | ({ readonly from: 'outside' } & Principal)
  | { readonly from: 'actor'; readonly actor: string }
  | { readonly from: 'timer' | 'activity' };

export function sourceOf(message: Message): Source {
  switch (message.from) {
    case 'outside':
      return { from: 'outside', ...message.principal };
    case 'actor':
      return { from: 'actor', actor: keyOf(message.sender) };
    case 'timer':
    case 'activity':
      return { from: message.from };
  }
}

/** One thing that happened to an actor, accepted or refused. */
export interface JournalEntry {
  readonly id: string;
  readonly kind: string;
  readonly actor: string;
  readonly version: number;
  /** The version of the chart. */
  readonly chart: number;
  /** Mailbox time, ms. */
  readonly at: number;
  readonly event: { readonly type: string };
  readonly outcome: 'accepted' | 'refused';
  readonly from: unknown;
  readonly to: unknown;
  readonly reason?: string;
  readonly guards?: readonly string[];
  readonly source: Source;
  /** The message behind it: the caller's id, the sender's message id, or a token. */
  readonly cause: string;
  readonly trace?: string;
  /** The operator who has sent it again, after it had become a dead letter. */
  readonly redrivenBy?: string;
  /** Messages to other actors, up to `sentMax`. */
  readonly sent?: Effects['messages'];
  /** How many more there were. */
  readonly sentMore?: number;
  readonly emitted?: readonly { readonly type: string }[];
  /** The chart's snapshot after it; of a large actor not with every version. */
  readonly after?: unknown;
  /** About how many characters it has, where it is left out. */
  readonly afterSize?: number;
}

/** An actor may have to tell thousands, and one entry is one message to the broker. */
const sentMax = 200;

interface Told {
  readonly message: Message;
  readonly time: number;
  readonly chart: number;
  readonly by?: string | undefined;
  /** Characters that an entry may have. */
  readonly maxChars?: number;
}

export function journalPublication(
  { message, time, chart, by, maxChars = defaultOptions.messageMaxChars }: Told,
  { event, outcome, record, effects, trace }: Turn,
): Publication {
  const cause = identityOf(message);
  const to: unknown = record?.snapshot.value ?? null;
  const entry: JournalEntry = {
    id: `${keyOf(message.to)}!${cause}`,
    kind: message.to.kind,
    actor: message.to.id,
    version: record?.version ?? 0,
    chart,
    at: time,
    event,
    ...outcomeFields(outcome, to),
    source: sourceOf(message),
    cause,
    ...(trace === undefined ? {} : { trace }),
    ...(by === undefined ? {} : { redrivenBy: by }),
    ...effectFields(effects),
  };
  const after = outcome.outcome === 'accepted' ? record : undefined;
  return { log: 'journal', to: message.to, id: entry.id, body: textOf(entry, after, maxChars) };
}

function textOf(entry: JournalEntry, record: ActorRecord | undefined, maxChars: number): string {
  const text = JSON.stringify(entry);
  if (record === undefined) return text;
  const open = text.slice(0, -1);
  if (isWhole(record)) {
    const whole = `${open},"after":${snapshotText(record.snapshot)}}`;
    if (whole.length <= maxChars) return whole;
  }
  return `${open},"afterSize":${record.size}}`;
}

/** The state after it may be most of the text, and few who read the journal look at it: it is parsed for those. */
export function entryIn(body: string): JournalEntry {
  const parted = partAt(body, 'after');
  if (parted === undefined) return JSON.parse(body) as JournalEntry;
  const { head, rest } = parted;
  let parsed: Pick<JournalEntry, 'after'> | undefined;
  return Object.defineProperty(head, 'after', {
    enumerable: true,
    get: () => (parsed ??= JSON.parse(rest) as Pick<JournalEntry, 'after'>).after,
  }) as JournalEntry;
}

/** As the journal has them. */
export function effectFields({
  messages,
  emitted,
}: Effects): Pick<JournalEntry, 'sent' | 'sentMore' | 'emitted'> {
  const more = messages.length - sentMax;
  return {
    ...(messages.length > 0 ? { sent: more > 0 ? messages.slice(0, sentMax) : messages } : {}),
    ...(more > 0 ? { sentMore: more } : {}),
    ...(emitted.length > 0 ? { emitted } : {}),
  };
}

function outcomeFields(
  outcome: Turn['outcome'],
  to: unknown,
): Pick<JournalEntry, 'outcome' | 'from' | 'to' | 'reason' | 'guards'> {
  if (outcome.outcome === 'accepted') return { outcome: 'accepted', from: outcome.from, to };
  if (outcome.outcome === 'dropped') throw new Error('what was dropped is not in the journal');
  const { reason, guards } = outcome;
  return { outcome: 'refused', from: to, to, reason, ...(guards === undefined ? {} : { guards }) };
}

/** A message that cannot be handled, parked with its cause. `message` is its JSON text, or what stood there. */
export interface DeadLetter {
  readonly id: string;
  readonly at: number;
  readonly to: Address;
  readonly cause: string;
  readonly message: string;
}

export function deadLetterPublication(stored: Stored, to: Address, cause: string): Publication {
  const id = letterId(stored);
  const letter: DeadLetter = { id, at: stored.time, to, cause, message: stored.body };
  return { log: 'dead', to, id, body: JSON.stringify(letter) };
}

/** What Waybill did not write has no id of its own: then it is told apart by its place. */
export function letterId({ id, time, sequence }: Stored): string {
  return id === '' ? `unread-${time}-${sequence}` : id;
}
