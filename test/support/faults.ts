/**
 * Faults between a node and its backend. Everything goes through one `Interfere`: it may let a call pass,
 * fail it before or after it took effect, hold it, or do it twice. Seeded faults, crashes and the scripts
 * of single tests are all made of it.
 */
import { RetryableError } from '../../runtime/errors.ts';
import type { Backend, Clock, Inbox, Log, Mailbox, Reader, Replies, Store } from '../../runtime/ports.ts';
import type { SeededRandom } from './random.ts';

export type Call =
  | { readonly to: 'mailbox'; readonly name: keyof Mailbox; readonly args: readonly unknown[] }
  | { readonly to: 'store'; readonly name: keyof Store; readonly args: readonly unknown[] }
  | { readonly to: 'journal' | 'deadLetters'; readonly name: keyof Log; readonly args: readonly unknown[] };

/** `pass` does what was asked, each time that it is called. */
export type Interfere = (call: Call, pass: () => Promise<unknown>) => Promise<unknown>;

type Method = (...args: unknown[]) => Promise<unknown>;

export interface Meddled extends Backend {
  /** Ends all readers, as a broken connection does. */
  breakReaders(): void;
}

export interface Meddling {
  readonly interfere: Interfere;
  /** How often an answer is sent; 1 if left out. */
  readonly copiesOfReply?: () => number;
}

export function meddle(backend: Backend, { interfere, copiesOfReply = () => 1 }: Meddling): Meddled {
  const readers = new Set<Inbox & Reader>();

  function port<Port extends object>(to: Call['to'], inner: Port): Port {
    return new Proxy(inner, {
      get(target, name: keyof Port & string) {
        const member = target[name];
        // A watch is no call to a server.
        if (typeof member !== 'function' || name === 'watch') return member;
        return (...args: unknown[]) =>
          interfere({ to, name, args } as unknown as Call, () => (member as Method).apply(target, args));
      },
    });
  }

  const mailbox = port<Mailbox>('mailbox', { ...backend.mailbox, read: watched });
  async function watched(...[partition, from, inbox]: Parameters<Mailbox['read']>): Promise<Reader> {
    const { entry, opened } = breakable(inbox, () => readers.delete(entry));
    readers.add(entry);
    const reader = await backend.mailbox.read(partition, from, entry);
    opened(reader);
    return entry;
  }

  const replies: Replies = {
    ...backend.replies,
    send(to, number, body) {
      for (let left = copiesOfReply(); left > 0; left--) backend.replies.send(to, number, body);
    },
  };
  return {
    ...backend,
    mailbox,
    store: port('store', backend.store),
    journal: port('journal', backend.journal),
    deadLetters: port('deadLetters', backend.deadLetters),
    replies,
    breakReaders() {
      for (const entry of [...readers]) entry.lost(new RetryableError('the connection broke'));
    },
  };
}

/** A reader that can be cut off: after that it hands over nothing more. */
function breakable(
  inbox: Inbox,
  onClose: () => void,
): { entry: Inbox & Reader; opened: (reader: Reader) => void } {
  let reader: Reader | undefined;
  let closed = false;
  const entry = {
    take: (messages: Parameters<Inbox['take']>[0]) => {
      if (!closed) inbox.take(messages);
    },
    backlog: () => inbox.backlog(),
    close() {
      closed = true;
      reader?.close();
      onClose();
    },
    lost(cause: Error) {
      if (closed) return;
      entry.close();
      inbox.lost(cause);
    },
  };
  return {
    entry,
    opened(made) {
      reader = made;
      if (closed) made.close();
    },
  };
}

/** Probabilities, 0 to 1. */
export interface FaultRates {
  /** A message or log entry is not stored, and the caller hears of it. */
  readonly appendFails: number;
  /** It is stored; the acknowledgement is lost. */
  readonly appendAckLost: number;
  /** It is stored twice: at once, and once more up to `delayMs` later, behind others. */
  readonly appendTwice: number;
  /** It is stored up to `delayMs` later, so that others overtake it. */
  readonly appendDelayed: number;
  readonly commitFails: number;
  /** Applied; the answer is lost. */
  readonly commitAckLost: number;
  /** Loading, fetching, asking for counters, renewing… fails. */
  readonly readFails: number;
  readonly replyLost: number;
  readonly replyTwice: number;
  readonly delayMs: number;
}

export const noFaults: FaultRates = {
  appendFails: 0,
  appendAckLost: 0,
  appendTwice: 0,
  appendDelayed: 0,
  commitFails: 0,
  commitAckLost: 0,
  readFails: 0,
  replyLost: 0,
  replyTwice: 0,
  delayMs: 0,
};

export interface FaultSource {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Asked at every call, so that faults can be switched off. */
  readonly rates: () => FaultRates;
}

/** Faults drawn from the random numbers, one draw a fault, in the order of the calls. */
export function randomFaults({ clock, random, rates }: FaultSource): Meddling {
  const later = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

  async function append(pass: () => Promise<unknown>): Promise<unknown> {
    const { appendFails, appendAckLost, appendTwice, appendDelayed, delayMs } = rates();
    if (random.chance(appendFails)) throw new RetryableError('fault: not stored', { effect: 'none' });
    if (random.chance(appendDelayed)) await later(random.below(delayMs));
    if (random.chance(appendTwice)) void later(random.below(delayMs)).then(pass);
    const done = await pass();
    if (random.chance(appendAckLost)) throw new RetryableError('fault: acknowledgement lost');
    return done;
  }

  async function commit(pass: () => Promise<unknown>): Promise<unknown> {
    const { commitFails, commitAckLost } = rates();
    if (random.chance(commitFails)) throw new RetryableError('fault: not committed', { effect: 'none' });
    const done = await pass();
    if (random.chance(commitAckLost)) throw new RetryableError('fault: committed, answer lost');
    return done;
  }

  return {
    interfere(call, pass) {
      if (call.name === 'append') return append(pass);
      if (call.name === 'commit') return commit(pass);
      if (random.chance(rates().readFails)) return Promise.reject(new RetryableError('fault: no answer'));
      return pass();
    },
    copiesOfReply() {
      const { replyLost, replyTwice } = rates();
      if (random.chance(replyLost)) return 0;
      return random.chance(replyTwice) ? 2 : 1;
    },
  };
}

export interface CrashSwitch {
  readonly meddling: Meddling;
  /** From here on no call takes effect and none that is under way is ever answered. */
  crash(): void;
}

export function crashSwitch(inner: Meddling): CrashSwitch {
  let crashed = false;
  const never = new Promise<never>(() => undefined);
  const unlessCrashed = <Value>(value: Value): Value | Promise<never> => (crashed ? never : value);
  return {
    meddling: {
      interfere(call, pass) {
        if (crashed) return never;
        const guarded = (): Promise<unknown> => (crashed ? never : pass());
        return inner.interfere(call, guarded).then(unlessCrashed, (error: unknown) => {
          if (crashed) return never;
          throw error;
        });
      },
      copiesOfReply: () => (crashed ? 0 : (inner.copiesOfReply?.() ?? 1)),
    },
    crash() {
      crashed = true;
    },
  };
}
