import { describe, expect, it } from 'vitest';
import { warehouseWith } from '../../actors/warehouse.ts';
import { defaultDurations } from '../../machines/durations.ts';
import { routingEvents } from '../../machines/routing.events.ts';
import type { WarehouseContext } from '../../machines/warehouse.books.ts';
import { warehouseAnswers } from '../../machines/warehouse.events.ts';
import { isAllowed } from '../../runtime/definition.ts';
import type { Event } from '../../runtime/message.ts';
import { chartActor, type ChartActor } from '../support/chart-actor.ts';
import { seededRandom, seeds } from '../support/random.ts';

const definition = warehouseWith(defaultDurations);
const place = { country: 'DE', location: { lat: 52.5, lon: 13.4 }, region: 'north' };

const withCapacity = (capacity: number): ChartActor =>
  chartActor(definition, { id: 'W1', ...place, capacity });
const slot = (fulfillmentId: string, attempt = 1): Event => ({
  type: 'warehouse.slot',
  fulfillmentId,
  attempt,
});
const free = (fulfillmentId: string, attempt = 1): Event => ({
  type: 'warehouse.free',
  fulfillmentId,
  attempt,
});
const setCapacity = (capacity: number): Event => ({ type: 'warehouse.setCapacity', capacity });
const pause = { type: 'warehouse.pause' };
const open = { type: 'warehouse.open' };
const close = { type: 'warehouse.close' };

const granted = (attempt = 1) => ({ type: 'warehouse.granted', warehouse: 'W1', attempt });
const denied = (attempt = 1) => ({ type: 'warehouse.denied', warehouse: 'W1', attempt });
const standing = (version: number, capacity: string, takesWork = true) => ({
  type: 'routing.update',
  ...{ warehouse: 'W1', version, country: 'DE', location: place.location, takesWork, capacity },
});

const told = (warehouse: ChartActor): unknown[] => warehouse.told.map(({ event }) => event);
const used = ({ context }: ChartActor): number => (context as WarehouseContext).used;

describe('slots', () => {
  it('are granted while there is room, then denied', () => {
    const full = withCapacity(2).send(slot('f1'), slot('f2'));
    expect(full.told[0]).toEqual({ to: 'fulfillment/f2', event: granted() });
    expect(full.send(slot('f3')).told).toEqual([{ to: 'fulfillment/f3', event: denied() }]);
    expect(told(full.send(free('f1'), slot('f3')))).toContainEqual(granted());
  });

  it('rule 8: answer with the attempt that asked, and a slot is kept until it is freed', () => {
    const one = withCapacity(1).send(slot('f1'));
    for (const attempt of [1, 1, 2]) {
      const again = one.send(slot('f1', attempt));
      expect([told(again), used(again)]).toEqual([[granted(attempt)], 1]);
    }
    expect(used(one.send(slot('f1', 2), free('f1', 1)))).toBe(1);
    expect(used(one.send(slot('f1', 2), free('f1', 2)))).toBe(0);
    expect(used(one.send(slot('f1', 2), slot('f1', 1), free('f1', 1)))).toBe(1);
    expect(used(one.send(free('f1'), free('f1')))).toBe(0);
  });

  it('rule 8: are denied for an attempt that was left, also one that never had any', () => {
    const left = withCapacity(1).send(slot('f1', 1), free('f1', 1), free('f2', 3), free('f2', 2));
    expect(told(left.send(slot('f1', 1)))).toEqual([denied(1)]);
    expect(told(left.send(slot('f2', 3)))).toEqual([denied(3)]);
    expect(told(left.send(slot('f2', 4)))[0]).toEqual(granted(4));
    expect(used(left)).toBe(0);
  });

  it('rule 20: forget who has left after two periods', () => {
    const wait = (warehouse: ChartActor) => warehouse.wait('endedKept', 'warehouse.memory.kept');
    const left = withCapacity(1).send(free('f1', 1));
    expect(told(wait(left).send(slot('f1')))).toEqual([denied()]);
    expect(wait(wait(left)).state).toMatchObject({ memory: 'blank' });
    expect(told(wait(wait(left)).send(slot('f1')))[0]).toEqual(granted());
  });

  it('are as many as the capacity says, which never goes below those in use', () => {
    const two = withCapacity(3).send(slot('f1'), slot('f2'));
    expect(two.try(setCapacity(1))).toBe('isNotBelowUsed');
    expect(told(two.send(setCapacity(2), slot('f3')))).toEqual([denied()]);
    expect(two.send(setCapacity(2), setCapacity(3), slot('f3')).context).toMatchObject({ used: 3 });
  });
});

describe('operations', () => {
  it('take on nothing new while paused or closed, and what has a slot goes on', () => {
    for (const stop of [pause, close]) {
      const stopped = withCapacity(3).send(slot('f1'), stop);
      expect(told(stopped.send(slot('f2')))).toEqual([denied()]);
      expect(told(stopped.send(slot('f1', 2)))).toEqual([granted(2)]);
      expect(used(stopped.send(free('f1')))).toBe(0);
      expect(stopped.send(setCapacity(9)).context).toMatchObject({ capacity: 9 });
    }
    expect(told(withCapacity(1).send(pause, open, slot('f1')))[0]).toEqual(granted());
  });

  it.each([
    ['open', [], { pause: 'paused', open: 'open', close: 'closed' }],
    ['paused', [pause], { pause: 'paused', open: 'open', close: 'closed' }],
    ['closed', [close], { pause: '-', open: '-', close: 'closed' }],
    ['closed from paused', [pause, close], { pause: '-', open: '-', close: 'closed' }],
  ])('lead on from %s', (_, way, expected) => {
    const from = withCapacity(1).send(...way);
    for (const [name, to] of Object.entries(expected)) {
      const event = { type: `warehouse.${name}` };
      const is = from.try(event) === 'accepted' ? from.send(event).state : from.try(event);
      expect(is, name).toEqual(to === '-' ? '-' : expect.objectContaining({ operations: to }));
    }
  });
});

describe('routing', () => {
  it('is told at creation', () => {
    expect(withCapacity(5).told).toEqual([{ to: 'routing/north', event: standing(1, 'available') }]);
  });

  it('is told when the capacity state changes, and not at every slot', () => {
    let warehouse = withCapacity(10);
    const levels = [];
    for (let index = 1; index <= 10; index++) {
      warehouse = warehouse.send(slot(`f${index}`));
      levels.push(told(warehouse).slice(1));
    }
    const expected = [[], [], [], [], [], [], [], [standing(2, 'nearFull')], [], [standing(3, 'full')]];
    expect(levels).toEqual(expected);
    expect(told(warehouse.send(free('f1')))).toEqual([standing(4, 'nearFull')]);
    expect(told(warehouse.send(setCapacity(100)))).toEqual([standing(4, 'available')]);
    expect(told(warehouse.send(setCapacity(12)))).toEqual([standing(4, 'nearFull')]);
  });

  it('is told at once when one slot is all there is', () => {
    const full = withCapacity(1).send(slot('f1'));
    expect(told(full)).toEqual([granted(), standing(2, 'full')]);
    expect(told(full.send(free('f1')))).toEqual([standing(3, 'available')]);
  });

  it('is told when operations change, with the level as it is', () => {
    const full = withCapacity(1).send(slot('f1'), pause);
    expect(told(full)).toEqual([standing(3, 'full', false)]);
    expect(told(full.send(pause))).toEqual([]);
    expect(told(full.send(close))).toEqual([]);
    expect(told(full.send(open))).toEqual([standing(4, 'full', true)]);
    expect(told(full.send(free('f1')))).toEqual([standing(4, 'available', false)]);
  });
});

/** The same in the plainest way: who has a place, and which attempts are over. */
class Plain {
  readonly places = new Map<string, number>();
  readonly over = new Map<string, number>();
  takesWork = true;

  free(id: string, attempt: number): void {
    this.over.set(id, Math.max(this.over.get(id) ?? 0, attempt));
    if ((this.places.get(id) ?? Infinity) <= attempt) this.places.delete(id);
  }

  isGranted(id: string, attempt: number): boolean {
    const hasRoom = this.takesWork && this.places.size < 3;
    if (!this.places.has(id) && !(hasRoom && attempt > (this.over.get(id) ?? 0))) return false;
    this.places.set(id, Math.max(this.places.get(id) ?? 0, attempt));
    return true;
  }
}

it.each(seeds(30))('invariants 24, 25: grants no more than it has, whatever the order (SEED=%i)', (seed) => {
  const random = seededRandom(seed);
  const plain = new Plain();
  let warehouse = withCapacity(3);
  for (let step = 0; step < 150; step++) {
    const id = `f${random.below(6)}`;
    const attempt = 1 + random.below(4);
    const event = random.pick([slot(id, attempt), slot(id, attempt), free(id, attempt), pause, open]);
    warehouse = warehouse.send(event);
    if (event === pause || event === open) plain.takesWork = event === open;
    if (event.type === 'warehouse.free') plain.free(id, attempt);
    if (event.type === 'warehouse.slot') {
      const expected = plain.isGranted(id, attempt) ? granted(attempt) : denied(attempt);
      expect(told(warehouse)[0], String(step)).toEqual(expected);
    }
    expect(used(warehouse)).toBe(plain.places.size);
  }
});

describe('the definition', () => {
  const may = (type: string, roles: string[], warehouses: string[]): boolean => {
    const access = type === 'create' ? definition.create.access : definition.commands[`warehouse.${type}`];
    return isAllowed(access, withCapacity(1).context, { subject: 'x', roles, warehouses });
  };

  it('lets admins and the manager whose claim names it create and command it', () => {
    for (const type of ['create', 'pause', 'open', 'close', 'setCapacity']) {
      expect(may(type, ['admin'], []), type).toBe(true);
      expect(may(type, ['warehouseManager'], ['W1']), type).toBe(true);
      expect(may(type, ['warehouseManager'], ['W2']), type).toBe(false);
      expect(may(type, ['picker', 'packer', 'cs', 'customer'], ['W1']), type).toBe(false);
    }
    expect([may('slot', ['admin'], ['*']), may('free', ['admin'], ['*'])]).toEqual([false, false]);
  });

  it('shows how much room there is', () => {
    expect(definition.view(withCapacity(3).send(slot('f1')).context)).toEqual({
      ...{ id: 'W1', ...place },
      ...{ capacity: 3, used: 1, free: 2 },
    });
  });

  it('says only what others understand', () => {
    const schemas: Record<string, { parse(value: unknown): unknown }> = {
      ...warehouseAnswers,
      ...routingEvents,
    };
    const full = withCapacity(1).send(slot('f1'));
    for (const { event } of [...full.told, ...full.send(slot('f2')).told]) {
      const { type, ...payload } = event;
      expect(() => schemas[type]?.parse(payload)).not.toThrow();
      expect(Object.keys(schemas)).toContain(type);
    }
  });
});
