import { describe, expect, it } from 'vitest';
import { routing } from '../../actors/routing.ts';
import { kilometresBetween, maxWarehouses } from '../../machines/routing.books.ts';
import { routingAnswers } from '../../machines/routing.events.ts';
import { maxCandidates } from '../../machines/schemas.ts';
import type { Event } from '../../runtime/message.ts';
import { chartActor, type ChartActor } from '../support/chart-actor.ts';

const berlin = { lat: 52.52, lon: 13.405 };
const paris = { lat: 48.8566, lon: 2.3522 };
const warsaw = { lat: 52.2297, lon: 21.0122 };
const shipTo = { name: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' };

const update = (warehouse: string, more: object = {}): Event => ({
  type: 'routing.update',
  ...{ warehouse, version: 1, country: 'DE', location: berlin, takesWork: true, capacity: 'available' },
  ...more,
});
const ask = (more: object = {}): Event => ({
  type: 'routing.ask',
  orderId: 'o1',
  shipTo: { ...shipTo, ...more },
});

const empty = (): ChartActor => chartActor(routing, { id: 'north' });
const ranked = (asked: ChartActor): unknown => asked.told[0]?.event['warehouses'];

it('answers the order that asks', () => {
  expect(empty().send(update('W1'), ask()).told).toEqual([
    { to: 'order/o1', event: { type: 'routing.candidates', warehouses: ['W1'] } },
  ]);
});

it('answers with an empty list where no warehouse is known, also as the first message', () => {
  const asked = empty().send(ask());
  expect([ranked(asked), asked.state]).toEqual([[], 'unaware']);
  expect(asked.send(update('W1')).state).toBe('aware');
});

it('keeps what each warehouse has told last, by its version', () => {
  const old = empty().send(update('W1', { version: 5 }));
  for (const version of [4, 5]) {
    const late = old.send(update('W1', { version, takesWork: false }), ask());
    expect(ranked(late)).toEqual(['W1']);
  }
  expect(ranked(old.send(update('W1', { version: 6, takesWork: false }), ask()))).toEqual([]);
});

describe('the rank', () => {
  const rank = (first: object, second: object, address: object = {}): unknown =>
    ranked(empty().send(update('A', second), update('B', first), ask(address)));

  it.each([
    ['not full before full, also abroad', { country: 'FR' }, { capacity: 'full' }],
    ['the same country before others, also farther away', { location: paris }, { country: 'PL' }],
    ['the nearest first, also nearly full', { location: berlin, capacity: 'nearFull' }, { location: warsaw }],
    ['more room first, at the same distance', { capacity: 'available' }, { capacity: 'nearFull' }],
  ])('puts %s', (_, first, second) => {
    expect(rank(first, second, { location: berlin })).toEqual(['B', 'A']);
  });

  it('does not go by distance where the address has no location, but by room and then by name', () => {
    expect(rank({ location: paris }, { location: warsaw, capacity: 'nearFull' })).toEqual(['B', 'A']);
    expect(rank({ location: warsaw }, { location: paris })).toEqual(['A', 'B']);
  });

  it('leaves out those that take on no work', () => {
    expect(rank({ takesWork: false }, { capacity: 'full' })).toEqual(['A']);
  });

  it('has no more than an order tries', () => {
    const names = Array.from({ length: maxCandidates + 5 }, (_, index) => `W${100 + index}`);
    const asked = empty().send(...names.map((name) => update(name)), ask());
    expect(ranked(asked)).toEqual(names.slice(0, maxCandidates));
    const { type: _type, ...answer } = asked.told[0]?.event ?? { type: '' };
    expect(routingAnswers['routing.candidates'].safeParse(answer).error).toBeUndefined();
  });
});

it('knows no more warehouses than fit, and hears those on', () => {
  const names = Array.from({ length: maxWarehouses }, (_, index) => `W${index}`);
  const full = empty().send(...names.map((name) => update(name)));
  expect(full.try(update('more'))).toBe('isOld, hasRoom');
  expect(full.try(update('W7', { version: 2 }))).toBe('accepted');
  expect(JSON.stringify(full.context).length).toBeLessThan(200_000);
});

it('measures along the great circle', () => {
  expect(kilometresBetween(berlin, paris)).toBeCloseTo(878, -1);
  expect(kilometresBetween(berlin, berlin)).toBe(0);
  const poles = kilometresBetween({ lat: 90, lon: 0 }, { lat: -90, lon: 0 });
  expect(poles).toBeCloseTo(20_015, 0);
  expect(kilometresBetween({ lat: 0, lon: 179.5 }, { lat: 0, lon: -179.5 })).toBeCloseTo(111, 0);
});

it('is nothing that anybody outside commands', () => {
  expect(routing.commands).toEqual({});
  expect(routing.view(empty().context)).toEqual({ id: 'north', warehouses: [] });
});
