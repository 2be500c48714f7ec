/** An embedded Waybill as the doctor reads it: a copy of the file, all of it from one moment. */
import { copyFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import type { DeadEntry } from '../../runtime/reading/dead-letters.ts';
import { openEmbedded } from '../embedded.ts';
import { pageMax, type DoctorSource } from './source.ts';

/** `TerminalError` where the file is none of this Waybill's. */
export async function openDoctorEmbedded(file: string): Promise<DoctorSource> {
  let copied = '';
  const opened = await openEmbedded(file, async (from, copy, mode) => {
    if (from === file) copied = String(copy);
    await copyFile(from, copy, mode);
  });
  const database = new DatabaseSync(copied);
  return {
    place: opened.place,
    ...reading(database),
    async close() {
      database.close();
      await opened.close();
    },
  };
}

function reading(database: DatabaseSync): Pick<DoctorSource, 'pages' | 'records' | 'deadLetters'> {
  const page = database.prepare(
    `SELECT key, createdAt, body FROM records WHERE kind = ? AND (createdAt, key) > (?, ?)
     ORDER BY createdAt, key LIMIT ${pageMax}`,
  );
  const record = database.prepare('SELECT body FROM records WHERE key = ?');
  const letters = database.prepare(
    `SELECT sequence, body FROM dead WHERE sequence > ? ORDER BY sequence LIMIT ${pageMax}`,
  );
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a cluster waits for its pages
    async *pages(kind) {
      for (let last: Row | undefined; ;) {
        const rows = page.all(kind, last?.createdAt ?? -1, last?.key ?? '') as unknown as Row[];
        last = rows.at(-1);
        if (last === undefined) return;
        yield rows.map(({ body }) => body);
      }
    },
    records: (keys) =>
      Promise.resolve(keys.map((key) => (record.get(key) as { body: string } | undefined)?.body)),
    // eslint-disable-next-line @typescript-eslint/require-await -- as above
    async *deadLetters() {
      for (let after = 0; ;) {
        const rows = letters.all(after) as unknown as { sequence: number; body: string }[];
        for (const { body } of rows) yield JSON.parse(body) as DeadEntry;
        const last = rows.at(-1);
        if (last === undefined) return;
        after = last.sequence;
      }
    },
  };
}

interface Row {
  readonly key: string;
  readonly createdAt: number;
  readonly body: string;
}
