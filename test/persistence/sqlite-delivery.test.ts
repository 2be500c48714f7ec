/** A commit of the embedded store puts its messages and entries where they belong, in its own transaction. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DatabaseSync } from 'node:sqlite';
import { backendOf } from '../../persistence/sqlite/backend.ts';
import { openDatabase } from '../../persistence/sqlite/database.ts';
import { FencedError } from '../../runtime/errors.ts';
import type { Backend, Commit, Publication, Stored } from '../../runtime/ports.ts';
import { emptyCommit, entry, messagesOf, standingClock, temporaryFile } from './sqlite-support.ts';

const order = { kind: 'order', id: '1' };
const lease = { partition: 0, token: 'token-1' };

let file: string;
let remove: () => void;
let clock: ReturnType<typeof standingClock>;
let database: DatabaseSync;
let backend: Backend;

beforeEach(async () => {
  ({ file, remove } = temporaryFile());
  clock = standingClock();
  open();
  await backend.store.acquire(lease, 3_600_000);
});
afterEach(async () => {
  await backend.close();
  remove();
});

function open(): void {
  database = openDatabase(file);
  backend = backendOf(database, { file, clock });
}

/** Messages to partition 3, with an entry in each log for every one. */
function sending(...names: string[]): Commit {
  return {
    ...emptyCommit,
    addOutbox: names.map((id, n) => ({ channel: 3, number: n + 1, body: `"${id}"`, to: order, id })),
    publications: names.flatMap((id) => [publication('journal', id), publication('dead', id)]),
  };
}

const publication = (log: Publication['log'], id: string): Publication => ({
  log,
  to: order,
  id: `${log} ${id}`,
  body: id,
});

const idsOf = (messages: readonly { id: string }[]): string[] => messages.map(({ id }) => id);

async function delivered(): Promise<{ messages: string[]; journal: string[]; dead: string[] }> {
  const logs = await Promise.all([backend.journal, backend.deadLetters].map((log) => log.read(order, 0, 99)));
  const [journal = [], dead = []] = logs.map((entries) => entries.map(({ body }) => body));
  return { messages: idsOf(await messagesOf(backend.mailbox, 3)), journal, dead };
}

it('delivers all that a commit sends, in order, and stages nothing', async () => {
  await backend.store.commit(lease, 0, sending('a', 'b'));
  expect(backend.store.delivers).toBe(true);
  expect(await delivered()).toEqual({ messages: ['a', 'b'], journal: ['a', 'b'], dead: ['a', 'b'] });
  expect(await backend.store.load(lease)).toMatchObject({ commits: 1, outbox: [], publications: [] });
});

it('delivers nothing of a commit that is refused', async () => {
  await expect(backend.store.commit(lease, 7, sending('a'))).rejects.toThrow(FencedError);
  expect(await delivered()).toEqual({ messages: [], journal: [], dead: [] });
});

it('delivers nothing of a transaction that is taken back, and all of it the next time', async () => {
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
  database.exec(`PRAGMA max_page_count = ${pages}`);
  const tooMuch = entry('large', { body: 'x'.repeat(1_000_000) });
  const [first] = await Promise.allSettled([
    backend.store.commit(lease, 0, sending('a')),
    backend.mailbox.append(tooMuch),
  ]);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'retryable' } });
  database.exec('PRAGMA max_page_count = 1000000');
  expect(await delivered()).toEqual({ messages: [], journal: [], dead: [] });
  await backend.store.commit(lease, 0, sending('a'));
  expect(await delivered()).toEqual({ messages: ['a'], journal: ['a'], dead: ['a'] });
});

it('keeps the order among commits and appends of one transaction, and hands it to readers', async () => {
  const taken: Stored[] = [];
  const inbox = { lost: (cause: Error) => expect.unreachable(cause.message), backlog: () => 0 };
  await backend.mailbox.read(3, { sequence: 1 }, { ...inbox, take: (found) => void taken.push(...found) });
  await Promise.all([
    backend.mailbox.append(entry('first', { partition: 3 })),
    backend.store.commit(lease, 0, sending('a', 'b')),
    backend.mailbox.append(entry('between', { partition: 3 })),
    backend.store.commit(lease, 0, sending('refused')).catch(() => undefined),
    backend.store.commit(lease, 1, sending('c')),
  ]);
  expect(idsOf(taken)).toEqual(['first', 'a', 'b', 'between', 'c']);
  expect(taken.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  const handed = [...taken];
  expect(await messagesOf(backend.mailbox, 3)).toEqual(handed);
});

it('knows an id again that was delivered, also after a restart', async () => {
  await backend.store.commit(lease, 0, sending('a'));
  await backend.close();
  open();
  await backend.mailbox.append(entry('a', { partition: 3, dedupe: true }));
  await backend.journal.append({ to: order, id: 'journal a', body: 'again' });
  expect(await delivered()).toEqual({ messages: ['a'], journal: ['a'], dead: ['a'] });
});

it('still loads, and drops, what was staged in the file before', async () => {
  database.exec(`INSERT INTO outbox (partition, channel, number, body) VALUES (0, 3, 1, 'staged')`);
  const entries = [publication('journal', 'staged')];
  database
    .prepare('INSERT INTO publications (partition, number, entries) VALUES (0, 1, ?)')
    .run(JSON.stringify(entries));
  expect(await backend.store.load(lease)).toMatchObject({
    outbox: [{ channel: 3, number: 1, body: 'staged' }],
    publications: [{ commit: 1, entries }],
  });
  await backend.store.commit(lease, 0, { ...emptyCommit, dropOutbox: { 3: 1 }, dropPublications: [1] });
  expect(await backend.store.load(lease)).toMatchObject({ outbox: [], publications: [] });
});
