/** The fold of turns over a batch of messages: pure. Channels (R3), kept answers (R6), poison (R11). */
import { addressOf, keyOf, partitionOf, type Address } from '../address.ts';
import { TerminalError, messageOf } from '../errors.ts';
import {
  identityOf,
  type ActorMessage,
  type Command,
  type Message,
  type Place,
  type Redrive,
} from '../message.ts';
import type { Publication, Stored } from '../ports.ts';
import { answerText, bareAnswerText, replayOf, type Answer } from './answer.ts';
import {
  addEffects,
  emptyDraft,
  post,
  publish,
  type Draft,
  type Memory,
  type OutboxEntry,
  type Parked,
  type Ran,
} from './draft.ts';
import { deadLetterPublication, journalPublication, letterId } from './entry.ts';
import { addresseeOf, decode, heldAsStored, type Incoming } from './incoming.ts';
import { parseRecord, type ActorRecord } from './record.ts';
import { redriveEnd, unfit } from './redrive.ts';
import type { Registry } from './registry.ts';
import { turn, type Turn } from './turn.ts';
import { viewOf } from './view.ts';

export interface FoldOptions {
  readonly registry: Registry;
  readonly partitions: number;
  /** How long the answer to a made id is kept, ms; one made further than half of it from now is not run. */
  readonly madeKeepMs: number;
  /** Of an answer to a client's key that is kept whole. */
  readonly keptAnswerMaxChars: number;
  /** Of a message or journal entry. */
  readonly messageMaxChars: number;
  /** Of an actor's state. */
  readonly recordMaxChars: number;
  /** Of what a commit publishes and sends. */
  readonly commitMaxChars: number;
}

/** What the store had of what the batch needs: texts by key, and answers by id. */
export interface Fetched {
  readonly records: ReadonlyMap<string, string>;
  readonly answers: ReadonlyMap<string, string>;
}

interface Folding extends FoldOptions {
  readonly memory: Memory;
  readonly fetched: Fetched;
  readonly draft: Draft;
}

/**
 * As many of the batch as one commit may carry, and at least one (`draft.taken`): what a turn writes may be a
 * thousand times larger than its message, and a commit that is too large would fail again and again.
 */
export function fold(
  batch: readonly Incoming[],
  given: { memory: Memory; fetched: Fetched; options: FoldOptions },
): Draft {
  const { memory, fetched, options } = given;
  const draft = emptyDraft(memory);
  const folding: Folding = { ...options, memory, fetched, draft };
  for (const incoming of batch) {
    if (draft.written >= options.commitMaxChars) break;
    draft.taken += 1;
    const { sequence, time, id } = incoming.stored;
    draft.position = { sequence, time, id };
    draft.highWater = Math.max(draft.highWater, time);
    take(folding, incoming);
  }
  return draft;
}

function take(folding: Folding, incoming: Incoming): void {
  if (incoming.place !== undefined) channel(folding, incoming.place, incoming);
  else handle(folding, incoming);
}

function handle(folding: Folding, { message, stored, redrive, problem = '' }: Incoming): void {
  if (redrive !== undefined) {
    sentAgain(folding, redrive, stored);
  } else if (message === undefined) {
    park(folding.draft, stored, { to: addresseeOf(stored), cause: `the message does not parse: ${problem}` });
  } else if (message.from === 'outside') {
    command(folding, message, stored);
  } else {
    run(folding, { message, stored });
  }
}

/** R3: the next number is taken, a lower one dropped, a higher one held back until the gap is filled. */
function channel(folding: Folding, { channel, number }: Place, incoming: Incoming): void {
  const { draft, memory } = folding;
  const last = draft.received.get(channel) ?? memory.received.get(channel) ?? 0;
  if (number <= last) {
    draft.repeated.messages += 1;
    return;
  }
  if (number > last + 1) {
    const { body, id, time } = incoming.stored;
    draft.held.set(`${channel}:${number}`, { channel, number, body, id, time });
    return;
  }
  handle(folding, incoming);
  draft.received.set(channel, number);
  releaseHeld(folding, channel, number + 1);
}

/** At once, before the next mailbox message: what happens must not depend on where a batch ends. */
function releaseHeld(folding: Folding, channel: number, next: number): void {
  const { draft, memory } = folding;
  for (let number = next; ; number++) {
    const name = `${channel}:${number}`;
    const held = draft.held.has(name) ? draft.held.get(name) : memory.held.get(name);
    if (!held) return;
    if (memory.held.has(name)) draft.held.set(name, null);
    else draft.held.delete(name);
    handle(folding, decode(heldAsStored(held)));
    draft.received.set(channel, number);
  }
}

/**
 * A command whose id is known gets its stored answer. A made id runs only within half its keeping time of its
 * stamp, before or after: so all its copies that may run lie within one keeping time, whatever clock has made the
 * stamp, and the later ones find the answer to the first (R6).
 */
function command(folding: Folding, message: Command, stored: Stored): void {
  const { draft, fetched, madeKeepMs } = folding;
  const known = answered(draft, message.id) ?? fetched.answers.get(message.id);
  if (known !== undefined) {
    draft.repeated.commands += 1;
    if (message.kept) keepAnswer(draft, message, { time: stored.time, body: known });
    reply(draft, message, replayOf(known, message.fingerprint, message.event.type));
    return;
  }
  const { time } = stored;
  if (!message.kept && Math.abs(time - message.madeAt) > madeKeepMs / 2) {
    reply(draft, message, { head: { outcome: 'unknown', time, event: message.event.type } });
    return;
  }
  const answer = answerOf(message, run(folding, { message, stored }));
  keepAnswer(draft, message, { time, body: keptText(folding, message, answer) });
  reply(draft, message, answer);
}

function answerOf(message: Command, ran: Ran): Answer {
  if ('parked' in ran) return { head: { ...ran.parked, ...answerBase(message) } };
  if (ran.answer === undefined) throw new Error('a command is always answered');
  return ran.answer;
}

/** A client may use many keys, and each answer is in the store for a day. */
function keptText({ keptAnswerMaxChars }: Folding, { kept }: Command, answer: Answer): string {
  const whole = kept ? answerText(answer) : undefined;
  return whole !== undefined && whole.length <= keptAnswerMaxChars ? whole : bareAnswerText(answer);
}

/**
 * Once, under the redrive's own id. It stands in no channel, whose counter has long passed it. Whoever repeats
 * a command under its old id is told from now on what came of it.
 */
function sentAgain(folding: Folding, { id, message, by, reply: to }: Redrive, stored: Stored): void {
  const { draft, fetched } = folding;
  let end = answered(draft, id) ?? fetched.answers.get(id);
  if (end === undefined) {
    const ran = run(folding, { message, stored, by });
    end = JSON.stringify(redriveEnd('parked' in ran ? ran.parked : ran.result));
    draft.answers.set(`kept ${id}`, { id, kept: true, time: stored.time, body: end });
    if (message.from === 'outside') {
      const body = keptText(folding, message, answerOf(message, ran));
      keepAnswer(draft, message, { time: stored.time, body });
    }
  }
  if (to !== undefined) draft.replies.push({ ...to, body: end });
}

function answered({ answers }: Draft, id: string): string | undefined {
  return (answers.get(`kept ${id}`) ?? answers.get(`made ${id}`))?.body;
}

function keepAnswer({ answers }: Draft, { id, kept }: Command, given: { time: number; body: string }): void {
  answers.set(`${kept ? 'kept' : 'made'} ${id}`, { id, kept, ...given });
}

function reply(draft: Draft, message: Command, answer: Answer): void {
  if (message.reply !== undefined) draft.replies.push({ ...message.reply, body: answerText(answer) });
}

function run(folding: Folding, given: Running): Ran {
  const ran = attempt(folding, given);
  folding.draft.ran.push(ran);
  return ran;
}

interface Running {
  readonly message: Message;
  readonly stored: Stored;
  readonly by?: string;
}

/**
 * One turn, and the answer where a command asked. All that can throw happens before the draft is touched: a
 * turn that throws is a bug in a chart, or a record that does not parse. The message is parked (R11).
 */
function attempt(folding: Folding, given: Running): Ran {
  const { message, stored } = given;
  const { draft, registry } = folding;
  try {
    const { time, sequence } = stored;
    const result = turn({ registry, record: lookup(folding, keyOf(message.to)), message, time, sequence });
    const cause = unfit(message, result, registry);
    if (cause !== undefined) return { message, parked: park(draft, stored, { to: message.to, cause }) };
    const answer = message.from === 'outside' ? answerTo(folding, message, result) : undefined;
    const publication = journalOf(folding, { ...given, result });
    const posts = postsOf(folding, message, result);
    settle(folding, message, result);
    if (publication !== undefined) publish(draft, publication);
    for (const entry of posts) post(draft, entry);
    return { message, result, answer };
  } catch (error) {
    const parked = park(draft, stored, { to: message.to, cause: messageOf(error) });
    if (message.from === 'timer' || message.from === 'activity') draft.parked.push(message.token);
    return { message, parked };
  }
}

function journalOf(
  { messageMaxChars, recordMaxChars, registry }: Folding,
  { message, stored, by, result }: { message: Message; stored: Stored; by?: string; result: Turn },
): Publication | undefined {
  if (result.outcome.outcome === 'dropped') return undefined;
  const chart = registry.get(message.to.kind)?.definition.version ?? 0;
  const entry = journalPublication(
    { message, time: stored.time, chart, by, maxChars: messageMaxChars },
    result,
  );
  checkSize(entry.body, messageMaxChars, result.event.type);
  if (result.outcome.outcome === 'accepted') checkRecord(result.record, recordMaxChars);
  return entry;
}

function answerBase(message: Command): { event: string; fingerprint?: string } {
  const { fingerprint } = message;
  return { event: message.event.type, ...(fingerprint === undefined ? {} : { fingerprint }) };
}

function answerTo(folding: Folding, message: Command, { outcome, record }: Turn): Answer {
  const base = answerBase(message);
  if (outcome.outcome === 'refused') return { head: { ...base, ...outcome } };
  const kind = folding.registry.get(message.to.kind);
  if (record === undefined || kind === undefined || outcome.outcome === 'dropped') {
    throw new Error('an accepted command leaves a record');
  }
  return {
    head: { ...base, outcome: 'accepted', version: record.version, created: outcome.from === null },
    view: JSON.stringify(viewOf(kind, record, message.principal)),
  };
}

/** Puts the result of a turn into the draft. */
function settle(folding: Folding, message: Message, { outcome, record, effects, event }: Turn): void {
  const { draft } = folding;
  const fields = { to: keyOf(message.to), event: event.type, cause: identityOf(message) };
  if (outcome.outcome === 'dropped') {
    if (outcome.why === 'outlived') draft.outlived.push(identityOf(message));
    return;
  }
  if (outcome.outcome === 'refused') {
    const { reason, state, guards, isAnswered } = outcome;
    draft.notices.push({
      level: isAnswered ? 'debug' : 'info',
      message: 'event refused',
      fields: { ...fields, reason, state, guards },
    });
  }
  if (record !== undefined && record !== lookup(folding, record.key)) draft.actors.set(record.key, record);
  addEffects(draft, effects);
}

/** Each message to another actor gets the next number of the channel to its partition. */
function postsOf(
  { draft, memory, partitions, messageMaxChars }: Folding,
  cause: Message,
  { effects, trace }: Turn,
): OutboxEntry[] {
  const numbers = new Map<number, number>();
  return effects.messages.map(({ id, to, event }) => {
    const channel = partitionOf(keyOf(to), partitions);
    const last = numbers.get(channel) ?? draft.sent.get(channel) ?? memory.sent.get(channel) ?? 0;
    numbers.set(channel, last + 1);
    const message: ActorMessage = {
      from: 'actor',
      to,
      event,
      id,
      sender: { kind: cause.to.kind, id: cause.to.id },
      channel: partitionOf(keyOf(cause.to), partitions),
      number: last + 1,
      ...(trace === undefined ? {} : { trace }),
    };
    const body = checkSize(JSON.stringify(message), messageMaxChars, event.type);
    return { channel, number: last + 1, to, id, body };
  });
}

function checkRecord(record: ActorRecord | undefined, max: number): void {
  if (record === undefined || record.size <= max) return;
  throw new TerminalError(
    `its state has ${record.size} characters, more than the ${max} that an actor may have`,
  );
}

/** What the broker would not take must not get into the outbox: it could never leave it. */
function checkSize(text: string, max: number, what: string): string {
  if (text.length <= max) return text;
  throw new TerminalError(`${what}: ${text.length} characters, more than the ${max} that a message may have`);
}

function lookup({ draft, memory, fetched, registry }: Folding, key: string): ActorRecord | undefined {
  const known = draft.actors.get(key) ?? memory.actors.get(key)?.record ?? draft.loaded.get(key);
  if (known !== undefined) return known;
  const text = fetched.records.get(key);
  const kind = registry.get(addressOf(key).kind);
  if (text === undefined || kind === undefined) return undefined;
  const record = parseRecord(text, kind);
  draft.loaded.set(key, record);
  return record;
}

/** Position and channel move on in the same commit, which also keeps the letter until it is delivered (R11). */
function park(draft: Draft, stored: Stored, { to, cause }: { to: Address; cause: string }): Parked {
  publish(draft, deadLetterPublication(stored, to, cause));
  draft.notices.push({
    level: 'error',
    message: 'dead letter',
    fields: { to: keyOf(to), cause, deadLetter: letterId(stored) },
  });
  return { outcome: 'dead', cause, deadLetter: letterId(stored), event: '' };
}
