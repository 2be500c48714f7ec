/** What a log may do to a journal: entries twice, late, or under an id that was used before. */
import { expect, test } from 'vitest';
import { journalOf, type JournalSource } from '../../cli/journal.ts';

interface Short {
  readonly version: number;
  readonly refused?: boolean;
  readonly at?: number;
  readonly id?: string;
}

function sourceOf(entries: readonly Short[]): JournalSource {
  const stored = entries.map(({ version, refused = false, at = version, id = `e${version}` }, index) => ({
    sequence: (index + 1) * 3,
    time: 0,
    body: JSON.stringify({ id, version, at, outcome: refused ? 'refused' : 'accepted' }),
  }));
  return {
    place: 'here',
    journal: {
      read: (_, after, limit) =>
        Promise.resolve(stored.filter(({ sequence }) => sequence > after).slice(0, limit)),
    },
    close: () => Promise.resolve(),
  };
}

async function read(entries: readonly Short[], until?: number): Promise<string[]> {
  const told: string[] = [];
  for await (const { entry } of journalOf(sourceOf(entries), { kind: 'order', id: 'o' }, until)) {
    told.push(`${entry.version}${entry.outcome === 'refused' ? ' refused' : ''}`);
  }
  return told;
}

const versions = (...all: number[]): Short[] => all.map((version) => ({ version }));

test('more than a page comes in order', async () => {
  const all = Array.from({ length: 1_234 }, (_, index) => index + 1);
  expect(await read(versions(...all))).toEqual(all.map(String));
});

test('what comes behind a sequence is left out', async () => {
  expect(await read(versions(1, 2, 3), 6)).toEqual(['1', '2']);
});

test('an entry that was stored twice comes once', async () => {
  expect(await read(versions(1, 2, 2, 1, 3))).toEqual(['1', '2', '3']);
});

test('a key that came back later is another entry', async () => {
  const entries = [...versions(1, 2), { version: 2, refused: true, id: 'e2', at: 900 }];
  expect(await read(entries)).toEqual(['1', '2', '2 refused']);
});

test('an entry that the log took late is where it belongs', async () => {
  expect(await read(versions(2, 4, 1, 3, 5))).toEqual(['1', '2', '3', '4', '5']);
  const entries = [{ version: 1 }, { version: 2, refused: true, id: 'r' }, { version: 2 }];
  expect(await read(entries)).toEqual(['1', '2', '2 refused']);
});

test('what is not there is not waited for', async () => {
  expect(await read(versions(5, 6, 9, 10))).toEqual(['5', '6', '9', '10']);
});

test('versions that came again after a fall-back stay where they are', async () => {
  const again = { version: 2, id: 'other', at: 50 };
  expect(await read([...versions(1, 2, 3), again, { version: 3, id: 'more', at: 51 }])).toEqual([
    ...['1', '2', '3', '2', '3'],
  ]);
});
