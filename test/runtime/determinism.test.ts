/** Restored or in memory, first time or again: the same bytes (I8), over random sequences of events. */
import { expect, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { journalPublication } from '../../runtime/entry.ts';
import type { Event, Message } from '../../runtime/message.ts';
import { type ActorRecord } from '../../runtime/record.ts';
import { counter, payer, regions, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, fromActor } from '../support/messages.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';
import { actor, type Actor } from '../support/turns.ts';

interface Play {
  readonly definition: ActorDefinition;
  readonly input?: object;
  /** Whom it sends to. */
  readonly others?: readonly ActorDefinition[];
  readonly events: readonly (Event | string)[];
}

const shipTo = { name: 'Ann', line1: 'Street 1', city: 'Town', postalCode: '12345', country: 'DE' };
const quantities = { assigned: 2, cut: 0, short: 0, shipped: 0, delivered: 0 };
const account = (version: number, state: string, lines: object) => ({
  type: 'fulfillment.account',
  fulfillmentId: 'a1~f1',
  version,
  state,
  lines: { l1: { ...quantities, ...lines } },
});

const [order, fulfillment] = ['order', 'fulfillment'].map((kind) =>
  definitions.find((definition) => definition.kind === kind),
) as [ActorDefinition, ActorDefinition];

const plays: Play[] = [
  {
    definition: counter,
    input: { limit: 12 },
    events: [
      { type: 'counter.add', by: 1 },
      { type: 'counter.add', by: 9 },
      { type: 'counter.tell', to: ['b', 'c'], by: 2 },
      'counter.note',
      'counter.ping',
      { type: 'counter.spoil', how: 'throw' },
    ],
  },
  { definition: sleeper, events: Object.keys(sleeper.commands) },
  {
    definition: payer,
    events: [{ type: 'payer.pay', amount: 3 }, 'payer.ask', 'payer.cancel', 'payer.again'],
  },
  { definition: regions, events: Object.keys(regions.commands) },
  {
    definition: order,
    others: [fulfillment],
    input: {
      customerId: 'ann',
      currency: 'EUR',
      shipTo,
      draft: true,
      lines: [{ sku: 's', quantity: 2, unitPrice: 5 }],
    },
    events: [
      'order.place',
      { type: 'order.hold', handle: 'h1', reason: 'why' },
      { type: 'order.hold', handle: 'h2', reason: 'why' },
      { type: 'order.release', handle: 'h1' },
      { type: 'order.changeAddress', shipTo: { ...shipTo, city: 'Other' } },
      account(1, 'open', {}),
      account(2, 'handedOver', { shipped: 2 }),
      account(3, 'delivered', { shipped: 2, delivered: 2 }),
      account(4, 'stopped', { assigned: 0, cut: 2 }),
      { type: 'order.cancel', reason: 'changed my mind' },
    ],
  },
  {
    definition: fulfillment,
    others: [order],
    input: {
      orderId: 'o1',
      warehouse: 'W1',
      lines: [{ lineId: 'l1', sku: 's', quantity: 2 }],
      shipTo,
      addressRevision: 1,
      holds: [],
    },
    events: [
      'fulfillment.startPick',
      { type: 'fulfillment.finishPick', lines: [{ lineId: 'l1', quantity: 2 }] },
      'fulfillment.startPack',
      'fulfillment.finishPack',
      'fulfillment.handOver',
      'fulfillment.deliver',
      { type: 'fulfillment.hold', handle: 'h1', reason: 'why' },
      { type: 'fulfillment.release', handle: 'h1' },
      { type: 'order.held', handle: 'h2', reason: 'why' },
      { type: 'order.released', handle: 'h2' },
      'fulfillment.stop',
    ],
  },
];

/** Now and then a timer or a result, fitting or stale. */
function nextMessage(play: Play, record: ActorRecord, random: SeededRandom): Message {
  const to = at(record.key);
  const timer = Object.entries(record.timers)[0];
  if (timer !== undefined && random.chance(0.25)) {
    const token = random.chance(0.8) ? timer[1].token : 'stale';
    return { from: 'timer', to, timer: timer[0], token };
  }
  const activity = Object.entries(record.activities)[0];
  if (activity !== undefined && random.chance(0.4)) {
    const result = random.chance(0.5) ? { output: 'r' } : { error: { code: 'terminal', message: 'no' } };
    return { from: 'activity', to, activity: activity[0], token: activity[1].token, result };
  }
  return fromActor(record.key, random.pick(play.events), { id: random.id(), sender: { kind: 'x', id: 'y' } });
}

/** All that a turn leaves behind, as text. */
function takeAsText(it: Actor, message: Message, time: number): string {
  try {
    const result = it.take(message, time);
    const journal =
      result.outcome.outcome === 'dropped'
        ? ''
        : journalPublication({ message, time, chart: 1 }, result).body;
    return JSON.stringify([result.outcome, result.effects, it.text(), journal]);
  } catch (error) {
    return String(error);
  }
}

for (const play of plays) {
  const { kind } = play.definition;
  test.each(seeds(40))(`a restored ${kind} does what one in memory does, byte for byte (seed %i)`, (seed) => {
    const random = seededRandom(seed);
    const { definition, input = {}, others = [] } = play;
    const [kept, restored] = [actor(definition, { input, others }), actor(definition, { input, others })];
    let time = epoch;
    let accepted = 0;
    for (let step = 0; step < 60; step++) {
      const message = nextMessage(play, kept.record(), random);
      time += random.below(3_000);
      restored.reload();
      const text = takeAsText(kept, message, time);
      expect(takeAsText(restored, message, time), `step ${step}`).toBe(text);
      if (text.startsWith('[{"outcome":"accepted"')) accepted += 1;
    }
    expect(accepted).toBeGreaterThan(0);
  });
}
