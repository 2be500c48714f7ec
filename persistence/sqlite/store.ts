/** The store over the tables. Whatever takes part in the order of commits goes through the group commit. */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock, DueTimer, Store } from '../../runtime/ports.ts';
import { createAttendance } from '../memory/attendance.ts';
import { pageOf } from '../memory/page.ts';
import { type Answers, createAnswers } from './answers.ts';
import { type Delivery, createCommitWriter } from './commit.ts';
import type { GroupCommit } from './group-commit.ts';
import { createLeases } from './leases.ts';
import { createLoad } from './load.ts';
import { type Terms, createTerms } from './terms.ts';

export interface StoreOptions {
  readonly database: DatabaseSync;
  readonly group: GroupCommit;
  readonly clock: Clock;
  readonly delivery: Delivery;
}

export function createStore(options: StoreOptions): Store {
  const terms = createTerms(options.database, options.group);
  const tables = { terms, answers: createAnswers(options.database) };
  return { delivers: true, ...owning(options, tables), ...reading(options, tables) };
}

interface Row {
  readonly key: string;
  readonly body: string;
}

type Owning = Pick<Store, 'settle' | 'attend' | 'acquire' | 'renew' | 'release' | 'load' | 'commit'>;

interface Tables {
  readonly terms: Terms;
  readonly answers: Answers;
}

function owning({ database, group, clock, delivery }: StoreOptions, tables: Tables): Owning {
  const attend = createAttendance(clock);
  const leases = createLeases(database, clock);
  const load = createLoad(database);
  const write = createCommitWriter(database, { ...tables, delivery });
  const settle = database.prepare(
    `INSERT INTO settings (name, value) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET value = value RETURNING value`,
  );

  return {
    settle: (name, value) => group.run(() => (settle.get(name, value) as { value: string }).value),
    // One file has one process: nobody else could count.
    attend: (node, ms) => Promise.resolve(attend(node, ms)),
    acquire: (lease, leaseMs) => group.run(() => leases.acquire(lease, leaseMs)),
    renew: (lease, commits, leaseMs) => group.run(() => leases.renew(lease, commits, leaseMs)),
    release: (lease) => group.run(() => leases.release(lease)),
    load: (lease) =>
      group.run(() => {
        leases.check(lease);
        return load(lease.partition);
      }),
    commit: (lease, commits, commit) =>
      group.run(() => {
        leases.check(lease, commits);
        write(commit, lease.partition, commits + 1);
      }),
  };
}

function reading(
  { database, group }: StoreOptions,
  { terms, answers }: Tables,
): Omit<Store, keyof Owning | 'delivers'> {
  const record = bodyOf(database, 'SELECT body FROM records WHERE key = ? AND partition = ?');
  const anywhere = bodyOf(database, 'SELECT body FROM records WHERE key = ?');
  const due = database.prepare(
    'SELECT key, timer, at, token FROM timers WHERE partition = ? AND at <= ? ORDER BY at LIMIT ?',
  );
  const browse = database.prepare(
    'SELECT key, body FROM records WHERE partition = ? AND key > ? ORDER BY key LIMIT ?',
  );
  const received = database.prepare('SELECT number FROM received WHERE partition = ? AND channel = ?');
  const receivedBy = (receiver: number, sender: number): number =>
    (received.get(receiver, sender) as { number: number } | undefined)?.number ?? 0;

  return {
    fetch: (partition, keys, asked) =>
      group.read(() => ({
        records: keys.map((key) => record(key, partition)),
        answers: asked.map((id) => answers.find(partition, id)),
      })),
    due: (partition, before, limit) =>
      group.read(() => due.all(partition, before, limit).map((row) => ({ ...row }) as unknown as DueTimer)),
    received: (sender, receivers) =>
      group.read(() =>
        Object.fromEntries(receivers.map((receiver) => [receiver, receivedBy(receiver, sender)])),
      ),
    record: (partition, key) => group.readSettled(() => record(key, partition)),
    list: (query) => group.readSettled(() => terms.list(query)),
    records: (keys) => group.readSettled(() => keys.map((key) => anywhere(key))),
    browse: (partition, from, limit) =>
      group.read(() => {
        const rows = browse.all(partition, from ?? '', limit).map((row) => ({ ...row }) as unknown as Row);
        return pageOf(rows, limit);
      }),
    count: (kind, term) => group.readSettled(() => terms.count(kind, term)),
  };
}

function bodyOf(database: DatabaseSync, sql: string): (...key: (string | number)[]) => string | undefined {
  const statement = database.prepare(sql);
  return (...key) => (statement.get(...key) as { body: string } | undefined)?.body;
}
