/** What was granted and did not come about is told: whoever asked finds it among the order's incidents. */
import { describe, expect, it } from 'vitest';
import { incidentsMax } from '../../machines/order.incidents.ts';
import {
  account,
  accountOf,
  active,
  at,
  f1,
  f2,
  moved,
  split,
  stopped,
  type Order,
} from '../support/order-played.ts';

const shipTo = { name: 'Ann', line1: 'Lane 2', city: 'South', postalCode: '12345', country: 'DE' };

const incidents = (order: Order): readonly string[] => order.context().incidents;

/** Handed over with the address of this revision. */
function left(order: Order, id: string, addressRevision: number): Order {
  const given = { state: 'handedOver', addressRevision, lines: { l1: { shipped: 2 } } };
  return order.hear('fulfillment.account', accountOf(order, id, given));
}

describe('a line that is cancelled too late', () => {
  const reduced = (quantity: number): Order =>
    active().does('order.cancelLine', { lineId: 'l1', quantity }, 'cs');

  it('is an incident: with what was not taken out', () => {
    const missed = account(reduced(2), f1, { change: 'o1~c1' });
    expect(incidents(missed)).toEqual([`${f1}: 2 of l1 could not be cancelled any more`]);
    const partly = account(reduced(2), f1, { change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    expect(incidents(partly)).toEqual([`${f1}: 1 of l1 could not be cancelled any more`]);
  });

  it('is none where all of it was taken out, or nothing is answered yet', () => {
    const order = account(reduced(1), f1);
    expect(incidents(order)).toEqual([]);
    account(order, f1, { change: 'o1~c1', lines: { l1: { assigned: 1, cut: 1 } } });
    expect(incidents(order)).toEqual([]);
  });

  it('is told as long as there are not too many to show', () => {
    const order = active();
    for (let each = 1; each <= incidentsMax + 2; each += 1) {
      order.does('order.cancelLine', { lineId: 'l1', quantity: 1 + (each % 2) }, 'cs');
      account(order, f1, { change: `o1~c${each}` });
    }
    expect(incidents(order)).toHaveLength(incidentsMax);
    expect(incidents(order).at(-1)).toBe(`${f1}: 1 of l1 could not be cancelled any more`);
  });
});

describe('an address that is changed too late', () => {
  it('is an incident, too, where that is found out after the handover, and once', () => {
    const order = left(active().does('order.changeAddress', { shipTo }, 'customer'), f1, 2);
    expect(incidents(order)).toEqual([]);
    for (const _ of [1, 2]) left(order, f1, 1);
    expect(incidents(order)).toEqual([`${f1}: the parcel left for the address before the change`]);
  });

  it('is an incident of the parcel that left before it knew', () => {
    const order = split().does('order.changeAddress', { shipTo }, 'customer');
    left(order, f1, 1);
    left(order, f2, 2);
    expect(incidents(order)).toEqual([`${f1}: the parcel left for the address before the change`]);
    moved(order, f1, 'delivered');
    expect(incidents(order)).toHaveLength(1);
  });

  it('is none for a parcel that had left already, or was stopped', () => {
    const order = left(split(), f1, 1).does('order.changeAddress', { shipTo }, 'customer');
    order.hear('fulfillment.account', accountOf(order, f1, { addressRevision: 1, lines: {} }));
    const given = { state: 'stopped', addressRevision: 1, lines: { l1: { assigned: 0, cut: 2 } } };
    order.hear('fulfillment.account', accountOf(order, f2, given));
    expect(incidents(order)).toEqual([]);
  });
});

describe('a cancellation that comes too late', () => {
  it('is an incident of the parcel that left meanwhile', () => {
    const order = active().does('order.cancel', {}, 'customer');
    moved(order, f1, 'handedOver');
    expect(at(order, 'execution')).toBe('shipped');
    expect(incidents(order)).toEqual([`${f1}: the parcel left before it could be cancelled`]);
  });

  it('is none for a parcel that had left already', () => {
    const order = moved(split(), f1, 'handedOver').does('order.cancel', {}, 'customer');
    moved(stopped(order, f2), f1, 'delivered');
    expect(incidents(order)).toEqual([]);
  });
});
