/** Actors that come into being with the first message that reaches them. */
import { describe, expect, test } from 'vitest';
import { checkDefinition } from '../../runtime/core/check.ts';
import { arisesWith, type ActorDefinition } from '../../runtime/definition.ts';
import { noEffects } from '../../runtime/core/effects.ts';
import type { Message } from '../../runtime/message.ts';
import { parseRecord, recordText } from '../../runtime/core/record.ts';
import { createRegistry, type Kind } from '../../runtime/core/registry.ts';
import { turn } from '../../runtime/core/turn.ts';
import { quiet, room, shelf } from '../support/arising.ts';
import { epoch } from '../support/clock.ts';
import { command, fromActor } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

const registry = createRegistry([shelf, room]);
const admin = { subject: 'root', roles: ['admin'], warehouses: [] };
const picker = { subject: 'pia', roles: ['picker'], warehouses: ['r1'] };

const put = (books: number) => ({ type: 'shelf.put', books });

function onNothing(message: Message) {
  return turn({ registry, record: undefined, message, time: epoch, sequence: 1 });
}

test('starts the chart with its id and takes the event in the same turn', () => {
  const { outcome, record, event, effects } = onNothing(fromActor('shelf/r1~a', put(3)));
  expect(outcome).toEqual({ outcome: 'accepted', from: null, to: 'full' });
  expect(event).toEqual(put(3));
  expect(record).toMatchObject({ kind: 'shelf', id: 'r1~a', version: 1, createdAt: epoch, updatedAt: epoch });
  expect(record?.snapshot.context).toEqual({ id: 'r1~a', room: 'r1', books: 3 });
  expect(effects.messages).toEqual([
    {
      id: expect.stringMatching(/^shelf\/r1~a@1\.\d+$/) as string,
      to: { kind: 'room', id: 'r1' },
      event: { type: 'room.filled' },
    },
  ]);
});

test('keeps no timer and no activity of the state that the first event has left', () => {
  const { record, effects } = onNothing(fromActor('shelf/r1~a', put(3)));
  const reading = { at: epoch + 5_000 };
  expect(Object.values(record?.timers ?? {})).toMatchObject([reading]);
  expect(record?.activities).toEqual({});
  expect(effects).toMatchObject({
    addTimers: [reading],
    addActivities: [],
    dropTimers: [],
    dropActivities: [],
  });
});

test('is from then on an actor as any other, in memory and from its record', () => {
  const { record } = onNothing(fromActor('shelf/r1~a', put(3)));
  const kind = registry.get('shelf') as Kind;
  const stored = parseRecord(recordText(record as NonNullable<typeof record>, kind), kind);
  for (const before of [record, stored]) {
    const message = fromActor('shelf/r1~a', put(7));
    const next = turn({ registry, record: before, message, time: epoch + 1, sequence: 2 });
    expect(next.outcome).toEqual({ outcome: 'accepted', from: 'full', to: 'full' });
    expect(next.record).toMatchObject({ version: 2, createdAt: epoch, snapshot: { context: { books: 10 } } });
  }
});

test.each(['actor', 'outside'])('does not come into being where the chart refuses, from %s', (from) => {
  const given = { principal: admin };
  const send = (event: { type: string }) =>
    onNothing(from === 'actor' ? fromActor('shelf/r1~a', event) : command('shelf/r1~a', event, given));
  const guarded = send(put(11));
  expect(guarded).toMatchObject({
    outcome: { outcome: 'refused', reason: 'guard', guards: ['hasRoom'], state: 'bare', version: 0 },
    record: undefined,
    event: put(11),
  });
  expect(guarded.effects).toMatchObject({ messages: [], addTimers: [], addActivities: [] });
  const allowed = from === 'actor' ? ['shelf.put', 'shelf.tidy'] : ['shelf.put'];
  expect(guarded.outcome).toMatchObject({ allowed });
  const unheard = send({ type: 'shelf.burn' });
  expect(unheard).toMatchObject({ outcome: { reason: 'unhandled', state: 'bare' }, record: undefined });
});

describe('another actor’s message that leaves it as it begins', () => {
  const log = quiet({ start: {} });
  const given = { registry: createRegistry([log]), record: undefined, time: epoch, sequence: 1 };
  const asked = fromActor('log/l1', 'log.ask');

  test('is answered, and brings nothing into being', () => {
    expect(turn({ ...given, message: asked })).toEqual({
      event: { type: 'log.ask' },
      outcome: { outcome: 'refused', reason: 'not-found', allowed: [], isAnswered: true },
      record: undefined,
      effects: {
        ...noEffects,
        messages: [
          { id: 'log/l1<counter/sender@7.1.0', to: { kind: 'log', id: 'l2' }, event: { type: 'log.write' } },
        ],
      },
    });
  });

  test('is answered under another id the next time (R5)', () => {
    const idsOf = (message: Message) => turn({ ...given, message }).effects.messages.map(({ id }) => id);
    expect(idsOf(asked)).toEqual(idsOf(asked));
    expect(idsOf({ ...asked, id: 'counter/sender@8.1' })).not.toEqual(idsOf(asked));
  });

  test('goes to one that is there as any other', () => {
    const written = turn({ ...given, message: fromActor('log/l1', 'log.write') });
    expect(written).toMatchObject({ outcome: { outcome: 'accepted' }, record: { version: 1 } });
    const message = asked;
    expect(turn({ ...given, record: written.record, message }).record).toMatchObject({ version: 2 });
  });

  test('brings it into being where it begins with something to wait for', () => {
    const registry = createRegistry([quiet({ start: { after: { 1_000: { target: 'late' } } } })]);
    const { record, effects } = turn({ ...given, registry, message: asked });
    expect([record?.version, effects.addTimers.length]).toEqual([1, 1]);
  });

  test('brings it into being where it comes from outside: who asked for it wants to see it', () => {
    const message = command('log/l1', 'log.ask', { principal: admin });
    expect(turn({ ...given, message })).toMatchObject({ outcome: { from: null }, record: { version: 1 } });
  });
});

test('asks the command’s condition with the context of the fresh start', () => {
  const outcomeOf = (key: string, event: object) =>
    onNothing(command(key, event as { type: string }, { principal: picker }));
  expect(outcomeOf('shelf/r1~a', put(1)).outcome).toMatchObject({ outcome: 'accepted', from: null });
  const refused = outcomeOf('shelf/r2~a', put(1));
  expect(refused.outcome).toEqual({ outcome: 'refused', reason: 'forbidden', allowed: [] });
  expect(refused.record).toBeUndefined();
  // Others may bring it into being with this one, but nobody outside.
  expect(outcomeOf('shelf/r1~a', { type: 'shelf.tidy' }).outcome).toMatchObject({ reason: 'forbidden' });
  expect(onNothing(fromActor('shelf/r1~a', 'shelf.tidy')).outcome).toMatchObject({ to: 'swept' });
});

test('refuses a version to match: there is none yet', () => {
  const message = command('shelf/r1~a', put(1), { principal: admin, ifMatch: 1 });
  expect(onNothing(message)).toMatchObject({
    outcome: { outcome: 'refused', reason: 'stale', version: 0 },
    record: undefined,
  });
});

test('refuses a first payload that does not fit, and points to what is wrong', () => {
  const { outcome, record } = onNothing(fromActor('shelf/r1~a', { type: 'shelf.put', books: 'many' }));
  expect(outcome).toMatchObject({ outcome: 'refused', reason: 'invalid', errors: [{ pointer: '/books' }] });
  expect(record).toBeUndefined();
});

test('refuses any other event to one that does not exist', () => {
  const only = { ...shelf, create: { event: 'shelf.put', arises: ['shelf.put'] } };
  const message = fromActor('shelf/r1~a', 'shelf.tidy');
  const given = { registry: createRegistry([only, room]), record: undefined, time: epoch, sequence: 1 };
  expect(turn({ ...given, message }).outcome).toMatchObject({ reason: 'not-found' });
});

test('drops a timer of one that does not exist', () => {
  const message: Message = { from: 'timer', to: { kind: 'shelf', id: 'r1~a' }, timer: 't', token: 'x' };
  expect(onNothing(message).outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
});

test('takes an event that it arises with as any other once it exists', () => {
  const it = actor(shelf, { id: 'r1~a', input: { books: 2 }, others: [room] });
  expect(it.take(fromActor('shelf/r1~a', 'shelf.burn')).outcome).toMatchObject({ from: 'full', to: 'bare' });
  expect(it.take(command('shelf/r1~a', put(1), { principal: admin })).outcome).toMatchObject({
    from: 'bare',
  });
});

test('tells which events an actor arises with', () => {
  expect([arisesWith(shelf, 'shelf.put'), arisesWith(shelf, 'toString')]).toEqual([true, false]);
  expect(arisesWith(room, 'room.create')).toBe(false);
});

const create = shelf.create;
const wrong: readonly [string, Partial<ActorDefinition>, string][] = [
  [
    'without a schema',
    { create: { ...create, arises: ['shelf.put', 'shelf.fall'] } },
    'shelf.fall is in arises, but has no schema in events',
  ],
  [
    'named twice',
    { create: { ...create, arises: ['shelf.put', 'shelf.put'] } },
    'shelf.put is twice in arises',
  ],
  [
    'other than create.event',
    { create: { ...create, arises: ['shelf.tidy'] } },
    'create.event shelf.put is not in arises',
  ],
  [
    'with another input',
    { input: room.input },
    'input is not the schema of shelf.put, which brings one into being',
  ],
  [
    'beside create.access',
    { create: { ...create, access: {} } },
    'has both arises and create.access: who may send a first message is in commands',
  ],
  [
    'that nobody outside may send',
    { commands: { 'shelf.tidy': {} }, create: { ...create, arises: ['shelf.put'] } },
    'has belongsTo, but nobody outside can bring one into being with a first message',
  ],
];

test.each(wrong)('finds events it arises with %s', (_, more, problem) => {
  expect(checkDefinition({ ...shelf, ...more })).toContain(problem);
});

test('finds belongsTo where nothing arises, and an event it arises with that no state hears', () => {
  const belongs = { ...room, belongsTo: () => [] };
  expect(checkDefinition(belongs)).toEqual([
    'has belongsTo, but nobody outside can bring one into being with a first message',
  ]);
  const deaf = {
    ...room,
    create: { event: 'room.create', arises: ['room.create'] },
    events: { ...room.events, 'room.create': room.input },
  };
  expect(checkDefinition(deaf)).toEqual(['event room.create has a schema, but no state listens to it']);
  expect(checkDefinition(shelf)).toEqual([]);
});
