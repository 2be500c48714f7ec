/** What a mailbox leads to does not depend on where its batches are cut, nor on takeovers in between (I8). */
import { expect, test } from 'vitest';
import type { Message } from '../../runtime/message.ts';
import type { Stored } from '../../runtime/ports.ts';
import { counter, payer, regions, sleeper, spoils } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { folding, type Folding } from '../support/folding.ts';
import { at, command, fromActor, stored } from '../support/messages.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';

const definitions = [counter, sleeper, payer, regions];
const ids = ['a', 'b', 'c'];

interface StoredRecord {
  timers: Record<string, { token: string }>;
  activities: Record<string, { token: string }>;
}

/** A message that may follow on what the reference partition has come to. */
function next(random: SeededRandom, reference: Folding, channels: Map<number, number>): Message | string {
  const definition = random.pick(definitions);
  const key = `${definition.kind}/${random.pick(ids)}`;
  const text = reference.record(key);
  const record = text === undefined ? undefined : (JSON.parse(text) as StoredRecord);
  const own = record === undefined ? undefined : ownMessage(random, key, record);
  if (own !== undefined) return own;
  if (random.chance(0.02)) return '{"no":"message"}';
  const type = record === undefined ? definition.create.event : random.pick(Object.keys(definition.commands));
  const event = { type, ...payloadOf(random, type) };
  return random.chance(0.5) ? outside(random, key, event) : between(random, key, { event, channels });
}

/** A timer or result, fitting or stale. */
function ownMessage(random: SeededRandom, key: string, record: StoredRecord): Message | undefined {
  const [timer] = Object.entries(record.timers);
  if (timer !== undefined && random.chance(0.3)) {
    const token = random.chance(0.9) ? timer[1].token : 'old';
    return { from: 'timer', to: at(key), timer: timer[0], token };
  }
  const [activity] = Object.entries(record.activities);
  if (activity === undefined || random.chance(0.6)) return undefined;
  const result = random.chance(0.5) ? { output: 1 } : { error: { code: 'c', message: 'm' } };
  return { from: 'activity', to: at(key), activity: activity[0], token: activity[1].token, result };
}

function payloadOf(random: SeededRandom, type: string): object {
  const by = 1 + random.below(3);
  const payloads: Record<string, object> = {
    'counter.add': { by },
    'counter.tell': { by, to: [random.pick(ids), random.pick(ids)] },
    'counter.spoil': { how: random.pick(spoils) },
    'payer.pay': { amount: by },
  };
  return payloads[type] ?? {};
}

function outside(random: SeededRandom, key: string, event: { type: string }): Message {
  return command(key, event, {
    id: `ann|${key}|${random.below(8)}`,
    kept: random.chance(0.5),
    madeAt: epoch + (random.chance(0.1) ? 0 : 1_000_000),
    reply: { to: 'node-1', number: random.below(1_000) },
    ...(random.chance(0.5) ? { fingerprint: event.type } : {}),
    ...(random.chance(0.2) ? { ifMatch: random.below(5) } : {}),
  });
}

function between(
  random: SeededRandom,
  key: string,
  { event, channels }: { event: { type: string }; channels: Map<number, number> },
): Message {
  const channel = random.below(3);
  const last = channels.get(channel) ?? 0;
  const number = Math.max(1, last + 1 + random.pick([0, 0, 0, 1, 2, -1, -2]));
  channels.set(channel, Math.max(last, number));
  return fromActor(key, event, { channel, number });
}

function mailbox(random: SeededRandom, length: number): { messages: Stored[]; reference: Folding } {
  const reference = folding(definitions);
  const channels = new Map<number, number>();
  const messages: Stored[] = [];
  let time = epoch + 1_000_000;
  for (let sequence = 1; sequence <= length; sequence++) {
    time += random.below(400);
    const made = next(random, reference, channels);
    const message =
      typeof made === 'string'
        ? { sequence, time, id: `odd${sequence}`, body: made }
        : stored(made, sequence, time);
    messages.push(message);
    reference.take(message);
  }
  return { messages, reference };
}

test.each(seeds(80))('one by one, or in any batches: the same, byte for byte (seed %i)', (seed) => {
  const random = seededRandom(seed);
  const { messages, reference } = mailbox(random, 120);
  for (const cut of [0.5, 0.1, 0]) {
    const partition = folding(definitions);
    let batch: Stored[] = [];
    for (const message of messages) {
      batch.push(message);
      if (!random.chance(cut)) continue;
      partition.take(...batch);
      batch = [];
      if (random.chance(0.3)) partition.takeOver();
    }
    if (batch.length > 0) partition.take(...batch);
    expect(partition.everything()).toBe(reference.everything());
  }
});

test.each(seeds(20))('or cut by what a commit may carry: the same (seed %i)', (seed) => {
  const { messages, reference } = mailbox(seededRandom(seed), 120);
  for (const commitMaxChars of [1, 3_000, 30_000]) {
    const partition = folding(definitions, { commitMaxChars });
    partition.take(...messages);
    expect(partition.everything()).toBe(reference.everything());
  }
});

test('a commit ends with the message that reaches what it may carry', () => {
  const { messages } = mailbox(seededRandom(1), 120);
  const taken = [1, 10_000, 4_000_000].map((commitMaxChars) => {
    const partition = folding(definitions, { commitMaxChars });
    return partition.commit(...messages).taken;
  });
  expect(taken[0]).toBeLessThan(5);
  expect(taken[1]).toBeGreaterThan(5);
  expect(taken[1]).toBeLessThan(120);
  expect(taken[2]).toBe(120);
});

test('the random mailboxes are not trivial', () => {
  const everything = [1, 2, 3].map((seed) => mailbox(seededRandom(seed), 200).reference.everything()).join();
  const words = [
    '"log":"dead"',
    '"held":[{',
    'refused',
    'accepted',
    'replayed',
    'key-reused',
    'unknown',
    'noted',
  ];
  for (const word of words) expect(everything).toContain(word);
});
