/** What is said when: everything waits for a flush of the log that began after its COMMIT. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { backendOf } from '../../persistence/sqlite/backend.ts';
import { openDatabase } from '../../persistence/sqlite/database.ts';
import type { Backend, Stored } from '../../runtime/ports.ts';
import { emptyCommit, entry, standingClock, temporaryFile } from './sqlite-support.ts';

type Done = (cause: Error | null) => void;

const lease = { partition: 0, token: 'token-1' };
const order = { kind: 'order', id: '1' };
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

let backend: Backend;
let remove: () => void;
/** Flushes that have begun and not ended. */
let flushes: Done[];
let givenUp: string[];

beforeEach(() => {
  const { file, remove: removeFile } = temporaryFile();
  remove = removeFile;
  flushes = [];
  givenUp = [];
  const onGivenUp = (cause: Error): void => void givenUp.push(cause.message);
  backend = backendOf(
    openDatabase(file),
    { file, clock: standingClock(), onGivenUp },
    (done) => void flushes.push(done),
  );
});
afterEach(async () => {
  const closed = backend.close();
  while (flushes.length > 0) endFlush();
  await closed;
  remove();
});

function endFlush(cause: Error | null = null): void {
  flushes.shift()?.(cause);
}

/** Notes in which order promises settle. */
function watched(): { settled: string[]; watch: (name: string, promise: Promise<unknown>) => void } {
  const settled: string[] = [];
  const watch = (name: string, promise: Promise<unknown>): void =>
    void promise.then(
      () => settled.push(name),
      () => settled.push(`${name} rejected`),
    );
  return { settled, watch };
}

it('settles after a flush that began after the COMMIT, one for all that came meanwhile', async () => {
  const { settled, watch } = watched();
  watch('a', backend.mailbox.append(entry('a')));
  await vi.waitFor(() => expect(flushes).toHaveLength(1));
  watch('b', backend.mailbox.append(entry('b')));
  await nextTurn();
  watch('c', backend.mailbox.append(entry('c')));
  await nextTurn();
  expect(settled).toEqual([]);
  expect(flushes).toHaveLength(1);
  endFlush();
  await nextTurn();
  expect(settled).toEqual(['a']);
  expect(flushes).toHaveLength(1);
  endFlush();
  await nextTurn();
  expect(settled).toEqual(['a', 'b', 'c']);
  expect(flushes).toHaveLength(0);
});

it('hands messages to readers before, and answers what is told to others after', async () => {
  const { settled, watch } = watched();
  const taken: Stored[] = [];
  const inbox = { lost: (cause: Error) => expect.unreachable(cause.message), backlog: () => 0 };
  await backend.mailbox.read(0, { sequence: 1 }, { ...inbox, take: (found) => void taken.push(...found) });
  await nextTurn();
  void backend.store.acquire(lease, 60_000);
  const records = [{ key: 'order/1', body: '{}', createdAt: 1, addTerms: ['open'], dropTerms: [] }];
  const publications = [{ log: 'journal' as const, to: order, id: 'j', body: 'j' }];
  void backend.store.commit(lease, 0, { ...emptyCommit, records, publications });
  void backend.mailbox.append(entry('a'));
  await vi.waitFor(() => expect(flushes).toHaveLength(1));
  expect(taken.map(({ id }) => id)).toEqual(['a']);
  expect((await backend.store.fetch(0, ['order/1'], [])).records).toEqual(['{}']);

  watch('record', backend.store.record(0, 'order/1'));
  watch('records', backend.store.records(['order/1']));
  watch('list', backend.store.list({ kind: 'order', terms: ['open'], limit: 9 }));
  watch('count', backend.store.count('order', 'open'));
  watch('journal', backend.journal.read(order, 0, 9));
  await nextTurn();
  expect(settled).toEqual([]);
  endFlush();
  await nextTurn();
  expect(settled).toEqual(['record', 'records', 'list', 'count', 'journal']);
  expect(await backend.store.record(0, 'order/1')).toBe('{}');
});

it('gives up when a flush fails: what was written is in doubt, nothing is read or written any more', async () => {
  const { settled, watch } = watched();
  const first = backend.mailbox.append(entry('a'));
  await vi.waitFor(() => expect(flushes).toHaveLength(1));
  const second = backend.mailbox.append(entry('b'));
  watch('record', backend.store.record(0, 'order/1'));
  await nextTurn();
  const inDoubt = { code: 'retryable', effect: 'unknown' };
  const outcomes = Promise.allSettled([first, second]);
  endFlush(new Error('EIO'));
  expect(await outcomes).toMatchObject([{ reason: inDoubt }, { reason: { effect: 'none' } }]);
  expect(settled).toEqual(['record rejected']);
  expect(givenUp).toEqual(['EIO']);

  expect(flushes).toHaveLength(0);
  await expect(backend.mailbox.append(entry('c'))).rejects.toMatchObject({ effect: 'none' });
  await expect(backend.store.fetch(0, ['order/1'], [])).rejects.toThrow('a flush has failed');
  await expect(backend.store.record(0, 'order/1')).rejects.toThrow('a flush has failed');
  expect(await backend.health()).toMatchObject([{ up: false }]);
  expect(givenUp).toEqual(['EIO']);
});

it('closes when all is on disk', async () => {
  const { settled, watch } = watched();
  watch('append', backend.mailbox.append(entry('a')));
  watch('close', backend.close());
  await expect(backend.mailbox.append(entry('late'))).rejects.toMatchObject({ effect: 'none' });
  await nextTurn();
  expect(settled).toEqual([]);
  endFlush();
  await vi.waitFor(() => expect(settled).toEqual(['append', 'close']));
});
