/** The edge's side of a command: into the mailbox, and wait for the answer (R6). */
import { keyOf, partitionOf, type Address } from './address.ts';
import { parseAnswer, type Answer } from './core/answer.ts';
import { RetryableError, TerminalError, messageOf } from './errors.ts';
import type { RedriveEnd } from './core/redrive.ts';
import { madeId } from './core/made-id.ts';
import type { MailboxClock } from './mailbox-clock.ts';
import type { Command, Event, Principal, Redrive } from './message.ts';
import type { RuntimeOptions } from './options.ts';
import type { Clock, Mailbox, Random, Replies } from './ports.ts';
import { createProgress } from './progress.ts';

export interface Ask {
  readonly to: Address;
  readonly event: Event;
  readonly principal: Principal;
  /** The client's own key; without one an id is made. */
  readonly idempotencyKey?: string;
  readonly ifMatch?: number;
  /** Tells the same id with another command or body apart; the client may repeat a made id as its key. */
  readonly fingerprint?: string;
  readonly trace?: string;
  /** How long to wait for the answer; 0: not at all. */
  readonly waitMs: number;
}

export type Reply =
  | { readonly reply: 'answered'; readonly answer: Answer }
  /** Stored, and it will run: ask again under the same id. */
  | { readonly reply: 'later'; readonly id: string }
  /** It may have been stored or not: ask again under the same id. */
  | { readonly reply: 'unknown'; readonly id: string }
  /** The same key is being worked on. */
  | { readonly reply: 'in-progress' }
  /** Nothing happened; later it may. */
  | { readonly reply: 'unavailable'; readonly why: string }
  /** Nothing happened, and never will. */
  | { readonly reply: 'too-large'; readonly why: string };

export interface Caller {
  ask(ask: Ask): Promise<Reply>;
  /**
   * Sends a dead letter again, and waits for what comes of it. `unknown`: no answer in time; asked again, it is
   * done once. `unavailable`: nothing happened.
   */
  redrive(redrive: Redrive, waitMs: number): Promise<RedriveEnd | 'unknown' | 'unavailable'>;
  /** Commands that are waited for. */
  waiting(): number;
}

interface Given {
  readonly mailbox: Mailbox;
  readonly replies: Replies;
  readonly clock: Clock;
  readonly mailboxClock: MailboxClock;
  readonly random: Random;
  readonly options: RuntimeOptions;
  /** How far a partition that this node owns is behind, ms. */
  readonly lagMs: (partition: number) => number;
}

/** How long the broker may take to say that a command answered 202 is stored, ms. */
const storeWaitMs = 2_000;

export function createCaller(given: Given): Caller {
  const { options } = given;
  const mail = createExchange(given);
  const running = new Set<string>();

  /** In the second place as one that always runs (R6): before a promise that it will, and where clocks differ. */
  async function send(command: Command, waitMs: number): Promise<Reply> {
    const sentAt = given.clock.now();
    const kept = { ...command, kept: true };
    const waited = { waitMs, read: answeredBy };
    let end = await mail.exchange(command, waited);
    if (isYoung(given, end, sentAt)) {
      const second = await mail.exchange(kept, waited);
      end = second === 'time' || second.reply !== 'answered' ? 'time' : second;
    }
    if (end !== 'time') return end;
    const again = await stored(given, kept);
    return again.reply === 'later' ? again : { reply: 'unknown', id: clientId(command) };
  }

  return {
    waiting: mail.waiting,
    async redrive(redrive, waitMs) {
      const end = await mail.exchange(redrive, { waitMs, read: (body) => JSON.parse(body) as RedriveEnd });
      if (end === 'time') return 'unknown';
      return 'reply' in end ? 'unavailable' : end;
    },
    async ask(ask) {
      const partition = partitionIn(options, ask.to);
      const lagMs = Math.max(given.lagMs(partition), mail.behindMs(partition));
      const busy = busyWith(options, { waiting: mail.waiting(), lagMs });
      if (busy !== undefined) return busy;
      const command = commandOf(given, ask);
      if (!command.kept) return send(command, ask.waitMs);
      if (running.has(command.id)) return { reply: 'in-progress' };
      running.add(command.id);
      try {
        return ask.waitMs === 0 ? await mail.leave(command) : await send(command, ask.waitMs);
      } finally {
        running.delete(command.id);
      }
    },
  };
}

/** Messages and their answers, told apart by a number; and what the answers say of how far partitions are. */
function createExchange(given: Given) {
  const { replies, options } = given;
  const progress = createProgress(given.clock);
  const waiting = new Map<number, (body: string) => void>();
  let last = 0;

  replies.listen((number, body) => {
    // Also where nobody waits any more: the partition has come so far.
    progress.answered(number);
    waiting.get(number)?.(body);
  });

  return {
    waiting: () => waiting.size,
    behindMs: (partition: number) => progress.behindMs(partition),

    /** Stores the message, and waits for what is answered. */
    async exchange<End>(
      message: Command | Redrive,
      { waitMs, read }: { waitMs: number; read: (body: string) => End },
    ): Promise<End | Ending> {
      const number = ++last;
      const sent = { ...message, reply: { to: replies.address, number } };
      progress.sent(partitionIn(options, message.to), number);
      try {
        return await new Promise<End | Ending>((resolve) => {
          const cancel = attend(given, { message: sent, waitMs }, (end) => {
            if (end !== 'time') progress.notStored(number);
            resolve(end);
          });
          waiting.set(number, (body) => {
            cancel();
            resolve(read(body));
          });
        });
      } finally {
        waiting.delete(number);
      }
    },

    /** Stores a command that nobody waits for; it is answered only to see how far its partition is. */
    async leave(command: Command): Promise<Reply> {
      const number = ++last;
      const isHeard = progress.sent(partitionIn(options, command.to), number);
      const reply = isHeard ? { reply: { to: replies.address, number } } : {};
      const end = await stored(given, { ...command, ...reply });
      if (end.reply === 'unavailable' || end.reply === 'too-large') progress.notStored(number);
      return end;
    },
  };
}

type NotStored = Extract<Reply, { reply: 'unavailable' | 'too-large' }>;
type Ending = NotStored | 'time';

/** Where one more command would only wait. */
function busyWith(
  { waitingMax, lagMaxMs }: RuntimeOptions,
  { waiting, lagMs }: { waiting: number; lagMs: number },
): NotStored | undefined {
  if (waiting >= waitingMax) return { reply: 'unavailable', why: 'too many commands are waiting' };
  if (lagMs <= lagMaxMs) return undefined;
  return { reply: 'unavailable', why: `the mailbox is ${Math.round(lagMs / 1_000)} s behind` };
}

function answeredBy(body: string): Extract<Reply, { reply: 'answered' }> {
  return { reply: 'answered', answer: parseAnswer(body) };
}

function partitionIn({ partitions }: RuntimeOptions, to: Address): number {
  return partitionOf(keyOf(to), partitions);
}

/** Stores the message; settles at its time limit, unless cancelled, or at once if it was certainly not stored. */
function attend(
  given: Given,
  { message, waitMs }: { message: Command | Redrive; waitMs: number },
  settle: (end: Ending) => void,
): () => void {
  const cancel = given.clock.after(waitMs, () => settle('time'));
  append(given, message).catch((error: unknown) => {
    // In doubt, the answer may still come.
    if (mayBeStored(error)) return;
    cancel();
    settle(notStored(error));
  });
  return cancel;
}

/**
 * Whether a made id was not run though it is new: by the mailbox's clock it was made at another time. From the
 * answer this node learns what time it is there.
 */
function isYoung({ clock, mailboxClock, options }: Given, end: Reply | 'time', sentAt: number): boolean {
  const head = end !== 'time' && end.reply === 'answered' ? end.answer.head : undefined;
  if (head?.outcome !== 'unknown' || Math.abs(clock.now() - sentAt) > options.madeKeepMs / 2) return false;
  mailboxClock.compared(sentAt, head.time);
  return true;
}

/** The id is scoped by caller and actor: the same key of another caller is another command. */
function commandOf({ mailboxClock, random }: Given, ask: Ask): Command {
  const { to, event, principal, idempotencyKey, ifMatch, fingerprint, trace } = ask;
  const madeAt = Math.floor(mailboxClock.now());
  const scope = `${encodeURIComponent(principal.subject)}|${keyOf(to)}`;
  return {
    from: 'outside',
    to,
    event,
    id: `${scope}|${idempotencyKey ?? madeId(madeAt, random.id())}`,
    kept: idempotencyKey !== undefined || ask.waitMs === 0,
    madeAt,
    principal,
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** Resolves to a promise that it will run, once the mailbox has it. */
function stored(given: Given, message: Command): Promise<Reply> {
  const id = clientId(message);
  return new Promise((resolve) => {
    const cancel = given.clock.after(storeWaitMs, () => resolve({ reply: 'unknown', id }));
    append(given, message)
      .then(
        () => resolve({ reply: 'later', id }),
        (error: unknown) => resolve(mayBeStored(error) ? { reply: 'unknown', id } : notStored(error)),
      )
      .finally(cancel);
  });
}

function mayBeStored(error: unknown): boolean {
  return error instanceof RetryableError && error.effect === 'unknown';
}

function notStored(error: unknown): NotStored {
  return { reply: error instanceof TerminalError ? 'too-large' : 'unavailable', why: messageOf(error) };
}

/** Rejects with `TerminalError` if it is larger than a message may be, or than the broker takes. */
async function append({ mailbox, options }: Given, message: Command | Redrive): Promise<void> {
  const { to, id } = message;
  const partition = partitionIn(options, to);
  const body = JSON.stringify(message);
  const most = options.messageMaxChars;
  // What an operator sends again was a message before, and is a little longer now.
  if (message.from === 'outside' && body.length > most) {
    throw new TerminalError(`the command has ${body.length} characters as a message, and may have ${most}`);
  }
  await mailbox.append({ to, partition, id, dedupe: false, body });
}

/** What the client repeats as its `Idempotency-Key`: all after the scope, which has one bar inside. */
function clientId({ id }: Command): string {
  return id.slice(id.indexOf('|', id.indexOf('|') + 1) + 1);
}
