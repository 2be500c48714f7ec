/** The `Store` port over Redis: a round trip a call. */
import { partitionOf } from '../../runtime/address.ts';
import { FencedError } from '../../runtime/errors.ts';
import type { AnswerId, Lease, Store } from '../../runtime/ports.ts';
import { answersKey, forgetAnswers } from './answers.ts';
import { append } from './batch.ts';
import { encodeCommit } from './commit.ts';
import type { Connection } from './connection.ts';
import { parseTimer } from './frames.ts';
import { createKeys, type Keys } from './keys.ts';
import { listActors } from './listing.ts';
import { decodeState, pairs, type Loaded } from './load.ts';
import * as scripts from './scripts.ts';

export interface StoreOptions {
  readonly namespace: string;
  readonly partitions: number;
}

export function createStore(connection: Connection, { namespace, partitions }: StoreOptions): Store {
  const keys = createKeys(namespace);
  const all = Array.from({ length: partitions }, (_, partition) => keys.of(partition));
  return {
    delivers: false,
    async settle(name, value) {
      // The second is answered after the first has run, by whomever it was set.
      const [, settled] = await Promise.all([
        connection.send('hsetnx', [keys.settings, name, value]),
        connection.send('hget', [keys.settings, name]),
      ]);
      return settled as string;
    },
    attend: async (node, ms) =>
      Number(await connection.run(scripts.attend, ['1', keys.nodes, node, String(ms)])),
    ...leasing(connection, keys),
    ...reading(connection, keys),
    received: async (sender, receivers) => {
      const numbers = await Promise.all(
        receivers.map((receiver) => connection.send('hget', [keys.of(receiver).received, String(sender)])),
      );
      return Object.fromEntries(receivers.map((receiver, at) => [receiver, Number(numbers[at] ?? 0)]));
    },
    list: (query) => listActors(connection, all, query),
    records: (asked) =>
      lookUp(
        connection,
        asked.map((key) => ({ key: keys.of(partitionOf(key, partitions)).records, field: key })),
      ),
    async browse(partition, from = '0', limit) {
      const words = [keys.of(partition).records, from, 'COUNT', String(limit)];
      const [next, found] = (await connection.send('hscan', words)) as [string, string[]];
      const records = pairs(found, (key, body) => ({ key, body }));
      return next === '0' ? { records } : { records, next };
    },
    async count(kind, term) {
      const counts = await Promise.all(
        all.map(({ index }) => connection.send('zcard', [`${index}${kind}:${term}`])),
      );
      return counts.reduce((sum: number, count) => sum + Number(count), 0);
    },
  };
}

type Leasing = Pick<Store, 'acquire' | 'renew' | 'release' | 'load' | 'commit'>;

function leasing(connection: Connection, keys: Keys): Leasing {
  const meta = (lease: Lease): string => keys.of(lease.partition).meta;
  return {
    async acquire(lease, leaseMs) {
      const remainingMs = await connection.run(scripts.acquire, [
        '1',
        meta(lease),
        lease.token,
        String(leaseMs),
      ]);
      return remainingMs === 0 ? { acquired: true } : { acquired: false, remainingMs: Number(remainingMs) };
    },
    async renew(lease, commits, leaseMs) {
      const words = ['1', meta(lease), lease.token, String(commits), String(leaseMs)];
      fence(lease, await connection.run(scripts.renew, words));
    },
    async release(lease) {
      await connection.run(scripts.release, ['1', meta(lease), lease.token]);
    },
    async load(lease) {
      const { sent, received, outbox, held, activities, publications } = keys.of(lease.partition);
      const read = [meta(lease), sent, received, outbox, held, activities, publications];
      const loaded = await connection.run(scripts.load, [String(read.length), ...read, lease.token]);
      fence(lease, loaded);
      return decodeState(loaded as Loaded);
    },
    async commit(lease, commits, commit) {
      const words = encodeCommit(keys.of(lease.partition), commits, commit);
      const head = ['1', meta(lease), lease.token, String(commits)];
      fence(lease, await connection.run(scripts.commit, [...head, ...words]));
      if (commit.forget !== undefined) {
        void forgetAnswers(connection, keys.of(lease.partition), commit.forget);
      }
    },
  };
}

function reading(connection: Connection, keys: Keys): Pick<Store, 'fetch' | 'due' | 'record'> {
  return {
    async fetch(partition, asked, ids: readonly AnswerId[]) {
      const of = keys.of(partition);
      const [records, answers] = await Promise.all([
        lookUp(
          connection,
          asked.map((key) => ({ key: of.records, field: key })),
        ),
        lookUp(
          connection,
          ids.map((id) => ({ key: answersKey(of, id), field: id.id })),
        ),
      ]);
      return { records, answers };
    },
    async due(partition, before, limit) {
      const { timers, timerData } = keys.of(partition);
      const words = ['2', timers, timerData, String(before), String(limit)];
      return pairs((await connection.run(scripts.due, words)) as string[], parseTimer);
    },
    async record(partition, key) {
      return (
        ((await connection.send('hget', [keys.of(partition).records, key])) as string | null) ?? undefined
      );
    },
  };
}

function fence(lease: Lease, answer: unknown): void {
  if (answer === 0) throw new FencedError(`partition ${lease.partition} is not ours any more`);
}

/** One command per hash, all sent together; the values in the order asked. */
async function lookUp(
  connection: Connection,
  asked: readonly { key: string; field: string }[],
): Promise<(string | undefined)[]> {
  const fields = new Map<string, string[]>();
  for (const { key, field } of asked) append(fields, key, [field]);
  const values = new Map<string, Iterator<string | null>>();
  await Promise.all(
    [...fields].map(async ([key, some]) => {
      const answer = (await connection.send('hmget', [key, ...some])) as (string | null)[];
      values.set(key, answer.values());
    }),
  );
  return asked.map(({ key }) => {
    const next = values.get(key)?.next();
    return next?.done === false ? (next.value ?? undefined) : undefined;
  });
}
