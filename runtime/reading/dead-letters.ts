/**
 * What nobody could handle, and what operators have decided about it. Decisions stand in the same log, so
 * that what is still open is a fold over it.
 */
import { keyOf, type Address } from '../address.ts';
import type { DeadLetter } from '../core/entry.ts';
import { messageIn, type RedriveEnd } from '../core/redrive.ts';
import type { Message, Principal } from '../message.ts';
import type { Clock, Log, LogEntry, Position } from '../ports.ts';
import { pageAfter, sequenceBeforeAll, type Mark } from './pages.ts';
import { createSlices, sliceChars } from './slices.ts';

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
