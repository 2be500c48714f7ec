/** Random commits against the store and against a plain model of it; the states are compared after each. */
import { expect, it } from 'vitest';
import { partitionOf } from '../../runtime/address.ts';
import type { Commit, DueTimer, PartitionState, PendingActivity, Store } from '../../runtime/ports.ts';
import {
  epoch,
  madeId,
  nothing,
  outgoing,
  own,
  partitions,
  staged,
  type Current,
  type Owner,
} from './store-fixture.ts';

export function randomizedStoreTests(current: Current): void {
  const seed = Number(process.env['WAYBILL_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

  it(`agrees with a plain model after each of 150 random commits (WAYBILL_TEST_SEED=${seed})`, async () => {
    const { store } = current();
    const random = randomFrom(seed);
    const models = Array.from({ length: partitions }, (_, partition) => emptyModel(partition));
    const owners = await Promise.all(models.map(({ partition }) => own(store, partition)));
    for (let step = 0; step < 150; step++) {
      const partition = random.below(partitions);
      const model = at(models, partition);
      const owner = await sometimesNewOwner(store, at(owners, partition), random);
      owners[partition] = owner;
      const change = randomCommit(random, model, step);
      await owner.commit(change);
      apply(model, change);
      await compare(store, owner, model);
      if (step % 10 === 0) await compareAll(store, models, random);
    }
  });
}

interface Random {
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T[];
}

/** Mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): Random {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick: (items) => items.filter(() => next() < 0.3),
  };
}

type Held = Commit['addHeld'][number];
type Answer = Commit['answers'][number];

interface Model {
  readonly partition: number;
  commits: number;
  position: Commit['position'];
  highWater: number;
  charts: Record<string, number>;
  sent: Record<number, number>;
  received: Record<number, number>;
  outbox: Commit['addOutbox'][number][];
  held: Held[];
  activities: Map<string, PendingActivity>;
  timers: Map<string, DueTimer>;
  publications: Map<number, Commit['publications']>;
  records: Map<string, { body: string; createdAt: number; terms: Set<string> }>;
  answers: Map<string, Answer>;
}

function emptyModel(partition: number): Model {
  return {
    partition,
    commits: 0,
    position: undefined,
    highWater: 0,
    charts: {},
    sent: {},
    received: {},
    outbox: [],
    held: [],
    activities: new Map(),
    timers: new Map(),
    publications: new Map(),
    records: new Map(),
    answers: new Map(),
  };
}

async function sometimesNewOwner(store: Store, owner: Owner, random: Random): Promise<Owner> {
  if (!random.chance(0.1)) return owner;
  await store.release(owner.lease);
  return own(store, owner.lease.partition);
}

const terms = ['state=a', 'state=b', 'customer=ü'];

function randomCommit(random: Random, model: Model, step: number): Commit {
  const time = epoch + step * 1_000;
  const some = <T>(make: (n: number) => T, limit = 3): T[] =>
    Array.from({ length: random.below(limit + 1) }, (_, n) => make(n));
  const channel = random.below(3);
  const sent = (model.sent[channel] ?? 0) + 1;
  const addOutbox = some((n) => outgoing(channel, sent + n, `out ${step}.${n}`), 5);
  const dropTimers = random.pick([...model.timers.keys(), 'none']);
  const replaced = random
    .pick(dropTimers)
    .map((token) => ({ key: 'order/r', timer: 'r', at: time + random.below(9_999), token }));
  return {
    ...nothing,
    ...(random.chance(0.7) && { position: { sequence: step + 1, time, id: `id ${step}` } }),
    highWater: time,
    ...(random.chance(0.2) && { charts: { [`kind${random.below(3)}`]: step } }),
    records: randomRecords(random, model, step),
    addTimers: [
      ...replaced,
      ...some((n) => ({
        key: `order/${n}`,
        timer: 'after',
        at: time + random.below(9_999),
        token: `t:${step}:${n}`,
      })),
    ],
    dropTimers,
    addActivities: some((n) => ({
      key: `order/${n}`,
      activity: 'a',
      source: 's',
      token: `a:${step}:${n}`,
      input: `${step}`,
      startedAt: time - step,
    })),
    dropActivities: random.pick([...model.activities.keys()]),
    sent: addOutbox.length > 0 ? { [channel]: sent + addOutbox.length - 1 } : {},
    received: random.chance(0.5) ? { [random.below(partitions)]: step } : {},
    addOutbox,
    dropOutbox: random.chance(0.3) ? { [random.below(3)]: random.below(sent) } : {},
    addHeld: some((n) => ({
      channel: random.below(20),
      number: step * 5 + n,
      id: `h${n}`,
      time,
      body: `held ${step}`,
    })),
    dropHeld: random.pick(model.held).map(({ channel, number }) => ({ channel, number })),
    answers: some((n) => ({
      id: madeId(time - random.below(90_000), `${step}.${n}`),
      kept: random.chance(0.5),
      time,
      body: `${step}`,
    })),
    publications: some((n) => ({
      log: 'journal' as const,
      to: { kind: 'order', id: `${n}` },
      id: `p${n}`,
      body: `${step}\n`,
    })),
    dropPublications: random.pick([...model.publications.keys()]),
  };
}

/** Keys of this partition only: `list` and `records` find a key by its hash. */
function randomRecords(random: Random, model: Model, step: number): Commit['records'][number][] {
  const keys = Array.from({ length: 40 }, (_, n) => `order/${n}`);
  const here = keys.filter((key) => partitionOf(key, partitions) === model.partition);
  return random.pick(here).map((key) => {
    const known = model.records.get(key);
    const carried = known?.terms ?? new Set();
    return {
      key,
      body: `${key} ${step}`,
      createdAt: known?.createdAt ?? epoch + Math.floor(step / 8),
      addTerms: random.pick(terms.filter((term) => !carried.has(term))),
      dropTerms: random.pick(terms.filter((term) => carried.has(term))),
    };
  });
}

function apply(model: Model, change: Commit): void {
  model.commits++;
  if (change.position) model.position = change.position;
  model.highWater = change.highWater;
  Object.assign(model.charts, change.charts);
  for (const { key, body, createdAt, addTerms, dropTerms } of change.records) {
    const carried = new Set(model.records.get(key)?.terms);
    for (const term of dropTerms) carried.delete(term);
    for (const term of addTerms) carried.add(term);
    model.records.set(key, { body, createdAt, terms: carried });
  }
  applyByToken(model, change);
  applyChannels(model, change);
  for (const number of change.dropPublications) model.publications.delete(number);
  if (change.publications.length > 0) model.publications.set(model.commits, change.publications);
  for (const answer of change.answers) model.answers.set(answer.id, answer);
}

function applyByToken(model: Model, change: Commit): void {
  for (const token of change.dropTimers) model.timers.delete(token);
  for (const timer of change.addTimers) model.timers.set(timer.token, timer);
  for (const token of change.dropActivities) model.activities.delete(token);
  for (const activity of change.addActivities) model.activities.set(activity.token, activity);
}

function applyChannels(model: Model, change: Commit): void {
  Object.assign(model.sent, change.sent);
  Object.assign(model.received, change.received);
  model.outbox = model.outbox.filter(({ channel, number }) => number > (change.dropOutbox[channel] ?? 0));
  model.outbox.push(...change.addOutbox);
  model.held = model.held.filter(
    (held) => !change.dropHeld.some((drop) => drop.channel === held.channel && drop.number === held.number),
  );
  model.held.push(...change.addHeld);
}

const byChannel = (a: { channel: number; number: number }, b: { channel: number; number: number }): number =>
  a.channel - b.channel || a.number - b.number;
const byToken = (a: { token: string }, b: { token: string }): number => (a.token < b.token ? -1 : 1);

async function compare(store: Store, owner: Owner, model: Model): Promise<void> {
  const loaded = await store.load(owner.lease);
  const expected: PartitionState = {
    commits: model.commits,
    ...(model.position && { position: model.position }),
    highWater: model.highWater,
    charts: model.charts,
    sent: model.sent,
    received: model.received,
    outbox: store.delivers ? [] : model.outbox.toSorted(byChannel).map(staged),
    held: model.held.toSorted(byChannel),
    activities: [...model.activities.values()].toSorted(byToken),
    publications: store.delivers
      ? []
      : [...model.publications].map(([commit, entries]) => ({ commit, entries })),
  };
  expect({ ...loaded, activities: loaded.activities.toSorted(byToken) }).toEqual(expected);

  const timers = await store.due(model.partition, epoch + 10_000_000, 10_000);
  expect(timers.map(({ at }) => at)).toEqual(timers.map(({ at }) => at).toSorted((a, b) => a - b));
  expect(timers.toSorted(byToken)).toEqual([...model.timers.values()].toSorted(byToken));

  const answers = [...model.answers.values()];
  const keys = [...model.records.keys(), 'order/none'];
  expect(await store.fetch(model.partition, keys, answers)).toEqual({
    records: keys.map((key) => model.records.get(key)?.body),
    answers: answers.map(({ body }) => body),
  });
}

async function compareAll(store: Store, models: readonly Model[], random: Random): Promise<void> {
  const all = new Map(models.flatMap(({ records }) => [...records]));
  expect(await store.records([...all.keys()])).toEqual([...all.values()].map(({ body }) => body));
  for (const term of terms) {
    expect(await store.count('order', term)).toBe(
      [...all.values()].filter((record) => record.terms.has(term)).length,
    );
  }
  const asked = random.pick(terms);
  const carrying = [...all].filter(([, record]) => asked.every((term) => record.terms.has(term)));
  const listed = await listAll(store, asked, 1 + random.below(9));
  expect(new Map(listed)).toEqual(new Map(carrying.map(([key, { createdAt }]) => [key, createdAt])));
  expect(listed).toHaveLength(carrying.length);
  const times = listed.map(([, createdAt]) => createdAt);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  const receivers = models.map(({ partition }) => partition);
  const received = await store.received(1, receivers);
  expect(receivers.map((receiver) => received[receiver] ?? 0)).toEqual(
    models.map((model) => model.received[1] ?? 0),
  );
}

async function listAll(store: Store, asked: readonly string[], limit: number): Promise<[string, number][]> {
  const listed: { key: string; createdAt: number }[] = [];
  for (;;) {
    const after = listed.at(-1);
    const page = await store.list({ kind: 'order', terms: asked, limit, ...(after && { after }) });
    listed.push(...page);
    if (page.length < limit) return listed.map(({ key, createdAt }) => [key, createdAt]);
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}
