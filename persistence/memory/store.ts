/** A memory server's store: each call is one step, so each is atomic. */
import { FencedError } from '../../runtime/errors.ts';
import type { Clock, Lease, Store } from '../../runtime/ports.ts';
import { createAttendance } from './attendance.ts';
import { pageOf } from './page.ts';
import { type Partition, answerKey, apply, emptyPartition, stateOf } from './partition.ts';
import { type Records, createRecords } from './records.ts';
import { step } from './step.ts';

interface State {
  readonly clock: Clock;
  readonly records: Records;
  readonly settings: Map<string, string>;
  readonly partition: (number: number) => Partition;
}

export function createMemoryStore(clock: Clock): Store {
  const partitions = new Map<number, Partition>();
  const state: State = {
    clock,
    records: createRecords(),
    settings: new Map(),
    partition(number) {
      const found = partitions.get(number) ?? emptyPartition();
      partitions.set(number, found);
      return found;
    },
  };
  return { delivers: false, ...owning(state), ...reading(state) };
}

type Owning = Pick<Store, 'settle' | 'attend' | 'acquire' | 'renew' | 'release' | 'load' | 'commit'>;

function owning({ clock, records, settings, partition }: State): Owning {
  const attend = createAttendance(clock);

  function owned(lease: Lease, commits?: number): Partition {
    const found = partition(lease.partition);
    const stale = commits !== undefined && commits !== found.commits;
    if (found.lease?.token !== lease.token || found.lease.deadline <= clock.now() || stale) {
      throw new FencedError(`partition ${lease.partition} is not ours any more`);
    }
    return found;
  }

  return {
    settle: (name, value) =>
      step(() => {
        const settled = settings.get(name) ?? value;
        settings.set(name, settled);
        return settled;
      }),
    attend: (node, ms) => step(() => attend(node, ms)),
    acquire: (lease, leaseMs) =>
      step(() => {
        const found = partition(lease.partition);
        const remainingMs = (found.lease?.deadline ?? 0) - clock.now();
        if (found.lease !== undefined && remainingMs > 0) return { acquired: false, remainingMs };
        found.lease = { token: lease.token, deadline: clock.now() + leaseMs };
        return { acquired: true };
      }),
    renew: (lease, commits, leaseMs) =>
      step(() => {
        owned(lease, commits).lease = { token: lease.token, deadline: clock.now() + leaseMs };
      }),
    release: (lease) =>
      step(() => {
        const found = partition(lease.partition);
        if (found.lease?.token === lease.token) delete found.lease;
      }),
    load: (lease) => step(() => stateOf(owned(lease))),
    commit: (lease, commits, commit) =>
      step(() => {
        apply(owned(lease, commits), commit);
        for (const record of commit.records) records.write(lease.partition, record);
      }),
  };
}

function reading({ records, partition }: State): Omit<Store, keyof Owning | 'delivers'> {
  return {
    fetch: (number, keys, answers) =>
      step(() => ({
        records: keys.map((key) => records.body(number, key)),
        answers: answers.map((answer) => partition(number).answers.get(answerKey(answer))?.body),
      })),
    due: (number, before, limit) =>
      step(() =>
        [...partition(number).timers.values()]
          .filter((timer) => timer.at <= before)
          .sort((a, b) => a.at - b.at)
          .slice(0, limit),
      ),
    received: (sender, receivers) =>
      step(() =>
        Object.fromEntries(
          receivers.map((receiver) => [receiver, partition(receiver).received.get(sender) ?? 0]),
        ),
      ),
    record: (number, key) => step(() => records.body(number, key)),
    list: (query) => step(() => records.list(query)),
    records: (keys) => step(() => keys.map((key) => records.anywhere(key))),
    browse: (number, from, limit) => step(() => pageOf(records.browse(number, from ?? '', limit), limit)),
    count: (kind, term) => step(() => records.count(kind, term)),
  };
}
