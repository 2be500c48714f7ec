/** Reads a partition's state; inside the group commit, so all of it belongs to one commit number. */
import type { DatabaseSync } from 'node:sqlite';
import type { PartitionState, PendingActivity, Position, Publication } from '../../runtime/ports.ts';

interface PartitionRow {
  readonly commits: number;
  readonly highWater: number;
  readonly sequence: number | null;
  readonly time: number | null;
  readonly id: string | null;
  readonly indexed: string | null;
}

export function createLoad(database: DatabaseSync): (partition: number) => PartitionState {
  const all = <Row>(sql: string): ((partition: number) => Row[]) => {
    const statement = database.prepare(sql);
    return (partition) => statement.all(partition).map((row) => ({ ...row }) as Row);
  };
  const where = 'WHERE partition = ? ORDER BY';
  const partitions = all<PartitionRow>(
    'SELECT commits, highWater, sequence, time, id, indexed FROM partitions WHERE partition = ?',
  );
  const charts = all<ChartRow>(`SELECT kind, version FROM charts ${where} kind`);
  const sent = all<Counter>(`SELECT channel, number FROM sent ${where} channel`);
  const received = all<Counter>(`SELECT channel, number FROM received ${where} channel`);
  const outbox = all<PartitionState['outbox'][number]>(
    `SELECT channel, number, body FROM outbox ${where} channel, number`,
  );
  const held = all<PartitionState['held'][number]>(
    `SELECT channel, number, id, time, body FROM held ${where} channel, number`,
  );
  const activities = all<PendingActivity>(
    `SELECT key, activity, source, token, input, startedAt FROM activities ${where} token`,
  );
  const publications = all<PublicationRow>(`SELECT number, entries FROM publications ${where} number`);

  return (partition) => {
    const [row] = partitions(partition);
    const position = positionOf(row);
    return {
      commits: row?.commits ?? 0,
      ...(position === undefined ? {} : { position }),
      highWater: row?.highWater ?? 0,
      charts: Object.fromEntries(charts(partition).map(({ kind, version }) => [kind, version])),
      ...(row?.indexed ? { indexed: row.indexed } : {}),
      sent: byChannel(sent(partition)),
      received: byChannel(received(partition)),
      outbox: outbox(partition),
      held: held(partition),
      activities: activities(partition),
      publications: publications(partition).map(publicationOf),
    };
  };
}

interface ChartRow {
  readonly kind: string;
  readonly version: number;
}

interface Counter {
  readonly channel: number;
  readonly number: number;
}

interface PublicationRow {
  readonly number: number;
  readonly entries: string;
}

function positionOf(row: PartitionRow | undefined): Position | undefined {
  if (row === undefined || row.sequence === null || row.time === null || row.id === null) return undefined;
  return { sequence: row.sequence, time: row.time, id: row.id };
}

function byChannel(counters: readonly Counter[]): Record<number, number> {
  return Object.fromEntries(counters.map(({ channel, number }) => [channel, number]));
}

/** The text is what `commit` wrote from typed values; nobody else writes this file. */
function publicationOf({ number, entries }: PublicationRow): PartitionState['publications'][number] {
  return { commit: number, entries: JSON.parse(entries) as Publication[] };
}
