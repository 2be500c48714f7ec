/** The store over the tables. Whatever takes part in the order of commits goes through the group commit. */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock, DueTimer, Store } from '../../runtime/ports.ts';
import { createAttendance } from '../memory/attendance.ts';
import { pageOf } from '../memory/page.ts';
import { type Delivery, createCommitWriter } from './commit.ts';
import type { GroupCommit } from './groupCommit.ts';
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
  return { delivers: true, ...owning(options, terms), ...reading(options, terms) };
}

interface Row {
  readonly key: string;
  readonly body: string;
}

type Owning = Pick<Store, 'settle' | 'attend' | 'acquire' | 'renew' | 'release' | 'load' | 'commit'>;

function owning({ database, group, clock, delivery }: StoreOptions, terms: Terms): Owning {
  const attend = createAttendance(clock);
  const leases = createLeases(database, clock);
  const load = createLoad(database);
  const write = createCommitWriter(database, { terms, delivery });
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

function reading({ database, group }: StoreOptions, terms: Terms): Omit<Store, keyof Owning | 'delivers'> {
  const record = bodyOf(database, 'SELECT body FROM records WHERE key = ? AND partition = ?');
  const anywhere = bodyOf(database, 'SELECT body FROM records WHERE key = ?');
  const answer = bodyOf(
    database,
    `SELECT body FROM answers WHERE partition = ?1 AND kept = ?2 AND id = ?3 AND time >=
       (SELECT CASE ?2 WHEN 1 THEN keptBefore ELSE madeBefore END FROM partitions WHERE partition = ?1)`,
  );
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
    fetch: (partition, keys, answers) =>
      group.read(() => ({
        records: keys.map((key) => record(key, partition)),
        answers: answers.map(({ id, kept }) => answer(partition, kept ? 1 : 0, id)),
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
