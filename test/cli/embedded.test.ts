/** A file is copied while its owner writes: what was acknowledged before is in the copy, whole and in order. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEmbedded } from '../../cli/embedded.ts';
import { journalOf, type JournalSource } from '../../cli/journal.ts';
import { openSqlite } from '../../persistence/sqlite/backend.ts';
import { systemClock } from '../../persistence/system.ts';
import type { Backend } from '../../runtime/ports.ts';
import { makeFolder } from '../support/places.ts';

const to = { kind: 'order', id: 'o-1' };
/** So large that the log is copied into the file, and begun anew, every few hundred entries. */
const filling = 'x'.repeat(60_000);

const appending = (backend: Backend) => (version: number) => {
  const body = JSON.stringify({ id: `e${version}`, version, at: version, outcome: 'accepted', filling });
  return backend.journal.append({ to, id: `e${version}`, body });
};

/** How many entries a copy has; throws where one is missing. */
async function countIn(source: JournalSource): Promise<number> {
  let last = 0;
  for await (const { entry } of journalOf(source, to)) {
    expect(entry.version).toBe(last + 1);
    last = entry.version;
  }
  await source.close();
  return last;
}

async function opened(onTestFinished: (remove: () => Promise<void>) => void) {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const file = join(folder.path, 'waybill.db');
  const backend = await openSqlite({ file, clock: systemClock });
  onTestFinished(() => backend.close());
  return { file, backend, append: appending(backend) };
}

test('a log that begins anew between the copy of the file and its own makes all be copied again', async ({
  onTestFinished,
}) => {
  const { file, append } = await opened(onTestFinished);
  for (let version = 1; version <= 100; version++) await append(version);
  let version = 100;
  let copies = 0;
  const source = await openEmbedded(file, async (from, copy, mode) => {
    await copyFile(from, copy, mode);
    if (from === file && ++copies === 1) while (version < 800) await append(++version);
  });
  expect([copies, await countIn(source)]).toEqual([2, 800]);
});

test('every copy has what was acknowledged before it', async ({ onTestFinished }) => {
  const { file, append } = await opened(onTestFinished);
  let asked = 0;
  let acknowledged = 0;
  let ending = false;
  async function write(): Promise<void> {
    while (!ending) {
      const version = ++asked;
      await append(version);
      acknowledged = Math.max(acknowledged, version);
    }
  }
  const writing = Promise.all([write(), write(), write(), write()]);
  try {
    while (acknowledged < 1_000) {
      // Four at once are acknowledged in any order, at most three before the first.
      const before = acknowledged - 3;
      expect(await countIn(await openEmbedded(file))).toBeGreaterThanOrEqual(before);
    }
  } finally {
    ending = true;
    await writing;
  }
});
