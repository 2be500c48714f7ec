/** What must hold once the faults have ended and everything has come to rest. */
import { isDeepStrictEqual } from 'node:util';
import type { Log } from '../../runtime/ports.ts';
import { addressOf } from '../../runtime/address.ts';
import { shownTo } from '../../runtime/definition.ts';
import type { DeadLetter, JournalEntry } from '../../runtime/core/entry.ts';
import type { Answer, Head } from '../../runtime/core/answer.ts';
import { Violation, type Books, type History } from './books.ts';
import type { World } from './simulate.ts';
import type { Asked } from './client.ts';
import type { Settled } from './workload.ts';

/** What is still to come; undefined when all is at rest. */
export function unsettled(world: World): string | undefined {
  if (!world.isIdle()) return 'a client waits for an answer';
  for (let partition = 0; partition < world.options.partitions; partition++) {
    const books = world.oracle.partitions.get(partition);
    const last = world.broker.lastOf(partition);
    if ((books?.position?.sequence ?? 0) < last) return `partition ${partition} has not read message ${last}`;
    const pending = books && pendingIn(world, books);
    if (pending !== undefined) return `partition ${partition}: ${pending}`;
  }
  return undefined;
}

function pendingIn(world: World, { outbox, held, publishing, pending }: Books): string | undefined {
  const { oracle } = world;
  const mailboxNow = world.mailboxNow();
  const [message] = outbox.values();
  if (message !== undefined) return `${message} is in the outbox`;
  if (held.size > 0) return `message ${[...held].join()} is held back`;
  if (publishing.size > 0) return `commits ${[...publishing].join()} are not published`;
  // A timer may lie days ahead.
  const waiting = [...pending.keys()].filter((token) => (oracle.timers.get(token)?.at ?? 0) <= mailboxNow);
  if (waiting.length > 0) return `timers or activities ${waiting.join()} are pending`;
  return undefined;
}

/** I4: each message that was sent was taken, and nothing else. */
export function checkMessages({ oracle }: World): void {
  const books = [...oracle.partitions.values()];
  const sent = new Set(books.flatMap(({ sentTo }) => [...sentTo].flatMap(([key, ids]) => pairs(key, ids))));
  const histories = books.flatMap(({ actors }) => [...actors]);
  const taken = new Set(histories.flatMap(([key, { fromActors }]) => pairs(key, fromActors)));
  const [lost] = sent.difference(taken);
  if (lost !== undefined) throw new Violation('I4', `never taken: ${lost}`);
  const [made] = taken.difference(sent);
  if (made !== undefined) throw new Violation('I4', `taken, and sent by nobody: ${made}`);
}

function pairs(key: string, ids: Iterable<string>): string[] {
  return [...ids].map((id) => `${id} to ${key}`);
}

/** All actors as the store and the journal have them. */
export async function settledActors(world: World): Promise<Map<string, Settled>> {
  const actors = new Map<string, Settled>();
  for (const [partition, books] of world.oracle.partitions) {
    for (const key of books.actors.keys()) {
      const text = await world.servers.store.record(partition, key);
      if (text === undefined) continue;
      const { snapshot } = JSON.parse(text) as { snapshot: { value: unknown; context: unknown } };
      const journal = (await read(world.servers.journal, key)) as JournalEntry[];
      actors.set(key, { key, journal: once(journal), context: snapshot.context, value: snapshot.value });
    }
  }
  return actors;
}

/** R11: the journal has all that was taken, and is what the store says. */
export function checkLogs({ oracle }: World, actors: ReadonlyMap<string, Settled>): void {
  for (const { actors: histories } of oracle.partitions.values()) {
    for (const [key, history] of histories) {
      const journal = actors.get(key)?.journal;
      if (journal !== undefined) checkJournal(key, journal, history);
    }
  }
}

function checkJournal(key: string, journal: Settled['journal'], { accepted, journaled }: History): void {
  const [lacking] = journaled.difference(new Set(journal.map(({ cause }) => cause)));
  if (lacking !== undefined) throw new Violation('R11', `the journal of ${key} lacks ${lacking}`);
  for (const { outcome, version, cause, after } of journal) {
    const written = accepted[version - 1];
    const same = written?.cause === cause && written.text === JSON.stringify(after);
    if (outcome === 'accepted' && !same)
      throw new Violation('I3', `the journal of ${key} has another version ${version}: ${cause}`);
  }
}

/** I2, I5, I7: what was answered happened, once, and the same is answered each time. */
export function checkAnswers(world: World): void {
  const versions = new Set<string>();
  for (const asked of world.asked) {
    const { key } = asked.asking;
    const history = world.oracle.actor(world.partition(key), key);
    const version = checkAnswer(world, asked, history);
    if (version === undefined) continue;
    if (versions.has(`${key}@${version}`))
      throw new Violation('I2', `${causeOf(asked)} was answered with version ${version}, as another one was`);
    versions.add(`${key}@${version}`);
  }
}

/** The version that was answered, if it was accepted. */
function checkAnswer(world: World, asked: Asked, history: History | undefined): number | undefined {
  const answers = asked.replies.flatMap((reply) => (reply.reply === 'answered' ? [reply.answer] : []));
  const head = headOf(asked, answers);
  if (head === undefined) return undefined;
  const own = causeOf(asked);
  if (head.outcome !== 'accepted') {
    checkRefusal(own, head, history);
    return undefined;
  }
  const written = history?.accepted[head.version - 1];
  if (written?.cause.startsWith(own) !== true)
    throw new Violation('I7', `${own} was answered with version ${head.version}, which is ${written?.cause}`);
  for (const { view } of answers) {
    if (view !== undefined) checkView(world, asked, { view, text: written.text, version: head.version });
  }
  return head.version;
}

/** R6: the same under one key, each time. */
function headOf(asked: Asked, answers: readonly Answer[]): Head | undefined {
  const outcomes = new Set(answers.map(({ head }) => outcomeText(head)));
  if (outcomes.size > 1) throw new Violation('R6', `${causeOf(asked)}: ${[...outcomes].join(', ')}`);
  const [answer] = answers;
  if (answer?.head.outcome === 'key-reused')
    throw new Violation('R6', `${causeOf(asked)}: the key is another command's`);
  return answer?.head;
}

function outcomeText(head: Head): string {
  const { outcome } = head;
  return [outcome, 'version' in head ? head.version : '', 'reason' in head ? head.reason : ''].join(' ');
}

function checkRefusal(own: string, head: Head, history: History | undefined): void {
  if (history?.accepted.some(({ cause }) => cause === own) === true)
    throw new Violation('I5', `${own} was ${head.outcome}, and happened`);
  const journaled = history?.refused.get(own);
  if (head.outcome === 'refused' && journaled !== undefined && journaled !== head.reason)
    throw new Violation('I5', `${own} was refused as ${head.reason}, and the journal says ${journaled}`);
}

/** What the caller was shown is the version that it was answered with. */
function checkView(
  { workload }: World,
  { asking: { key }, principal }: Asked,
  { view, text, version }: { view: string; text: string; version: number },
): void {
  const definition = workload.registry.get(addressOf(key).kind)?.definition;
  const { value, context } = JSON.parse(text) as { value: unknown; context: unknown };
  const shown = JSON.parse(view) as { version?: number; state?: unknown; context?: unknown };
  const expected = { version, state: value, context: definition && shownTo(principal, definition, context) };
  if (!isDeepStrictEqual(pick(shown), JSON.parse(JSON.stringify(expected))))
    throw new Violation('I7', `${key}@${version} was shown as ${view}`);
}

function pick({ version, state, context }: { version?: number; state?: unknown; context?: unknown }): object {
  return { version, state, context };
}

/** The whole cause where there is a key, else its beginning. */
function causeOf({ principal, asking, idempotencyKey = '' }: Asked): string {
  return `${encodeURIComponent(principal.subject)}|${asking.key}|${idempotencyKey}`;
}

/** A log may hold an entry twice; its id tells. */
function once<Entry extends JournalEntry | DeadLetter>(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

async function read(log: Log, key: string): Promise<unknown[]> {
  return (await log.read(addressOf(key), 0, 100_000)).map(({ body }) => JSON.parse(body) as unknown);
}
