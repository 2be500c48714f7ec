/** The statements of the mailbox table. A place is a partition's number and the sequence, in one integer. */
import type { DatabaseSync } from 'node:sqlite';
import type { Position, Stored } from '../../runtime/ports.ts';

/** Room for 10^12 messages in each of 4,096 partitions, below 2^53. */
const sequencesMax = 2 ** 40;

export interface MailboxTable {
  readonly insert: (partition: number, message: Stored, dedupe: boolean) => void;
  readonly at: (partition: number, sequence: number) => Position | undefined;
  readonly page: (partition: number, from: number, limit: number) => Stored[];
  /** The first sequence whose time is not before; the one after the last if there is none. */
  readonly firstSince: (partition: number, time: number) => number;
  readonly bounds: () => { first: number; last: number };
  /** The partition's last message. */
  readonly last: (partition: number) => Position | undefined;
  /** The last sequence given out and its time. */
  readonly newest: () => { sequence: number; time: number };
  /** Messages appended with `dedupe` since a time, in no order. */
  readonly dedupedSince: (time: number) => Position[];
  /** Removes the partition's oldest messages below a sequence, at most so many. */
  readonly remove: (partition: number, below: number, limit: number) => void;
}

interface Row {
  readonly place: number;
  readonly time: number;
  readonly dedupe: number;
  readonly id: string;
  readonly body: string;
}

type Head = Pick<Row, 'place' | 'time' | 'id' | 'dedupe'>;

const placeOf = (partition: number, sequence: number): number => partition * sequencesMax + sequence;
const sequenceOf = (place: number): number => place % sequencesMax;

export function createMailboxTable(database: DatabaseSync): MailboxTable {
  const insert = database.prepare(
    'INSERT INTO mailbox (place, time, dedupe, id, body) VALUES (?, ?, ?, ?, ?)',
  );
  const page = database.prepare(
    'SELECT place, time, id, body FROM mailbox WHERE place >= ? AND place < ? ORDER BY place LIMIT ?',
  );
  const remove = database.prepare(
    `DELETE FROM mailbox WHERE place IN
       (SELECT place FROM mailbox WHERE place >= ? AND place < ? ORDER BY place LIMIT ?)`,
  );
  const { first, last, headsDown } = headStatements(database);

  function newest(): { sequence: number; time: number } {
    let found = { sequence: 0, time: 0 };
    for (const partition of partitions(first)) {
      const head = last(partition);
      if (head !== undefined && sequenceOf(head.place) > found.sequence) {
        found = { sequence: sequenceOf(head.place), time: head.time };
      }
    }
    return found;
  }

  return {
    insert: (partition, { sequence, time, id, body }, dedupe) =>
      void insert.run(placeOf(partition, sequence), time, dedupe ? 1 : 0, id, body),
    at(partition, sequence) {
      const head = first(placeOf(partition, sequence));
      return head?.place === placeOf(partition, sequence) ? positionOf(head) : undefined;
    },
    page: (partition, from, limit) =>
      (page.all(placeOf(partition, from), placeOf(partition + 1, 0), limit) as unknown as Row[]).map(
        storedOf,
      ),
    firstSince: (partition, time) => firstSince(partition, time, { first, last }),
    bounds() {
      const oldest = [...partitions(first)].map((partition) => first(placeOf(partition, 0))?.place ?? 0);
      return {
        first: oldest.length === 0 ? 0 : Math.min(...oldest.map(sequenceOf)),
        last: newest().sequence,
      };
    },
    last(partition) {
      const head = last(partition);
      return head && positionOf(head);
    },
    newest,
    dedupedSince: (time) => [...partitions(first)].flatMap((partition) => headsDown(partition, time)),
    remove: (partition, below, limit) =>
      void remove.run(placeOf(partition, 0), placeOf(partition, below), limit),
  };
}

interface Heads {
  /** The first message at a place or later, in whatever partition. */
  readonly first: (place: number) => Head | undefined;
  /** The partition's last message. */
  readonly last: (partition: number) => Head | undefined;
}

function headStatements(database: DatabaseSync): Heads & {
  readonly headsDown: (partition: number, since: number) => Position[];
} {
  const head = 'SELECT place, time, id, dedupe FROM mailbox';
  const first = database.prepare(`${head} WHERE place >= ? ORDER BY place LIMIT 1`);
  const down = `${head} WHERE place >= ? AND place < ? ORDER BY place DESC`;
  const last = database.prepare(`${down} LIMIT 1`);
  const newestFirst = database.prepare(down);

  return {
    first: (place) => first.get(place) as Head | undefined,
    last: (partition) => last.get(placeOf(partition, 0), placeOf(partition + 1, 0)) as Head | undefined,
    headsDown(partition, since) {
      const found: Position[] = [];
      for (const row of newestFirst.iterate(placeOf(partition, 0), placeOf(partition + 1, 0))) {
        const message = row as unknown as Head;
        if (message.time < since) break;
        if (message.dedupe === 1) found.push(positionOf(message));
      }
      return found;
    },
  };
}

/** The partitions that have messages: one jump each, so the number of messages does not matter. */
function* partitions(first: Heads['first']): Generator<number> {
  for (let head = first(0); head !== undefined;) {
    const partition = Math.floor(head.place / sequencesMax);
    yield partition;
    head = first(placeOf(partition + 1, 0));
  }
}

/** By halving, because times grow with the sequences. */
function firstSince(partition: number, time: number, { first, last }: Heads): number {
  const newest = last(partition);
  if (newest === undefined) return 0;
  let low = 0;
  let high = sequenceOf(newest.place) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const head = first(placeOf(partition, middle));
    if (head === undefined || head.time >= time) high = middle;
    else low = sequenceOf(head.place) + 1;
  }
  return low;
}

const positionOf = ({ place, time, id }: Head): Position => ({ sequence: sequenceOf(place), time, id });

const storedOf = ({ place, time, id, body }: Row): Stored => ({
  sequence: sequenceOf(place),
  time,
  id,
  body,
});
