import { describe, expect, it, test } from 'vitest';
import { defaultDurations } from '../../machines/durations.ts';
import { scansMax, shipmentOf, type ShipmentContext } from '../../machines/shipment.books.ts';
import { scanStatuses, type ScanStatus } from '../../machines/shipment.events.ts';
import { surplusMax } from '../../machines/shipment.surplus.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { viewOf } from '../../runtime/core/view.ts';
import { epoch } from '../support/clock.ts';
import {
  booked,
  elsewhere,
  labelled,
  listener,
  number,
  parcel,
  scan,
  shipment,
  shipmentId,
  shipmentOver,
  shipTo,
  type Parcel,
} from './parcels.ts';

const unknown = { outcome: 'unknown' };
const gone = { outcome: 'gone' };
const notFound = { outcome: 'notFound' };
const refused = (reason: string): object => ({ outcome: 'refused', reason });
const readdress = (revision: number): [string, object] => [
  'shipment.readdress',
  { shipTo: elsewhere, revision },
];
const byHand = { carrier: 'post', trackingNumber: 'M1' };

function bookByHand(self: Parcel, of: object = byHand, warehouses = ['W1']): string {
  const principal = { subject: 'kim', roles: ['warehouseManager'], warehouses };
  const { outcome } = self.ask('shipment.bookManually', of, principal);
  return outcome.outcome === 'refused' ? outcome.reason : outcome.outcome;
}

/** A person has to book, and nothing is left to be voided. */
function toManual(self = shipment()): Parcel {
  self.answer('book', refused('nobody lives there'));
  expect(self.where()).toBe('label.manualBooking');
  return self;
}

function surplusOf(self: Parcel): string[] {
  return self.context().surplus.map(({ booking }) => booking.slice(shipmentId.length));
}

function seen(self: Parcel, ...statuses: ScanStatus[]): string[] {
  return statuses.flatMap((status) => self.tell('shipment.scan', scan(status)));
}

function inputOf(self: Parcel, activity: string): unknown {
  return self.actor.record().activities[activity]?.input;
}

describe('what a person says of a parcel', () => {
  const cs = { subject: 'kim', roles: ['cs'], warehouses: [] };
  const settle = (self: Parcel, as: string): string => {
    const { outcome } = self.ask('shipment.settle', { as, reason: 'the carrier said so' }, cs);
    return outcome.outcome === 'refused' ? outcome.reason : outcome.outcome;
  };
  const onItsWay = (...statuses: ScanStatus[]): Parcel => {
    const self = booked();
    self.tell('shipment.handedOver');
    seen(self, ...statuses);
    return self;
  };

  it.each(['delivered', 'returned', 'lost'])('counts like a scan: %s', (as) => {
    const self = onItsWay();
    const { outcome, effects } = self.ask('shipment.settle', { as, reason: 'they said so' }, cs);
    expect(outcome.outcome).toBe('accepted');
    expect(effects.messages.map(({ event }) => event.type)).toEqual([`shipment.${as}`]);
    expect(self.where()).toBe(`label.booked transport.${as}`);
    expect(self.context()).toMatchObject({ transport: as, settled: { as, reason: 'they said so' } });
  });

  it('settles what is on its way back, in the way, or has not been seen for long', () => {
    expect(settle(onItsWay('returning'), 'returned')).toBe('accepted');
    expect(settle(onItsWay('exception'), 'delivered')).toBe('accepted');
    const silent = onItsWay();
    silent.due('parcelSilent');
    expect(settle(silent, 'delivered')).toBe('accepted');
    expect(silent.actor.record().timers).toEqual({});
  });

  it('cannot be of a parcel that has not left, nor turn round what has ended', () => {
    expect(settle(booked(), 'delivered')).toBe('guard');
    expect(settle(onItsWay('delivered'), 'lost')).toBe('guard');
    expect(settle(onItsWay('returning'), 'delivered')).toBe('guard');
    expect(settle(onItsWay('lost'), 'delivered')).toBe('accepted');
  });

  it('is for customer service, the warehouse’s manager and admins', () => {
    const given = { as: 'lost', reason: 'why' };
    const asked = (roles: string[], warehouses: string[]): unknown =>
      onItsWay().ask('shipment.settle', given, { subject: 'x', roles, warehouses }).outcome;
    expect(asked(['warehouseManager'], ['W1'])).toMatchObject({ outcome: 'accepted' });
    expect(asked(['admin'], [])).toMatchObject({ outcome: 'accepted' });
    for (const [role, warehouse] of [
      ['warehouseManager', 'W2'],
      ['packer', 'W1'],
    ] as const) {
      expect(asked([role], [warehouse])).toMatchObject({ outcome: 'refused', reason: 'forbidden' });
    }
  });
});

describe('a label', () => {
  it('is booked under our reference, with what a carrier needs and no more', () => {
    const located = { ...parcel, shipTo: { ...shipTo, location: { lat: 1, lon: 2 } } };
    const self = shipment();
    expect(inputOf(self, 'book')).toEqual({
      ...{ booking: `${shipmentId}#1`, shipmentId, orderId: 'o1', warehouse: 'W1', shipTo },
      lines: [{ sku: 'A', quantity: 2 }],
    });
    self.tell('shipment.readdress', { shipTo: located.shipTo, revision: 2 });
    expect(inputOf(self, 'book')).toMatchObject({ booking: `${shipmentId}#2`, shipTo });
  });

  it('invariant 18: is told only when its number is ours', () => {
    const self = shipment();
    expect(self.answer('book', labelled('SB1'))).toEqual(['trackingNumber trackingNumber.claim SB1']);
    expect(self.where()).toBe('label.claiming');
    expect(self.tell('tracking.claimed', number('SB1'))).toEqual(['fulfillment shipment.booked 1 SB1']);
    expect(self.where()).toBe('label.booked');
  });

  it('does not take the number of another carrier for its own', () => {
    const self = shipment();
    self.answer('book', labelled('SB1'));
    for (const other of [number('SB2'), number('SB1', 'other')]) {
      expect(self.tell('tracking.claimed', other)).toEqual([]);
      expect(self.tell('tracking.refused', other)).toEqual([]);
    }
    expect(self.where()).toBe('label.claiming');
  });

  it('rule 16: claims its number again by a timer', () => {
    const self = shipment();
    self.answer('book', labelled('SB1'));
    const again = ['trackingNumber trackingNumber.claim SB1'];
    expect([self.due('claimOverdue'), self.due('claimOverdue')]).toEqual([again, again]);
  });

  it('rule 16: answers the same question the same way', () => {
    const self = shipment();
    expect(self.tell('shipment.book', parcel)).toEqual([]);
    booked(self);
    const answer = ['fulfillment shipment.booked 1 SB1'];
    expect(self.tell('shipment.book', parcel)).toEqual(answer);
    expect(self.tell('shipment.book', parcel)).toEqual(answer);
    expect(self.tell('shipment.readdress', { shipTo, revision: 1 })).toEqual(answer);
  });

  it('rule 16: hears late answers about numbers without a change', () => {
    for (const self of [shipment(), booked(), toManual()]) {
      const before = self.where();
      self.tell('tracking.claimed', number('OLD'));
      self.tell('tracking.refused', number('OLD'));
      expect(self.where()).toBe(before);
    }
  });
});

describe('rule 4: an answer that does not come', () => {
  it('is looked up by our reference until there is one; not found settles nothing', () => {
    const self = shipment();
    self.answer('book', unknown);
    for (let time = 0; time < 3; time++) {
      expect(self.where()).toBe('label.requested.lookingUp');
      expect(inputOf(self, 'lookUp')).toEqual({ booking: `${shipmentId}#1` });
      self.answer('lookUp', time === 1 ? new Error('503') : unknown);
      expect(self.where()).toBe('label.requested.unanswered');
      self.due('labelLookUp');
    }
    self.answer('lookUp', labelled('SB1'));
    expect(self.where()).toBe('label.claiming');
    expect(self.context()).toMatchObject({ booking: `${shipmentId}#1`, surplus: [] });
  });

  it.each<[string, (self: Parcel) => unknown]>([
    ['booking', () => undefined],
    ['lookingUp', (self) => self.answer('book', unknown)],
    ['unanswered', (self) => [self.answer('book', unknown), self.answer('lookUp', unknown)]],
  ])('leaves it to a person after a while, from %s too', (state, before) => {
    const self = shipment();
    before(self);
    expect(self.where()).toBe(`label.requested.${state}`);
    self.due('bookingGivenUp');
    expect(self.where()).toBe('label.manualBooking surplus.clearing');
    expect(self.context().problem).toBe('the carrier did not answer in time');
    expect(surplusOf(self)).toEqual(['#1']);
  });

  it('counts the while from the first call, not from the last look-up', () => {
    const self = shipment();
    const deadline = (): unknown =>
      Object.values(self.actor.record().timers).find(({ event }) => event.type.includes('bookingGivenUp'))
        ?.at;
    const first = deadline();
    expect(first).toBe(epoch + defaultDurations.bookingGivenUp);
    self.answer('book', unknown);
    self.answer('lookUp', unknown);
    expect(deadline()).toBe(first);
  });

  it('leaves errors to a person too; the booking may have been made', () => {
    const self = shipment();
    self.answer('book', new Error('the carrier is down'));
    expect(self.where()).toBe('label.manualBooking surplus.clearing');
    expect(self.context().problem).toBe('the carrier is down');
    expect(surplusOf(self)).toEqual(['#1']);
  });

  it('takes a clear no as one: nothing is booked, nothing to void', () => {
    expect(toManual().context()).toMatchObject({
      ...{ problem: 'nobody lives there', booking: null, label: null, surplus: [] },
    });
  });
});

describe('booking by hand', () => {
  it('claims the number, and is a label like any other', () => {
    const self = toManual();
    expect(bookByHand(self)).toBe('accepted');
    expect(self.where()).toBe('label.claiming');
    expect(self.tell('tracking.claimed', byHand)).toEqual(['fulfillment shipment.booked 1 M1']);
    expect(self.context()).toMatchObject({ booking: null, problem: null, label: { ...byHand, url: null } });
  });

  it('is for the own warehouse, and only where a person has to', () => {
    expect(bookByHand(toManual(), byHand, ['W2'])).toBe('forbidden');
    expect(bookByHand(shipment())).toBe('guard');
    expect(bookByHand(booked())).toBe('guard');
  });

  it('takes the same number again without a change, and no other', () => {
    const self = toManual();
    bookByHand(self);
    expect(bookByHand(self)).toBe('accepted');
    expect(bookByHand(self, { ...byHand, trackingNumber: 'M2' })).toBe('guard');
    self.tell('tracking.claimed', byHand);
    expect(bookByHand(self)).toBe('accepted');
    expect(self.where()).toBe('label.booked');
  });

  it('comes back with the reason where the number is somebody else’s, which is not ours to void', () => {
    const self = toManual();
    bookByHand(self);
    self.tell('tracking.refused', byHand);
    expect(self.where()).toBe('label.manualBooking');
    expect(self.context()).toMatchObject({
      ...{ problem: 'another shipment has this tracking number', toVoidByHand: [], surplus: [] },
    });
    expect(bookByHand(self, { ...byHand, trackingNumber: 'M2' })).toBe('accepted');
  });

  it('is remembered when it is given up, for a person to void', () => {
    const self = toManual();
    bookByHand(self);
    self.tell('tracking.claimed', byHand);
    self.tell(...readdress(2));
    expect(self.where()).toBe('label.requested.booking');
    expect(self.context().toVoidByHand).toEqual([
      { ...byHand, booking: null, reason: 'it was booked by hand' },
    ]);
  });
});

describe('a number that another shipment has', () => {
  it('is booked again under a reference of its own, once', () => {
    const self = shipment();
    self.answer('book', labelled('SB1'));
    self.tell('tracking.refused', number('SB1'));
    expect(self.where()).toBe('label.requested.booking surplus.clearing');
    expect(inputOf(self, 'book')).toMatchObject({ booking: `${shipmentId}#1:2` });
    expect(inputOf(self, 'clear')).toEqual({ booking: `${shipmentId}#1`, inUse: null });
    self.answer('clear', gone);
    self.answer('book', labelled('SB2'));
    self.tell('tracking.refused', number('SB2'));
    expect(self.where()).toBe('label.manualBooking surplus.clearing');
    expect(inputOf(self, 'clear')).toEqual({ booking: `${shipmentId}#1:2`, inUse: null });
  });

  it('counts anew for a new address', () => {
    const self = shipment();
    self.answer('book', labelled('SB1'));
    self.tell('tracking.refused', number('SB1'));
    self.tell(...readdress(2));
    expect(self.context().booking).toBe(`${shipmentId}#2`);
    self.answer('book', labelled('SB3'));
    self.tell('tracking.refused', number('SB3'));
    expect(self.context().booking).toBe(`${shipmentId}#2:2`);
  });

  it('rule 18: no reference is ever used twice', () => {
    const self = shipment();
    const used = new Set<string>();
    for (let revision = 1; revision < 6; revision++) {
      for (const tracking of [`A${revision}`, `B${revision}`]) {
        const reference = self.context().booking ?? '';
        expect(used.has(reference)).toBe(false);
        used.add(reference);
        self.answer('book', labelled(tracking));
        self.tell('tracking.refused', number(tracking));
      }
      self.tell(...readdress(revision + 1));
    }
    expect([...used].map(shipmentOf)).toEqual(Array.from(used, () => shipmentId));
  });
});

describe('rule 6: a new address', () => {
  it.each<[string, (self: Parcel) => unknown]>([
    ['booking', () => undefined],
    ['lookingUp', (self) => self.answer('book', unknown)],
    ['claiming', (self) => self.answer('book', labelled('SB1'))],
    ['booked', (self) => booked(self)],
  ])('while %s makes the booking before it surplus', (state, before) => {
    const self = shipment();
    before(self);
    expect(self.where()).toContain(state);
    self.tell(...readdress(2));
    expect(self.where()).toBe('label.requested.booking surplus.clearing');
    expect(self.context()).toMatchObject({ booking: `${shipmentId}#2`, revision: 2, shipTo: elsewhere });
    expect(surplusOf(self)).toEqual(['#1']);
    self.answer('book', labelled('SB2'));
    expect(self.tell('tracking.claimed', number('SB2'))).toEqual(['fulfillment shipment.booked 2 SB2']);
  });

  it('asks the carrier once more where a person was to book', () => {
    const self = toManual();
    self.tell(...readdress(2));
    expect(self.where()).toBe('label.requested.booking');
    expect(self.context()).toMatchObject({ problem: null, surplus: [] });
  });

  it('takes only a higher revision', () => {
    const self = booked();
    self.tell(...readdress(3));
    const before = self.context();
    expect(self.tell(...readdress(2))).toEqual([]);
    expect(self.tell(...readdress(3))).toEqual([]);
    expect(self.context()).toEqual(before);
  });

  it('may also come with the question for a label', () => {
    const self = booked();
    self.tell('shipment.book', { ...parcel, shipTo: elsewhere, revision: 2 });
    expect(self.context()).toMatchObject({ booking: `${shipmentId}#2`, shipTo: elsewhere });
  });

  it('comes too late once a carrier has it', () => {
    const self = booked();
    seen(self, 'inTransit');
    expect(self.tell(...readdress(2))).toEqual(['fulfillment shipment.moving 1']);
    expect(self.tell('shipment.book', { ...parcel, revision: 2 })).toEqual(['fulfillment shipment.moving 1']);
    expect(self.context()).toMatchObject({ revision: 1, booking: `${shipmentId}#1` });
  });

  it('rule 20: leaves it to a person where too much is still to be voided', () => {
    const self = shipment();
    for (let revision = 2; revision <= surplusMax + 1; revision++) self.tell(...readdress(revision));
    expect(self.context().surplus).toHaveLength(surplusMax);
    for (let revision = surplusMax + 2; revision <= surplusMax + 9; revision++) {
      self.tell(...readdress(revision));
      expect(self.where()).toBe('label.manualBooking surplus.clearing');
    }
    expect(self.context().problem).toBe('too many bookings are still to be voided');
    expect(self.context().surplus).toHaveLength(surplusMax + 1);
  });
});

describe('rule 6: surplus', () => {
  /** One booking that was left with its answer outstanding. */
  function left(): Parcel {
    const self = shipment();
    self.answer('book', new Error('no answer'));
    return self;
  }

  /** Ms to the next try. */
  function waitMs(self: Parcel): number {
    const { timers, updatedAt } = self.actor.record();
    const [timer] = Object.values(timers).filter(({ event }) => event.type.includes('surplusAgain'));
    return (timer?.at ?? 0) - updatedAt;
  }

  it('is voided by our reference', () => {
    const self = left();
    expect(inputOf(self, 'clear')).toEqual({ booking: `${shipmentId}#1`, inUse: null });
    self.answer('clear', gone);
    expect(self.where()).toBe('label.manualBooking');
    expect(self.context().surplus).toEqual([]);
  });

  it('is tried again ever more rarely, and forgotten when the carrier has not known it for a day', () => {
    const self = left();
    const minutes: number[] = [];
    for (;;) {
      self.answer('clear', notFound);
      if (self.context().surplus.length === 0) break;
      minutes.push(waitMs(self) / 60_000);
      self.due('surplusAgain');
    }
    expect(minutes).toEqual([1, 10, 60, 360, 360, 360, 360]);
    expect(minutes.reduce((sum, each) => sum + each)).toBeGreaterThan(24 * 60);
    expect(self.where()).toBe('label.manualBooking');
  });

  it('is never forgotten for errors: they tell nothing', () => {
    const self = left();
    for (let time = 0; time < 30; time++) {
      self.answer('clear', new Error('503'));
      self.due('surplusAgain');
    }
    expect(self.context().surplus).toMatchObject([{ notFound: 0, tries: 30 }]);
  });

  it('is not forgotten sooner because another one is tried more often', () => {
    const self = left();
    const first = (): number | undefined =>
      self.context().surplus.find(({ booking }) => booking.endsWith('#1'))?.notFound;
    const clearAll = (): void => {
      while (self.where().includes('surplus.clearing')) self.answer('clear', notFound);
    };
    clearAll();
    for (let time = 0; time < 5; time++) {
      self.due('surplusAgain');
      clearAll();
    }
    expect(first()).toBe(6);
    self.tell(...readdress(2));
    for (let revision = 3; revision < 8; revision++) {
      self.tell(...readdress(revision));
      clearAll();
      expect(waitMs(self)).toBe(defaultDurations.surplusSoon);
      self.due('surplusAgain');
      clearAll();
    }
    expect(first()).toBe(6);
    while (first() === 6) {
      self.due('surplusAgain');
      clearAll();
    }
    expect(Math.min(...self.context().surplus.map(({ notFound: times }) => times))).toBeGreaterThanOrEqual(6);
  });

  it('goes to a person where the carrier will not void it', () => {
    const self = left();
    self.answer('clear', refused('the parcel is moving'));
    expect(self.where()).toBe('label.manualBooking');
    expect(self.context().toVoidByHand).toEqual([
      { carrier: null, trackingNumber: null, booking: `${shipmentId}#1`, reason: 'the parcel is moving' },
    ]);
  });

  it('is cleared one after the other, what is new at once', () => {
    const self = left();
    self.tell(...readdress(2));
    self.tell(...readdress(3));
    expect(surplusOf(self)).toEqual(['#1', '#2']);
    self.answer('clear', notFound);
    expect(inputOf(self, 'clear')).toEqual({ booking: `${shipmentId}#2`, inUse: null });
    self.answer('clear', gone);
    expect(self.where()).toBe('label.requested.booking surplus.waiting');
    self.tell(...readdress(4));
    expect(inputOf(self, 'clear')).toEqual({ booking: `${shipmentId}#3`, inUse: null });
  });
});

describe('rule 7: void', () => {
  const accepted = ['fulfillment shipment.voidAccepted'];

  it.each<[string, (self: Parcel) => unknown]>([
    ['booking', () => undefined],
    ['claiming', (self) => self.answer('book', labelled('SB1'))],
    ['booked', (self) => booked(self)],
  ])('while %s is accepted at once, and done when the carrier knows of no booking', (_, before) => {
    const self = shipment();
    before(self);
    expect(self.tell('shipment.void')).toEqual(accepted);
    expect(self.where()).toBe('label.voiding surplus.clearing');
    expect(self.tell('shipment.void')).toEqual(accepted);
    self.answer('clear', notFound);
    expect(self.where()).toBe('label.voiding surplus.waiting');
    self.due('surplusAgain');
    self.answer('clear', gone);
    expect(self.where()).toBe('label.voided');
    expect(self.tell('shipment.void')).toEqual(accepted);
    expect(self.actor.record().snapshot.hasTag('ended')).toBe(true);
  });

  it('is done at once where nothing was booked', () => {
    const self = toManual();
    expect(self.tell('shipment.void')).toEqual(accepted);
    expect(self.where()).toBe('label.voided');
  });

  it('leaves a manual booking to a person', () => {
    const self = toManual();
    bookByHand(self);
    self.tell('shipment.void');
    expect(self.where()).toBe('label.voided');
    expect(self.context().toVoidByHand).toMatchObject([byHand]);
  });

  it('is answered with moving once it was scanned or handed over', () => {
    for (const [type, payload] of [
      ['shipment.scan', scan('inTransit')],
      ['shipment.handedOver', {}],
    ] as const) {
      const self = booked();
      self.tell(type, payload);
      const before = self.where();
      expect(self.tell('shipment.void')).toEqual(['fulfillment shipment.moving 1']);
      expect(self.where()).toBe(before);
    }
  });

  it('is for good: nothing is booked after it', () => {
    const self = booked();
    self.tell('shipment.void');
    self.answer('clear', gone);
    for (const [type, payload] of [
      ['shipment.book', { ...parcel, revision: 2 }],
      readdress(3),
      ['shipment.handedOver', {}],
      ['tracking.claimed', number('SB1')],
    ] as [string, object][]) {
      expect(self.tell(type, payload)).toEqual([]);
    }
    expect(self.where()).toBe('label.voided');
    expect(bookByHand(self)).toBe('guard');
  });

  it('rule 12: a scan after it is an incident, told once, and no movement', () => {
    for (const isDone of [false, true]) {
      const self = booked();
      self.tell('shipment.void');
      if (isDone) self.answer('clear', gone);
      expect(seen(self, 'inTransit', 'delivered')).toEqual(['fulfillment shipment.incident movedAfterVoid']);
      expect(self.context()).toMatchObject({ transport: 'awaitingHandover', movedAfterVoid: true });
      expect(self.context().scans).toHaveLength(2);
      expect(self.tell('shipment.void')).toEqual(accepted);
    }
  });
});

describe('rule 5: a webhook before the answer', () => {
  it('brings the number; the later answer is outlived', () => {
    const self = shipment();
    const { token } = self.actor.record().activities['book'] ?? {};
    const early = scan('inTransit', { booking: `${shipmentId}#1`, trackingNumber: 'SB9' });
    expect(self.tell('shipment.scan', early)).toEqual([
      'fulfillment shipment.moving 1',
      'trackingNumber trackingNumber.claim SB9',
    ]);
    expect(self.actor.record().activities).toEqual({});
    const late = self.actor.take({
      ...{ from: 'activity', to: { kind: 'shipment', id: shipmentId }, activity: 'book' },
      ...{ token: token ?? '', result: { output: labelled('SB9') as never } },
    });
    expect(late.outcome).toEqual({ outcome: 'dropped', why: 'outlived' });
    expect(self.tell('tracking.claimed', number('SB9'))).toEqual(['fulfillment shipment.booked 1 SB9']);
    expect(self.context().surplus).toEqual([]);
  });

  it.each(['booking', 'claiming', 'booked', 'manualBooking'])(
    'brings back a booking that was left, where the truck came before the new address: %s',
    (state) => {
      const self = booked();
      self.tell(...readdress(2));
      if (state === 'manualBooking') self.answer('book', refused('nobody lives there'));
      if (state === 'claiming' || state === 'booked') self.answer('book', labelled('SB2'));
      if (state === 'booked') self.tell('tracking.claimed', number('SB2'));
      expect(self.where()).toContain(state);
      const seen = scan('inTransit', { booking: `${shipmentId}#1`, trackingNumber: 'SB1' });
      expect(self.tell('shipment.scan', seen)).toContain('fulfillment shipment.moving 1');
      expect(self.where()).toBe('label.claiming surplus.clearing transport.inTransit');
      expect(self.context()).toMatchObject({ booking: `${shipmentId}#1`, label: { trackingNumber: 'SB1' } });
      expect(surplusOf(self)).toEqual(state === 'manualBooking' ? [] : ['#2']);
      // What was asked about the one that is in use again changes nothing more.
      self.answer('clear', notFound);
      expect(self.context().booking).toBe(`${shipmentId}#1`);
    },
  );

  it('is a movement, whatever label it names: it has that label, void or not', () => {
    const self = booked();
    self.tell(...readdress(2));
    self.answer('clear', gone);
    expect(self.tell('shipment.scan', scan('inTransit', { booking: `${shipmentId}#1` }))).toEqual([
      'fulfillment shipment.moving 1',
      'trackingNumber trackingNumber.claim SB1',
    ]);
    expect(self.context().booking).toBe(`${shipmentId}#1`);
  });
});

describe('the way to the customer', () => {
  const told: Partial<Record<ScanStatus, string>> = {
    delivered: 'fulfillment shipment.delivered',
    lost: 'fulfillment shipment.lost',
    returned: 'fulfillment shipment.returned',
  };

  it.each(scanStatuses)('rule 7: a first scan that says %s is a movement', (status) => {
    const self = booked();
    const also = told[status];
    expect(seen(self, status)).toEqual([
      'fulfillment shipment.moving 1',
      ...(also === undefined ? [] : [also]),
    ]);
    expect(self.where()).toBe(`label.booked transport.${status}`);
  });

  it('is not told what the fulfillment said itself', () => {
    const self = booked();
    expect(self.tell('shipment.handedOver')).toEqual([]);
    expect(self.where()).toBe('label.booked transport.inTransit');
    expect(seen(self, 'inTransit', 'outForDelivery')).toEqual([]);
    expect(self.where()).toBe('label.booked transport.outForDelivery');
  });

  it.each(scanStatuses)(
    'is told whenever the fulfillment says again that it has left: %s (rule 16)',
    (status) => {
      const self = booked();
      seen(self, status);
      for (const _ of [1, 2])
        expect(self.tell('shipment.handedOver')).toEqual([told[status] ?? 'fulfillment shipment.moving 1']);
      expect(self.where()).toBe(`label.booked transport.${status}`);
    },
  );

  /** Where each scan leads from each state; `-` is only recorded. */
  const table = `
    from                inTransit  outForDelivery  attemptFailed  availableForPickup  exception  delivered  lost  returning  returned
    inTransit           x          x               x              x                   x          x          x     x          x
    outForDelivery      -          x               x              x                   x          x          x     x          x
    attemptFailed       -          x               x              x                   x          x          x     x          x
    availableForPickup  -          -               -              x                   x          x          x     x          x
    exception           x          x               x              x                   x          x          x     x          x
    lost                -          -               -              -                   -          x          -     x          x
    returning           -          -               -              -                   -          -          x     x          x
    returned            -          -               -              -                   -          -          -     -          -
    delivered           -          -               -              -                   -          -          -     -          -
  `
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  const [head = [], ...rows] = table;

  test.each(
    rows.flatMap(([from = '', ...cells]) => cells.map((cell, index) => [from, head[index + 1] ?? '', cell])),
  )('from %s, %s: %s', (from = '', status = '', cell) => {
    const self = booked();
    seen(self, from as ScanStatus);
    const messages = seen(self, status as ScanStatus);
    const isTaken = cell === 'x';
    expect(self.where()).toBe(`label.booked transport.${isTaken ? status : from}`);
    const answer = told[status as ScanStatus];
    expect(messages).toEqual(isTaken && answer !== undefined ? [answer] : []);
    expect(self.context().scans).toHaveLength(2);
  });

  it('counts the same scan again, and does nothing else', () => {
    const self = booked();
    const same = scan('inTransit', { eventId: 'again' });
    self.tell('shipment.scan', same);
    for (let time = 0; time < 4; time++) expect(self.tell('shipment.scan', same)).toEqual([]);
    expect(self.context()).toMatchObject({ repeated: 4 });
    expect(self.context().scans).toHaveLength(1);
  });

  it.each<ScanStatus>([
    ...(['inTransit', 'outForDelivery', 'attemptFailed', 'availableForPickup'] as const),
    ...(['exception', 'returning'] as const),
  ])('is suspected lost after a week of silence from %s, and lost after another', (status) => {
    const self = booked();
    seen(self, status);
    expect(self.due('parcelSilent')).toEqual([]);
    expect(self.where()).toBe('label.booked transport.suspectedLost');
    expect(self.due('parcelLost')).toEqual(['fulfillment shipment.lost']);
    expect(self.where()).toBe('label.booked transport.lost');
    expect(self.actor.record().timers).toEqual({});
  });

  it.each(scanStatuses)('is found again with a scan that says %s', (status) => {
    const self = booked();
    seen(self, 'inTransit');
    self.due('parcelSilent');
    seen(self, status);
    expect(self.where()).toBe(`label.booked transport.${status}`);
  });

  it('starts the week again with every scan that is news', () => {
    const self = booked();
    seen(self, 'inTransit');
    const deadline = (): number => Object.values(self.actor.record().timers)[0]?.at ?? 0;
    const first = deadline();
    seen(self, 'inTransit');
    const second = deadline();
    expect(second).toBeGreaterThan(first);
    seen(self, 'outForDelivery');
    const third = deadline();
    seen(self, 'inTransit');
    expect(deadline()).toBe(third);
  });

  it('rule 12: tells that a lost one has arrived', () => {
    const self = booked();
    seen(self, 'lost');
    expect(seen(self, 'delivered')).toEqual(['fulfillment shipment.delivered']);
  });

  it('rule 19: is never final, so that late facts are heard', () => {
    for (const end of ['delivered', 'lost', 'returned'] as const) {
      const self = booked();
      seen(self, end);
      const { snapshot } = self.actor.record();
      expect([snapshot.status, snapshot.hasTag('ended')]).toEqual(['active', true]);
      expect(seen(self, ...scanStatuses)).not.toContain('fulfillment shipment.moving 1');
    }
  });

  it('rule 20: remembers the last scans', () => {
    const self = booked();
    for (let time = 0; time < scansMax + 10; time++) seen(self, 'inTransit');
    const { scans } = self.context();
    expect(scans).toHaveLength(scansMax);
    expect(seen(self, 'delivered')).toEqual(['fulfillment shipment.delivered']);
    expect(self.context().scans.at(-1)).toMatchObject({ status: 'delivered' });
  });
});

describe('scenario 14: the carrier’s answer arrives after a manual booking', () => {
  it('invariant 23: leaves one label; the carrier’s is voided', () => {
    const self = shipment();
    self.answer('book', unknown);
    self.due('bookingGivenUp');
    self.answer('clear', notFound);
    bookByHand(self);
    self.tell('tracking.claimed', byHand);
    expect(self.where()).toBe('label.booked surplus.waiting');
    self.due('surplusAgain');
    self.answer('clear', gone);
    expect(self.where()).toBe('label.booked');
    expect(self.context()).toMatchObject({ booking: null, label: byHand, surplus: [] });
  });
});

it('rule 6: does not void the very booking that a person found at the carrier and typed in', () => {
  const self = shipment();
  self.answer('book', unknown);
  self.due('bookingGivenUp');
  self.answer('clear', notFound);
  bookByHand(self, number('SB1'));
  self.tell('tracking.claimed', number('SB1'));
  self.due('surplusAgain');
  expect(inputOf(self, 'clear')).toEqual({ booking: `${shipmentId}#1`, inUse: number('SB1') });
  self.answer('clear', { outcome: 'inUse' });
  expect(self.where()).toBe('label.booked');
  expect(self.context()).toMatchObject({ booking: `${shipmentId}#1`, surplus: [] });
});

it('rule 6: keeps it surplus where the person has a new address by then', () => {
  const self = shipment();
  self.due('bookingGivenUp');
  bookByHand(self, number('SB1'));
  self.answer('clear', notFound);
  self.due('surplusAgain');
  self.tell(...readdress(2));
  self.answer('clear', { outcome: 'inUse' });
  expect(self.where()).toBe('label.requested.booking surplus.waiting');
  expect(surplusOf(self)).toEqual(['#1']);
  expect(self.context().surplus).toMatchObject([{ notFound: 1 }]);
});

test('scenario 6: carrier down, manual booking, handed over, delivered', () => {
  const self = shipment();
  const told = [
    ...self.due('bookingGivenUp'),
    ...[bookByHand(self)].filter((outcome) => outcome !== 'accepted'),
    ...self.tell('tracking.claimed', byHand),
    ...self.tell('shipment.handedOver'),
    ...self.answer('clear', new Error('down')),
    ...self.due('surplusAgain'),
    ...self.answer('clear', gone),
    ...self.tell('shipment.scan', scan('delivered', { trackingNumber: 'M1' })),
  ];
  expect(told).toEqual(['fulfillment shipment.booked 1 M1', 'fulfillment shipment.delivered']);
  expect(self.where()).toBe('label.booked transport.delivered');
});

describe('who may', () => {
  const as = (
    role: string,
    warehouses: string[] = [],
  ): { subject: string; roles: string[]; warehouses: string[] } => ({
    subject: 'kim',
    roles: [role],
    warehouses,
  });

  it.each([
    ['webhook', [], 'accepted'],
    ['admin', [], 'refused'],
    ['warehouseManager', ['W1'], 'refused'],
  ])('scan as %s', (role, warehouses, outcome) => {
    expect(booked().ask('shipment.scan', scan('inTransit'), as(role, warehouses)).outcome.outcome).toBe(
      outcome,
    );
  });

  it.each([
    ['admin', [], 'accepted'],
    ['warehouseManager', ['W1'], 'accepted'],
    ['warehouseManager', ['W2'], 'refused'],
    ['cs', ['W1'], 'refused'],
    ['packer', ['W1'], 'refused'],
  ])('book by hand as %s of %j', (role, warehouses, outcome) => {
    const { outcome: result } = toManual().ask('shipment.bookManually', byHand, as(role, warehouses));
    expect(result.outcome).toBe(outcome);
  });

  it.each([
    ['cs', [], true],
    ['admin', [], true],
    ['packer', ['W1'], true],
    ['picker', ['W2'], false],
    ['customer', [], false],
  ])('read as %s of %j', (role, warehouses, may) => {
    const { readers } = shipmentOver();
    expect(readers[role]?.(booked().context(), as(role, warehouses)) ?? false).toBe(may);
  });

  it('shows what a person wants to know', () => {
    const self = booked();
    self.tell(...readdress(2));
    seen(self, 'inTransit');
    const kind = createRegistry([self.definition, listener]).get('shipment');
    if (kind === undefined) throw new Error('not registered');
    expect(viewOf(kind, self.actor.record(), as('admin')).context).toMatchObject({
      ...{ fulfillmentId: 'o1~f1', trackingNumber: 'SB1', booking: null, transport: 'inTransit' },
      ...{ surplus: [{ booking: `${shipmentId}#1` }, { booking: `${shipmentId}#2` }] },
      scans: [{ status: 'inTransit' }],
    });
    expect(self.definition.indexed['warehouse']?.(self.context() satisfies ShipmentContext)).toBe('W1');
  });
});
