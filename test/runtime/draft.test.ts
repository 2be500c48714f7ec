/** What a batch has changed: nothing of it is in memory before the commit, and all of it after. */
import { describe, expect, it, test } from 'vitest';
import {
  addEffects,
  apply,
  commitOf,
  emptyDraft,
  type Draft,
  type Held,
  type Memory,
} from '../../runtime/core/draft.ts';
import { noEffects } from '../../runtime/core/effects.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { counter } from '../support/charts.ts';
import { epoch } from '../support/clock.ts';
import { fromActor } from '../support/messages.ts';
import { actor } from '../support/turns.ts';

const registry = createRegistry([counter]);
const house = { dropOutbox: { 3: 7 }, dropPublications: [2] };

function memory(given: Partial<Memory> = {}): Memory {
  return {
    commits: 4,
    position: { sequence: 9, time: epoch, id: 'm9' },
    highWater: epoch,
    charts: new Map([['counter', 1]]),
    sent: new Map([[1, 5]]),
    received: new Map([[2, 6]]),
    held: new Map(),
    actors: new Map(),
    ...given,
  };
}

const held = (number: number): Held => ({ channel: 2, number, body: '{}', id: `m${number}`, time: epoch });
const timer = (token: string) => ({ key: 'sleeper/a', timer: 'nap', at: epoch, token });
const activity = (token: string) => ({
  ...{ key: 'payer/a', activity: 'a', source: 'ask', input: '1', token },
  startedAt: epoch,
});

function commit(draft: Draft, of: Memory = memory()): ReturnType<typeof commitOf> {
  return commitOf(draft, of, { registry, house });
}

const nothingChanged = {
  highWater: epoch,
  records: [],
  ...{ addTimers: [], dropTimers: [], addActivities: [], dropActivities: [] },
  ...{ sent: {}, received: {}, addOutbox: [], addHeld: [], dropHeld: [], answers: [], publications: [] },
  ...house,
};

test('a batch without messages changes nothing, and moves no position', () => {
  const draft = emptyDraft(memory());
  expect(commit(draft)).toEqual(nothingChanged);
  expect('position' in commit(draft)).toBe(false);
  const { replies, notices, outlived, parked, ran } = draft;
  expect({ replies, notices, outlived, parked, ran }).toEqual({
    ...{ replies: [], notices: [], outlived: [], parked: [] },
    ran: [],
  });
});

describe('timers and activities', () => {
  it('are added and dropped by token', () => {
    const draft = emptyDraft(memory());
    const effects = { addTimers: [timer('t1')], addActivities: [activity('a1')] };
    addEffects(draft, { ...noEffects, ...effects, dropTimers: ['t0'], dropActivities: ['a0'] });
    expect(commit(draft)).toEqual({
      ...nothingChanged,
      ...effects,
      ...{ dropTimers: ['t0'], dropActivities: ['a0'] },
    });
  });

  it('that come and go in one batch leave no trace', () => {
    const draft = emptyDraft(memory());
    addEffects(draft, { ...noEffects, addTimers: [timer('t1')], addActivities: [activity('a1')] });
    addEffects(draft, { ...noEffects, dropTimers: ['t1'], dropActivities: ['a1'] });
    expect(commit(draft)).toEqual(nothingChanged);
  });
});

test('position, channels, and what is held back or released stand in the commit', () => {
  const draft = emptyDraft(memory());
  draft.position = { sequence: 12, time: epoch + 3, id: 'm12' };
  draft.highWater = epoch + 3;
  draft.sent.set(1, 8);
  draft.received.set(2, 7);
  draft.held.set('2:9', held(9)).set('2:7', null);
  expect(commit(draft)).toEqual({
    ...nothingChanged,
    position: { sequence: 12, time: epoch + 3, id: 'm12' },
    highWater: epoch + 3,
    sent: { 1: 8 },
    received: { 2: 7 },
    addHeld: [held(9)],
    dropHeld: [{ channel: 2, number: 7 }],
  });
});

describe('a changed record', () => {
  const it3 = actor(counter, { input: { limit: 3 } });
  const before = it3.record();
  it3.take(fromActor('counter/a1', { type: 'counter.add', by: 3 }));
  const full = it3.record();
  it3.take(fromActor('counter/a1', 'counter.close'));
  const closed = it3.record();

  function termsOf(draft: Draft, of: Memory = memory()): [unknown, unknown][] {
    return commit(draft, of).records.map(({ addTerms, dropTerms }) => [addTerms, dropTerms]);
  }

  it('is stored whole, with the terms that lists find it by', () => {
    const draft = emptyDraft(memory());
    draft.actors.set(closed.key, closed);
    expect(commit(draft).records).toEqual([
      {
        key: 'counter/a1',
        body: it3.text(),
        createdAt: epoch,
        addTerms: ['status=done', 'state=closed', 'full=yes'],
        dropTerms: [],
      },
    ]);
  });

  it.each(['in memory', 'just loaded'])('changes only the terms that differ from those %s', (where) => {
    const isLoaded = where === 'just loaded';
    for (const [one, other, expected] of [
      [before, full, [['full=yes'], []]],
      [
        full,
        closed,
        [
          ['status=done', 'state=closed'],
          ['status=active', 'state=open'],
        ],
      ],
    ] as const) {
      const of = memory(isLoaded ? {} : { actors: new Map([[one.key, { record: one, usedAt: 0 }]]) });
      const draft = emptyDraft(of);
      if (isLoaded) draft.loaded.set(one.key, one);
      draft.actors.set(other.key, other);
      expect(termsOf(draft, of)).toEqual([expected]);
    }
  });

  it('of a kind that is not registered is a mistake', () => {
    const draft = emptyDraft(memory());
    draft.actors.set('lamp/l1', { ...closed, kind: 'lamp', key: 'lamp/l1' });
    expect(() => commit(draft)).toThrow('lamp/l1: a record of a kind that is not registered');
  });
});

describe('after the commit', () => {
  const one = actor(counter, { id: 'one' }).record();
  const two = actor(counter, { id: 'two' }).record();

  it('memory is what the batch has made of it', () => {
    const of = memory({ held: new Map([['2:7', held(7)]]) });
    const draft = emptyDraft(of);
    draft.position = { sequence: 12, time: epoch + 3, id: 'm12' };
    draft.highWater = epoch + 3;
    draft.sent.set(1, 8).set(4, 1);
    draft.received.set(2, 7);
    draft.held.set('2:9', held(9)).set('2:7', null);
    apply(draft, of, { commit: commit(draft, of), now: 77 });
    expect(of).toEqual({
      commits: 5,
      position: { sequence: 12, time: epoch + 3, id: 'm12' },
      highWater: epoch + 3,
      charts: new Map([['counter', 1]]),
      sent: new Map([
        [1, 8],
        [4, 1],
      ]),
      received: new Map([[2, 7]]),
      held: new Map([['2:9', held(9)]]),
      actors: new Map(),
    });
  });

  it('the position stays where the batch has moved none', () => {
    const of = memory();
    apply(emptyDraft(of), of, { commit: commit(emptyDraft(of), of), now: 77 });
    expect(of.position).toEqual({ sequence: 9, time: epoch, id: 'm9' });
  });

  it('actors that were loaded or changed are the ones used last', () => {
    const three = { ...one, key: 'counter/three' };
    const of = memory({
      actors: new Map([one, three].map((record) => [record.key, { record, usedAt: 1 }])),
    });
    const draft = emptyDraft(of);
    draft.loaded.set(two.key, two);
    const changed = { ...one, version: 2 };
    draft.actors.set(one.key, changed);
    apply(draft, of, { commit: commit(draft, of), now: 77 });
    expect([...of.actors]).toEqual([
      ['counter/three', { record: three, usedAt: 1 }],
      ['counter/two', { record: two, usedAt: 77 }],
      ['counter/one', { record: changed, usedAt: 77 }],
    ]);
  });
});
