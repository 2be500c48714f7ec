/** What the journal tells is enough to do everything again, byte for byte; what is done otherwise is named. */
import { assign } from 'xstate';
import { describe, expect, test } from 'vitest';
import { definitions } from '../../actors/registry.ts';
import { entryOf, type Entry } from '../../cli/export/entry.ts';
import { createReplay, type Taken } from '../../cli/export/replay.ts';
import { orderMachine } from '../../machines/order.machine.ts';
import { leafPaths } from '../../runtime/core/chart.ts';
import type { ActorDefinition } from '../../runtime/definition.ts';
import { journalPublication, type JournalEntry } from '../../runtime/core/entry.ts';
import type { Event, Message, Principal } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { counter, payer, regions, sleeper } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { at, command, fromActor } from '../support/messages.ts';
import { id, nextEvent, outputsOf, shopPlays, type Play } from '../support/plays.ts';
import { seededRandom, seeds, type SeededRandom } from '../support/random.ts';
import { replay } from '../support/replay.ts';

const someone = (subject: string, roles: string[], warehouses: string[] = []): Principal => ({
  subject,
  roles,
  warehouses,
});
const users = [someone('ann', ['user']), someone('eve', [])];
const people = [
  someone('ann', ['customer']),
  someone('eve', ['customer']),
  someone('sam', ['cs', 'admin'], ['*']),
  someone('bob', ['picker', 'packer'], ['W1']),
  someone('joe', ['picker', 'warehouseManager'], ['W2']),
];
const order = definitions.find(({ kind }) => kind === 'order') as ActorDefinition;
const shipTo = { name: 'Ann', line1: 'Street 1', city: 'Town', postalCode: '12345', country: 'DE' };

const probe = (definition: ActorDefinition, events: Play['events'], input = {}): Play => ({
  ...{ definition, definitions: [definition], input, events },
});

const plays: readonly Play[] = [
  probe(
    counter,
    [
      { type: 'counter.add', by: 1 },
      { type: 'counter.add', by: 9 },
      { type: 'counter.add', by: 'much' },
      { type: 'counter.tell', to: ['b', 'c'], by: 2 },
      'counter.note',
      'counter.ping',
      { type: 'counter.spoil', how: 'throw' },
      JSON.parse('{"type":"counter.add","__proto__":{"by":1}}') as Event,
    ],
    { limit: 12 },
  ),
  probe(sleeper, Object.keys(sleeper.commands)),
  probe(payer, [{ type: 'payer.pay', amount: 3 }, 'payer.ask', 'payer.cancel', 'payer.again']),
  probe(regions, Object.keys(regions.commands)),
  ...shopPlays,
];

const stale: [string, { token: string }] = ['none', { token: 'stale' }];

/** From anybody, stale or not; now and then a timer or a result that is awaited. */
function nextMessage(play: Play, record: ActorRecord | undefined, random: SeededRandom): Message {
  const to = at(`${play.definition.kind}/${id}`);
  const [timer, { token }] = random.pick([...Object.entries(record?.timers ?? {}), stale]);
  if (random.chance(0.15)) return { from: 'timer', to, timer, token };
  const [activity, running] = random.pick([...Object.entries(record?.activities ?? {}), stale]);
  if (random.chance(running === stale[1] ? 0.05 : 0.3)) {
    const source = record?.activities[activity]?.source;
    const output = random.pick(outputsOf(play, source, [{ a: ['r'] }])) as never;
    const result = random.pick([{ output }, {}, { error: { code: 'terminal', message: 'no' } }]);
    return { from: 'activity', to, activity, token: running.token, result };
  }
  return eventMessage(play, record, random);
}

function eventMessage(play: Play, record: ActorRecord | undefined, random: SeededRandom): Message {
  const { definition, input } = play;
  const key = `${definition.kind}/${id}`;
  const event =
    record === undefined && random.chance(0.5)
      ? { type: definition.create.event, ...input }
      : nextEvent(play, record, random);
  const message = { id: random.id() };
  if (random.chance(0.5)) return fromActor(key, event, { ...message, sender: { kind: 'x', id: 'y' } });
  const seen = random.chance(0.1) ? { ifMatch: random.below(4) } : {};
  return command(key, event, {
    ...message,
    principal: random.pick(shopPlays.includes(play) ? people : users),
    ...seen,
  });
}

/** The journal of a random life, through text as all journals. */
function journalOf(play: Play, seed: number): Entry[] {
  const random = seededRandom(seed);
  const registry = createRegistry(play.definitions);
  const entries: Entry[] = [];
  let record: ActorRecord | undefined;
  let time = epoch;
  for (let sequence = 1; sequence <= 80; sequence++) {
    time += random.below(40_000);
    try {
      const message = nextMessage(play, record, random);
      const result = turn({ registry, record, message, time, sequence });
      record = result.record;
      if (result.outcome.outcome === 'dropped') continue;
      const { body } = journalPublication({ message, time, chart: 1 }, result);
      entries.push(entryOf(JSON.parse(body) as JournalEntry));
    } catch {
      // A dead letter: it changes nothing, and the journal does not have it.
    }
  }
  return entries;
}

function takeAll({ definition, definitions }: Play, entries: readonly Entry[]): Taken[] {
  const again = createReplay(createRegistry(definitions), { kind: definition.kind, id });
  return entries.map((entry) => again.take(entry));
}

/** What was accepted, as bytes. */
const afters = (entries: readonly Entry[]): string[] =>
  entries.filter(({ outcome }) => outcome === 'accepted').map(({ after }) => JSON.stringify(after));

function aftersOf(taken: readonly Taken[], entries: readonly Entry[]): (string | undefined)[] {
  return taken.filter((_, index) => entries[index]?.outcome === 'accepted').map(({ after }) => after);
}

describe.each(plays.map((play) => [play.definition.kind, play] as const))('%s', (kind, play) => {
  // The shop's other kinds are like one of these to the replay.
  const few = shopPlays.includes(play) && kind !== 'order' && kind !== 'fulfillment';
  const lives = seeds(few ? 10 : 40);

  test.each(lives)('is done again byte for byte (seed %i)', (seed) => {
    const entries = journalOf(play, seed);
    const taken = takeAll(play, entries);
    expect(taken.flatMap(({ differences }) => differences)).toEqual([]);
    expect(taken.every(({ how }) => how === 'compared')).toBe(true);
    expect(aftersOf(taken, entries)).toEqual(afters(entries));
  });

  test.each(lives)('goes on from a snapshot where the journal has a gap (seed %i)', (seed) => {
    const whole = journalOf(play, seed);
    const random = seededRandom(seed);
    const [one, other] = [random.below(whole.length), random.below(whole.length)];
    const entries = whole.filter((__, index) => index < Math.min(one, other) || index > Math.max(one, other));
    const taken = takeAll(play, entries);
    expect(taken.flatMap(({ differences }) => differences)).toEqual([]);
    expect(taken.filter(({ how }) => how === 'resumed').length).toBeLessThanOrEqual(1);
    expect(aftersOf(taken, entries)).toEqual(afters(entries));
  });
});

test.each(shopPlays.filter(({ reaches }) => reaches !== undefined))(
  '$definition.kind comes as far as $reaches in some life',
  (play) => {
    const entries = Array.from({ length: 40 }, (_, index) => journalOf(play, index + 1)).flat();
    const reached = new Set(entries.flatMap(({ to }) => (to === null ? [] : leafPaths(to as never))));
    expect([...reached]).toContain(play.reaches);
  },
);

test('all outcomes and sources occur', () => {
  const entries = plays.flatMap((play) => seeds(40).flatMap((seed) => journalOf(play, seed)));
  const sources = new Set(entries.map(({ source, outcome }) => `${source.from} ${outcome}`));
  const reasons = new Set(entries.map(({ reason }) => reason));
  expect([...sources].sort()).toEqual(
    expect.arrayContaining(['activity accepted', 'actor accepted', 'actor refused', 'outside accepted']),
  );
  expect([...sources]).toEqual(expect.arrayContaining(['outside refused', 'timer accepted']));
  expect([...reasons].sort()).toEqual(
    ['exists', 'forbidden', 'guard', 'invalid', 'not-found', 'stale', 'unhandled', undefined].sort(),
  );
});

describe('what is done otherwise is named', () => {
  const cancelled = (): Entry[] => {
    const registry = createRegistry(definitions);
    const entries: Entry[] = [];
    let record: ActorRecord | undefined;
    const sam = someone('sam', ['cs']);
    const messages = [
      fromActor('order/a1', { type: 'order.create', ...shopPlays[0]?.input }, { id: 'm1' }),
      command(
        'order/a1',
        { type: 'order.changeAddress', shipTo: { ...shipTo, city: 'Other' } },
        { principal: sam },
      ),
      command('order/a1', 'order.cancel', { principal: sam }),
      command('order/a1', 'order.place', { principal: sam }),
    ];
    for (const [sequence, message] of messages.entries()) {
      const result = turn({ registry, record, message, time: epoch + sequence, sequence });
      record = result.record;
      const { body } = journalPublication({ message, time: epoch + sequence, chart: 1 }, result);
      entries.push(entryOf(JSON.parse(body) as JournalEntry));
    }
    return entries;
  };
  const incident = { kind: 'order', id };
  const changed = (definition: ActorDefinition): ActorDefinition[] => [
    definition,
    ...definitions.filter(({ kind }) => kind !== definition.kind),
  ];

  test('nothing, with the charts as they are', () => {
    expect(replay({ ...incident, entries: cancelled() })).toEqual([]);
  });

  test('another context', () => {
    const { changeNothing } = orderMachine.implementations.actions;
    const machine = orderMachine.provide({ actions: { takeAddress: changeNothing } } as never);
    const given = { ...incident, entries: cancelled(), definitions: changed({ ...order, machine }) };
    expect(replay(given)).toEqual([
      'version 2, order.changeAddress: after.context.shipTo.city: "Town" instead of "Other"',
      'version 3, order.cancel: after.context.shipTo.city: "Town" instead of "Other"',
    ]);
  });

  test('a message that is sent no more', () => {
    const counters = createRegistry([counter]);
    const message = command('counter/a1', { type: 'counter.tell', to: ['b'], by: 2 });
    let record: ActorRecord | undefined;
    const entries = [command('counter/a1', 'counter.create'), message].map((each, sequence) => {
      const result = turn({ registry: counters, record, message: each, time: epoch, sequence });
      record = result.record;
      const { body } = journalPublication({ message: each, time: epoch, chart: 1 }, result);
      return entryOf(JSON.parse(body) as JournalEntry);
    });
    const machine = counter.machine.provide({ actions: { tell: assign({}) } } as never);
    const given = { kind: 'counter', id: 'a1', entries };
    expect(replay({ ...given, definitions: [counter] })).toEqual([]);
    expect(replay({ ...given, definitions: [{ ...counter, machine }] })).toEqual([
      expect.stringContaining('version 2, counter.tell: sent: nothing instead of [{"id":"counter/a1@2.0"'),
    ]);
  });

  test('a refusal instead of a change, and all that comes of it', () => {
    const commands = { ...order.commands, 'order.cancel': { customer: () => true } };
    const found = replay({ ...incident, entries: cancelled(), definitions: changed({ ...order, commands }) });
    expect(found).toContain('version 3, order.cancel: outcome: "refused" instead of "accepted"');
    expect(found).toContain('version 3, order.cancel: reason: "forbidden" instead of nothing');
    expect(found).toContain('version 3, order.place: outcome: "accepted" instead of "refused"');
  });

  test('a timer that is not due yet, unless the charts wait as they did', () => {
    const created = cancelled()[0] as Entry;
    const after = { ...(created.after as { context: object }), value: 'expired' };
    const expired: Entry = {
      version: 2,
      chart: 1,
      at: created.at + 5_000,
      event: { type: 'xstate.after.draftExpiry.order.draft' },
      source: { from: 'timer' },
      cause: 'order/a1@1.0',
      outcome: 'accepted',
      from: 'draft',
      to: 'expired',
      after,
    };
    const given = { ...incident, entries: [created, expired] };
    expect(replay(given)).toEqual([
      'version 2, xstate.after.draftExpiry.order.draft: dropped instead of accepted: it is not due yet',
    ]);
    const found = replay({ ...given, durations: { draftExpiry: 5_000 } });
    // All that the hand-made entry has not: what became of the order, and the lines that were withdrawn.
    expect(found).toEqual([
      expect.stringContaining('after.context.lines.0.withdrawn: 2 instead of 0'),
      expect.stringContaining('after.context.outcome: "expired" instead of null'),
    ]);
  });

  test('a snapshot that the chart has no state for', () => {
    const [created, ...rest] = cancelled() as [Entry, ...Entry[]];
    const lost = { ...created, version: 4, after: { value: 'gone', context: {}, status: 'active' } };
    const found = replay({
      ...incident,
      entries: [lost, ...rest.map((entry) => ({ ...entry, version: 5 }))],
    });
    expect(found[0]).toContain('its stored state does not exist in the chart');
  });
});
