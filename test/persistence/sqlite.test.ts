import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backendOf, openSqlite } from '../../persistence/sqlite/backend.ts';
import { openDatabase } from '../../persistence/sqlite/database.ts';
import { schemaVersion } from '../../persistence/sqlite/schema.ts';
import { madeId } from '../../runtime/core/made-id.ts';
import { FencedError, RetryableError, TerminalError } from '../../runtime/errors.ts';
import type { Backend, Commit, Stored } from '../../runtime/ports.ts';
import {
  type StandingClock,
  emptyCommit,
  entry,
  messagesOf,
  standingClock,
  temporaryFile,
} from './sqlite-support.ts';

let file: string;
let remove: () => void;
let clock: StandingClock;
let database: DatabaseSync;
let backend: Backend;

function open(options: { windowMs?: number; retentionMs?: number } = {}): void {
  database = openDatabase(file);
  backend = backendOf(database, { file, clock, ...options });
}

async function reopen(options = {}): Promise<void> {
  await backend.close();
  open(options);
}

beforeEach(() => {
  ({ file, remove } = temporaryFile());
  clock = standingClock();
  open();
});

afterEach(async () => {
  await backend.close();
  remove();
});

const epoch = 1_700_000_000_000;
const lease = { partition: 0, token: 'token-1' };

function record(key: string, addTerms: string[] = []): Commit['records'][number] {
  return { key, body: key, createdAt: 1, addTerms, dropTerms: [] };
}

/** The table as schema version 2 had it. */
const formerAnswers = `
  DROP INDEX answers_by_age;
  ALTER TABLE answers RENAME TO present;
  CREATE TABLE answers (
    partition INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (partition, kept, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_by_age ON answers (partition, kept, time);
  INSERT INTO answers SELECT partition, kept, id, time, body FROM present;
  DROP TABLE present;
  PRAGMA user_version = 2;
`;

const idsOf = (messages: readonly { id: string }[]): string[] => messages.map(({ id }) => id);

describe('the file', () => {
  it('is refused while somebody else has it open', async () => {
    await expect(openSqlite({ file, clock })).rejects.toThrow(TerminalError);
    await expect(openSqlite({ file, clock })).rejects.toThrow(`${file} is in use by another Waybill process`);
  });

  it('is refused when another version has written it', async () => {
    database.exec('PRAGMA user_version = 99');
    await backend.close();
    await expect(openSqlite({ file, clock })).rejects.toThrow('has schema version 99');
    const other = new DatabaseSync(file);
    other.exec(`PRAGMA user_version = ${schemaVersion}`);
    other.close();
    open();
  });

  it('is taken over from the version before, with its answers', async () => {
    await backend.store.acquire(lease, 60_000);
    const id = `a%20b|order/1|${madeId(1_700_000_000_000, 'x')}`;
    const answers = ['made', 'kept'].map((body) => ({ id, kept: body === 'kept', time: 5, body }));
    await backend.store.commit(lease, 0, { ...emptyCommit, answers });
    database.exec(formerAnswers);
    await reopen();
    const asked = [
      { id, kept: false },
      { id, kept: true },
    ];
    expect((await backend.store.fetch(0, [], asked)).answers).toEqual(['made', 'kept']);
    expect(database.prepare('SELECT kept, madeAt FROM answers ORDER BY kept').all()).toEqual([
      { kept: 0, madeAt: 1_700_000_000_000 },
      { kept: 1, madeAt: 0 },
    ]);
  });

  it('is refused where it cannot be', async () => {
    await expect(openSqlite({ file: `${file}/below`, clock })).rejects.toThrow(TerminalError);
  });

  it('refuses to run where SQLite keeps no write-ahead log', async () => {
    const opened = openSqlite({ file: ':memory:', clock });
    await expect(opened).rejects.toThrow(TerminalError);
    await expect(opened).rejects.toThrow('no write-ahead log');
  });

  it('keeps everything over a restart, and frees the leases of the process before', async () => {
    await backend.store.acquire(lease, 60_000);
    await backend.mailbox.append(entry('a'));
    await backend.journal.append({ to: { kind: 'order', id: '1' }, id: 'j', body: 'text' });
    const commit = { ...emptyCommit, highWater: 7, records: [record('order/1', ['open'])] };
    await backend.store.commit(lease, 0, { ...commit, position: { sequence: 1, time: 5, id: 'a' } });
    await reopen();

    const next = { partition: 0, token: 'token-2' };
    expect(await backend.store.acquire(next, 60_000)).toEqual({ acquired: true });
    expect(await backend.store.load(next)).toMatchObject({
      commits: 1,
      highWater: 7,
      position: { sequence: 1, time: 5, id: 'a' },
    });
    expect(await backend.store.list({ kind: 'order', terms: ['open'], limit: 9 })).toHaveLength(1);
    expect(await backend.journal.read({ kind: 'order', id: '1' }, 0, 9)).toMatchObject([{ body: 'text' }]);
    expect(idsOf(await messagesOf(backend.mailbox, 0))).toEqual(['a']);
  });

  it('says that it is durable', async () => {
    expect(await backend.health()).toMatchObject([{ name: 'sqlite', up: true, durable: true }]);
    await backend.close();
    expect(await backend.health()).toMatchObject([{ up: false }]);
  });

  it('rejects whatever is asked for after it was closed', async () => {
    await backend.close();
    await expect(backend.mailbox.append(entry('late'))).rejects.toThrow(RetryableError);
    await expect(backend.store.record(0, 'order/1')).rejects.toThrow(RetryableError);
  });
});

describe('the group commit', () => {
  it('refuses a stale commit alone, in the midst of others', async () => {
    await backend.store.acquire(lease, 60_000);
    const commit = (commits: number, key: string): Promise<void> =>
      backend.store.commit(lease, commits, { ...emptyCommit, records: [record(key)] });
    const outcomes = await Promise.allSettled([
      backend.mailbox.append(entry('before')),
      commit(0, 'order/1'),
      commit(0, 'order/stale'),
      commit(1, 'order/2'),
      backend.store.renew({ ...lease, token: 'other' }, 2, 60_000),
      backend.mailbox.append(entry('after')),
    ]);
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(FencedError);
    }
    expect(await backend.store.records(['order/1', 'order/stale', 'order/2'])).toEqual([
      'order/1',
      undefined,
      'order/2',
    ]);
    expect(idsOf(await messagesOf(backend.mailbox, 0))).toEqual(['before', 'after']);
  });

  it('keeps the order of the calls between leases, commits and loads', async () => {
    const [, , state, , taken] = await Promise.all([
      backend.store.acquire(lease, 60_000),
      backend.store.commit(lease, 0, { ...emptyCommit, highWater: 5 }),
      backend.store.load(lease),
      backend.store.release(lease),
      backend.store.acquire({ partition: 0, token: 'token-2' }, 60_000),
    ]);
    expect(state).toMatchObject({ commits: 1, highWater: 5 });
    expect(taken).toEqual({ acquired: true });
  });

  it('shows nothing of what has not settled', async () => {
    await backend.store.acquire(lease, 60_000);
    const committed = backend.store.commit(lease, 0, { ...emptyCommit, records: [record('order/1')] });
    expect(await backend.store.record(0, 'order/1')).toBeUndefined();
    await committed;
    expect(await backend.store.record(0, 'order/1')).toBe('order/1');
  });
});

describe('when the disk is full', () => {
  const unlimited = 1_000_000;

  /** A group of small writes with one in the midst that does not fit. */
  function writeTooMuch(): Promise<PromiseSettledResult<unknown>[]> {
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number };
    database.exec(`PRAGMA max_page_count = ${pages}`);
    return Promise.allSettled([
      backend.mailbox.append(entry('small', { dedupe: true })),
      backend.store.commit(lease, 0, { ...emptyCommit, records: [record('order/1', ['open'])] }),
      backend.journal.append({ to: { kind: 'order', id: '1' }, id: 'j', body: 'x'.repeat(1_000_000) }),
      backend.mailbox.append(entry('after')),
    ]);
  }

  it('rejects the whole group as retryable and keeps nothing of it, in the file or in memory', async () => {
    const taken: Stored[] = [];
    const inbox = { take: (messages: readonly Stored[]) => void taken.push(...messages) };
    await backend.mailbox.read(
      0,
      { sequence: 1 },
      { ...inbox, lost: (cause) => expect.unreachable(cause.message), backlog: () => 0 },
    );
    await backend.store.acquire(lease, 60_000);
    await backend.mailbox.append(entry('first'));
    expect(await backend.store.count('order', 'open')).toBe(0);

    for (const outcome of await writeTooMuch()) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'retryable' } });
    }
    expect(await backend.store.record(0, 'order/1')).toBeUndefined();
    expect(await backend.store.count('order', 'open')).toBe(0);

    database.exec(`PRAGMA max_page_count = ${unlimited}`);
    await backend.mailbox.append(entry('small', { dedupe: true }));
    await backend.journal.append({ to: { kind: 'order', id: '1' }, id: 'j', body: 'fits' });
    expect(await backend.store.load(lease)).toMatchObject({ commits: 0 });
    expect(await backend.journal.read({ kind: 'order', id: '1' }, 0, 9)).toMatchObject([{ body: 'fits' }]);
    expect(idsOf(await messagesOf(backend.mailbox, 0))).toEqual(['first', 'small']);
    expect(idsOf(taken).slice(0, 2)).toEqual(['first', 'small']);
    expect(taken.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  });
});

describe('counts', () => {
  it('follow the commits after they were first asked for', async () => {
    await backend.store.acquire(lease, 60_000);
    const commit = (commits: number, change: Partial<Commit['records'][number]>): Promise<void> =>
      backend.store.commit(lease, commits, {
        ...emptyCommit,
        records: [{ ...record('order/1'), ...change }],
      });
    expect(await backend.store.count('order', 'open')).toBe(0);
    await commit(0, { addTerms: ['open'] });
    expect(await backend.store.count('order', 'open')).toBe(1);
    await commit(1, { addTerms: ['open'] });
    expect(await backend.store.count('order', 'open')).toBe(1);
    await commit(2, { dropTerms: ['open', 'never there'], addTerms: ['closed'] });
    expect(await backend.store.count('order', 'open')).toBe(0);
    expect(await backend.store.count('order', 'never there')).toBe(0);
    expect(await backend.store.count('order', 'closed')).toBe(1);
  });
});

/** In turn under a client's key, a made id, and one that does not say when it was made. */
function answerAt(time: number, n: number): Commit['answers'][number] {
  const id = n % 3 === 1 ? madeId(time, String(n)) : `id-${n}`;
  return { id, kept: n % 3 === 0, time, body: 'b' };
}

describe('forgotten answers', () => {
  it('are gone at once, however many, and stay gone, while their rows go in steps', async () => {
    const rows = (): unknown => database.prepare('SELECT count(*) AS number FROM answers').get();
    const answers = Array.from({ length: 3_000 }, (_, n) => answerAt(epoch + n, n));
    const found = async (): Promise<number[]> => {
      const fetched = await backend.store.fetch(0, [], answers);
      return answers.flatMap((_, n) => (fetched.answers[n] === undefined ? [] : [n]));
    };
    let commits = 0;
    const commit = (given: Partial<Commit> = {}): Promise<void> =>
      backend.store.commit(lease, commits++, { ...emptyCommit, ...given });
    const eight = async (given?: Partial<Commit>): Promise<void> => {
      for (let n = 0; n < 8; n++) await commit(n === 0 ? given : {});
    };
    await backend.store.acquire(lease, 60_000);
    await eight({ answers });
    await commit({ forget: { madeBefore: epoch + 2_995, keptBefore: epoch + 2_998 } });
    expect(await found()).toEqual([2_995, 2_996, 2_998, 2_999]);
    expect(rows()).toEqual({ number: 3_000 });
    await eight({ forget: { madeBefore: epoch + 3, keptBefore: epoch + 3 } });
    expect(await found()).toEqual([2_995, 2_996, 2_998, 2_999]);
    expect(rows()).toEqual({ number: 600 });
    await eight();
    expect(rows()).toEqual({ number: 4 });
  });

  it('do not pile up, though the limits move only once a minute', async () => {
    const minutes = 8;
    const commits = 30;
    const each = 100;
    await backend.store.acquire(lease, 60_000);
    const work = Array.from({ length: minutes * commits }, (_, number) => {
      const minute = Math.floor(number / commits);
      const answers = Array.from({ length: each }, (_, n) => answerAt(epoch + minute, number * each + n));
      const forget = { madeBefore: epoch + minute - 2, keptBefore: epoch + minute - 2 };
      const isFirst = number % commits === 0;
      return backend.store.commit(lease, number, { ...emptyCommit, answers, ...(isFirst ? { forget } : {}) });
    });
    await Promise.all(work);
    const rows = database.prepare('SELECT count(*) AS number FROM answers').get();
    expect(rows).toEqual({ number: 3 * commits * each });
  });
});

describe('mailbox time', () => {
  it('never goes back, whatever the clock does, also over a restart', async () => {
    const start = clock.time;
    await backend.mailbox.append(entry('a'));
    clock.time = start - 10_000;
    await backend.mailbox.append(entry('b'));
    await reopen();
    await backend.mailbox.append(entry('c'));
    clock.time = start + 5;
    await backend.mailbox.append(entry('d'));
    const times = (await messagesOf(backend.mailbox, 0)).map(({ time }) => time - start);
    expect(times).toEqual([0, 0, 0, 5]);
  });

  it('measures the duplicate window, which outlives a restart', async () => {
    const repeat = entry('again', { dedupe: true });
    await backend.mailbox.append(repeat);
    await backend.journal.append({ to: { kind: 'order', id: '1' }, id: 'j', body: 'one' });
    clock.time += 119_000;
    await reopen();
    await backend.mailbox.append(repeat);
    await backend.journal.append({ to: { kind: 'order', id: '1' }, id: 'j', body: 'two' });
    expect(await messagesOf(backend.mailbox, 0)).toHaveLength(1);
    expect(await backend.journal.read({ kind: 'order', id: '1' }, 0, 9)).toHaveLength(1);
    clock.time += 2_000;
    await backend.mailbox.append(repeat);
    expect(await messagesOf(backend.mailbox, 0)).toHaveLength(2);
  });
});

describe('retention', () => {
  const day = 24 * 3_600_000;

  async function appendMany(partition: number, prefix: string, count = 300): Promise<void> {
    const numbers = Array.from({ length: count }, (_, n) => n);
    await Promise.all(numbers.map((n) => backend.mailbox.append(entry(`${prefix}-${n}`, { partition }))));
  }

  it('removes old messages below the committed position, and nothing else', async () => {
    await reopen({ retentionMs: day });
    await appendMany(0, 'old');
    await appendMany(1, 'unread');
    const [, , third] = await messagesOf(backend.mailbox, 0, 198);
    expect(third).toMatchObject({ sequence: 200 });
    await backend.store.acquire(lease, 60_000);
    if (third !== undefined) await backend.store.commit(lease, 0, { ...emptyCommit, position: third });
    clock.time += day + 1;
    await appendMany(0, 'young');

    const left = await messagesOf(backend.mailbox, 0);
    expect(left[0]).toEqual(third);
    expect(left).toHaveLength(101 + 300);
    expect(await messagesOf(backend.mailbox, 1)).toHaveLength(300);
    expect((await backend.mailbox.bounds()).first).toBe(200);
    expect(await backend.mailbox.at(0, 199)).toBeUndefined();
    await reopen({ retentionMs: day });
    expect(await messagesOf(backend.mailbox, 0)).toEqual(left);
  });

  it('never uses a sequence again, even when all is worked off and old', async () => {
    await reopen({ retentionMs: day });
    await appendMany(0, 'old');
    const last = (await messagesOf(backend.mailbox, 0)).at(-1);
    await backend.store.acquire(lease, 60_000);
    if (last !== undefined) await backend.store.commit(lease, 0, { ...emptyCommit, position: last });
    clock.time += 2 * day;
    await appendMany(1, 'other');
    const before = await backend.mailbox.bounds();
    await reopen();
    expect(await backend.mailbox.bounds()).toEqual(before);
    await backend.mailbox.append(entry('next'));
    expect(idsOf(await messagesOf(backend.mailbox, 0, before.last + 1))).toEqual(['next']);
  });
});
