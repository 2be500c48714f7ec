/** A temporary file and a clock that stands still until a test moves it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Commit, Mailbox, Stored } from '../../runtime/ports.ts';

export interface StandingClock extends Clock {
  time: number;
}

/** `after` runs on the next turn of the event loop: what is waited for there is not time but the reader. */
export function standingClock(time = 1_790_000_000_000): StandingClock {
  return {
    time,
    now() {
      return this.time;
    },
    after(_ms, action) {
      const immediate = setImmediate(action);
      return () => clearImmediate(immediate);
    },
  };
}

export function temporaryFile(): { file: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-sqlite-'));
  return { file: join(folder, 'made', 'waybill.db'), remove: () => rmSync(folder, { recursive: true }) };
}

export const emptyCommit: Commit = {
  highWater: 0,
  records: [],
  addTimers: [],
  dropTimers: [],
  addActivities: [],
  dropActivities: [],
  sent: {},
  received: {},
  addOutbox: [],
  dropOutbox: {},
  addHeld: [],
  dropHeld: [],
  answers: [],
  publications: [],
  dropPublications: [],
};

type Entry = Parameters<Mailbox['append']>[0];

export function entry(id: string, change: Partial<Entry> = {}): Entry {
  return {
    to: { kind: 'order', id: 'order-1' },
    partition: 0,
    id,
    dedupe: false,
    body: `"${id}"`,
    ...change,
  };
}

/** Everything that the partition has from a sequence on: reads up to the last one stored. */
export async function messagesOf(mailbox: Mailbox, partition: number, from = 1): Promise<Stored[]> {
  const found: Stored[] = [];
  const end = `end of ${partition} ${Math.random()}`;
  await mailbox.append(entry(end, { partition }));
  return new Promise((resolve, reject) => {
    const reading = mailbox.read(
      partition,
      { sequence: from },
      {
        take(messages) {
          found.push(...messages);
          if (found.at(-1)?.id !== end) return;
          resolve(found.slice(0, -1).filter(({ id }) => !id.startsWith('end of')));
          void reading.then((reader) => reader.close());
        },
        lost: reject,
        backlog: () => 0,
      },
    );
  });
}
