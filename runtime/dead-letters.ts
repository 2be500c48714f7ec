/**
 * What nobody could handle, and what operators have decided about it. Decisions stand in the same log, so
 * that what is still open is a fold over it.
 */
import type { Address } from './address.ts';
import { keyOf } from './address.ts';
import type { Head } from './answer.ts';
import type { ActorDefinition } from './definition.ts';
import type { DeadLetter } from './entry.ts';
import { mailSchema, type Message, type Principal, type Redrive } from './message.ts';
import { pageAfter, sequenceBeforeAll, type Mark } from './pages.ts';
import type { Clock, Log, LogEntry, Position } from './ports.ts';
import { schemaOf, type Registry } from './registry.ts';
import { createSlices, sliceChars } from './slices.ts';
import type { Turn } from './turn.ts';

/** A message between actors that nobody can take must not vanish: somebody has to decide about it. */
export function unfit(message: Message, { outcome }: Turn, registry: Registry): string | undefined {
  if (message.from !== 'actor' || outcome.outcome !== 'refused' || outcome.isAnswered) return undefined;
  if (outcome.reason === 'not-found') return `${keyOf(message.to)} does not exist for ${message.event.type}`;
  // Another build's: whoever sent it counts on it.
  if (!isKnown(registry.get(message.to.kind)?.definition, message.event.type))
    return `${message.event.type} is an event that this process does not know`;
  if (outcome.reason !== 'invalid') return undefined;
  const details = (outcome.errors ?? []).map((error) => `${error.pointer} ${error.message}`).join('; ');
  return `${message.event.type} does not fit its schema: ${details}`;
}

function isKnown(definition: ActorDefinition | undefined, type: string): boolean {
  return type === definition?.create.event || schemaOf(definition, type) !== undefined;
}

/** What came of a letter that was sent again. */
export type RedriveEnd =
  | { readonly outcome: 'accepted'; readonly version: number }
  | { readonly outcome: 'refused'; readonly reason: string; readonly guards?: readonly string[] }
  /** The actor has outlived it: its timer was cancelled, its activity has ended otherwise. */
  | { readonly outcome: 'outlived' }
  /** It failed again, and is a new letter. */
  | { readonly outcome: 'dead'; readonly cause: string; readonly deadLetter: string };

export function redriveEnd(ended: Turn | Extract<Head, { outcome: 'dead' }>): RedriveEnd {
  if (!('effects' in ended)) {
    const { cause, deadLetter } = ended;
    return { outcome: 'dead', cause, deadLetter };
  }
  const { outcome, record } = ended;
  if (outcome.outcome === 'accepted') return { outcome: 'accepted', version: record?.version ?? 0 };
  if (outcome.outcome === 'dropped') return { outcome: 'outlived' };
  const { reason, guards } = outcome;
  return { outcome: 'refused', reason, ...(guards === undefined ? {} : { guards }) };
}

/** An operator's decision. The first one counts: sent again is sent again. */
export interface Settlement {
  /** The letter's id. */
  readonly settles: string;
  readonly how: 'redriven' | 'discarded';
  readonly at: number;
  readonly by: Principal;
  readonly reason: string;
  readonly end?: RedriveEnd;
}

export type LetterStatus = 'open' | Settlement['how'];

/** A letter without its message, which may be large. */
export interface Letter {
  readonly id: string;
  /** In the log. */
  readonly sequence: number;
  readonly at: number;
  readonly to: Address;
  /** Null where the message cannot be read. */
  readonly event: string | null;
  readonly cause: string;
  readonly status: LetterStatus;
  readonly settlement: Settlement | null;
}

/** Causes are a handful: the same for every actor. */
export function causeOf({ cause, to }: Pick<DeadLetter, 'cause' | 'to'>): string {
  return cause.replaceAll(keyOf(to), to.kind).slice(0, 300);
}

/** The message in it, without what an earlier redrive has put around it; undefined if it cannot be read. */
export function messageIn({ message }: Pick<DeadLetter, 'message'>): Message | undefined {
  const parsed = mailSchema.safeParse(jsonIn(message));
  if (!parsed.success) return undefined;
  return parsed.data.from === 'redrive' ? parsed.data.message : parsed.data;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The same for whoever asks, so that it is done once; a letter that came of a redrive counts on. */
export function redriveOf(letter: Pick<DeadLetter, 'id'>, message: Message, by: string): Redrive {
  const [, round = '0', first = letter.id] = /^redrive~(\d+)~(.*)$/s.exec(letter.id) ?? [];
  const id = `redrive~${Number(round) + 1}~${first}`;
  return { from: 'redrive', to: message.to, id, message, by };
}

function eventIn(message: Message | undefined): string | null {
  switch (message?.from) {
    case 'outside':
    case 'actor':
      return message.event.type;
    case 'timer':
      return message.timer;
    case 'activity':
      return message.activity;
    case undefined:
      return null;
  }
}

export type DeadEntry = DeadLetter | Settlement;

export function isSettlement(entry: DeadEntry): entry is Settlement {
  return 'settles' in entry;
}

export interface DeadLetters {
  /** All that are known, newest first; what was settled longest ago is forgotten beyond `lettersMax`. */
  all(): Promise<readonly Letter[]>;
  one(id: string): Promise<Letter | undefined>;
  /** The whole letter; undefined if the log has lost it. */
  read(letter: Letter): Promise<DeadLetter | undefined>;
  /** Appends the decision, and resolves with the letter as it is then. */
  settle(letter: Letter, settlement: Settlement): Promise<Letter>;
}

const lettersMax = 50_000;
const pageMax = 500;

/** Reads the log on from where it was whenever somebody asks. */
export function createDeadLetters(log: Log, clock: Pick<Clock, 'after'>): DeadLetters {
  const letters = new Map<string, Letter>();
  const worked = createSlices(clock);
  let mark: Mark = { sequence: 0 };
  let reading: Promise<void> | undefined;

  async function readOn(): Promise<void> {
    for (;;) {
      const page = await pageAfter({ log, entryOf, limit: pageMax, maxChars: sliceChars }, mark);
      if (page === undefined) {
        // A broker that was killed may have lost its last entries: then all of it is read again.
        letters.clear();
        mark = { sequence: await sequenceBeforeAll(log) };
        continue;
      }
      for (const { sequence, entry } of page.entries) take(letters, entry, sequence);
      const chars = page.entries.reduce((sum, each) => sum + each.chars, 0);
      mark = page.mark;
      forget(letters);
      if (page.entries.length === 0) return;
      await worked(chars);
    }
  }

  /** One at a time: two would count the same page twice. Whoever comes in between waits for the next one. */
  async function fresh(): Promise<void> {
    while (reading !== undefined) await reading.catch(() => undefined);
    reading = readOn().finally(() => (reading = undefined));
    await reading;
  }

  async function one(id: string): Promise<Letter | undefined> {
    await fresh();
    return letters.get(id);
  }

  return {
    one,
    async all() {
      await fresh();
      return [...letters.values()].toSorted((a, b) => b.sequence - a.sequence);
    },
    async read({ sequence, id }) {
      const [found] = await log.readAll(sequence - 1, 1);
      if (found === undefined) return undefined;
      const entry = JSON.parse(found.body) as DeadEntry;
      return !isSettlement(entry) && entry.id === id ? entry : undefined;
    },
    async settle(letter, settlement) {
      const { how, settles } = settlement;
      await log.append({ to: letter.to, id: `${how}~${settles}`, body: JSON.stringify(settlement) });
      return (await one(letter.id)) ?? letter;
    },
  };
}

type Placed = Position & { readonly entry: DeadEntry; readonly chars: number };

function entryOf({ sequence, time, body }: LogEntry): Placed {
  const entry = JSON.parse(body) as DeadEntry;
  const id = isSettlement(entry) ? `${entry.how}~${entry.settles}` : entry.id;
  return { sequence, time, id, entry, chars: body.length };
}

/** A log may hold an entry twice, and an owner that takes over may park the same message again. */
function take(letters: Map<string, Letter>, entry: DeadEntry, sequence: number): void {
  if (!isSettlement(entry)) {
    const { id, at, to, cause } = entry;
    if (letters.has(id)) return;
    const event = eventIn(messageIn(entry));
    letters.set(id, { id, sequence, at, to, event, cause, status: 'open', settlement: null });
    return;
  }
  const letter = letters.get(entry.settles);
  // One that was discarded may still be sent again; nothing undoes that.
  if (letter === undefined || letter.status === 'redriven') return;
  letters.set(letter.id, { ...letter, status: entry.how, settlement: entry });
}

/** Settled ones first: the open ones wait for somebody. */
function forget(letters: Map<string, Letter>): void {
  for (const isDispensable of [({ status }: Letter) => status !== 'open', () => true]) {
    for (const [id, letter] of letters) {
      if (letters.size <= lettersMax) return;
      if (isDispensable(letter)) letters.delete(id);
    }
  }
}
