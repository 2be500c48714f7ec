/** One shipment for tests: every turn goes through JSON, and leaves the invariants true. */
import { expect } from 'vitest';
import { setup } from 'xstate';
import { z } from 'zod';
import type { Carrier } from '../../actors/providers.ts';
import { shipmentWith } from '../../actors/shipment.ts';
import { trackingNumber } from '../../actors/trackingNumber.ts';
import { defaultDurations } from '../../machines/durations.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { shipmentAnswers, type ScanStatus } from '../../machines/shipment.events.ts';
import { defineActor, type ActorDefinition } from '../../runtime/definition.ts';
import type { Event, Message, Principal } from '../../runtime/message.ts';
import type { Turn } from '../../runtime/core/turn.ts';
import { command, fromActor, resultOf, timerOf } from '../support/messages.ts';
import { actor, type Actor } from '../support/turns.ts';

export const shipTo = { name: 'Ada', line1: 'Street 1', city: 'Berlin', postalCode: '10115', country: 'DE' };
export const elsewhere = { ...shipTo, line1: 'Lane 2' };
export const shipmentId = 'o1~f1~s1';
export const key = `shipment/${shipmentId}`;
export const parcel = {
  ...{ orderId: 'o1', fulfillmentId: 'o1~f1', warehouse: 'W1', shipTo, revision: 1 },
  lines: [{ lineId: 'l1', sku: 'A', quantity: 2 }],
};

const nobody = (): Promise<never> => Promise.reject(new Error('nobody is called in a turn'));
const noCarrier: Carrier = { name: 'sandbox', book: nobody, lookUp: nobody, void: nobody, webhook: nobody };

export function shipmentOver(carrier: Carrier = noCarrier): ActorDefinition {
  return shipmentWith({ durations: defaultDurations, carrier });
}

/** Hears whatever shipments tell. */
export const listener = defineActor({
  kind: 'fulfillment',
  plural: 'fulfillments',
  version: 1,
  machine: setup({}).createMachine({
    on: Object.fromEntries(Object.keys(shipmentAnswers).map((type) => [type, { target: '.listening' }])),
    initial: 'listening',
    states: { listening: { description: 'It listens' } },
  }),
  events: shipmentAnswers,
  input: z.strictObject({}),
  create: { event: 'fulfillment.start' },
  commands: {},
  readers: {},
  view: (context: unknown) => context,
});

export interface Parcel {
  readonly actor: Actor;
  readonly definition: ActorDefinition;
  /** As another actor. Fails where it is refused. */
  tell(type: string, payload?: object): string[];
  /** As a person or a webhook. */
  ask(type: string, payload: object, principal: Principal): Turn;
  /** The timer with this delay falls due. */
  due(delay: string): string[];
  /** The activity has this result. */
  answer(activity: string, result: object | Error): string[];
  context(): ShipmentContext;
  /** `label.booked surplus.none transport.inTransit`, as far as it is not at rest there. */
  where(): string;
}

export function shipment(definition = shipmentOver()): Parcel {
  const self = actor(definition, { id: shipmentId, input: parcel, others: [trackingNumber, listener] });
  check(definition, self);

  function take(message: Message, time?: number): string[] {
    const turn = self.take(message, time);
    expect(turn.outcome, JSON.stringify(turn.event)).toMatchObject({ outcome: 'accepted' });
    check(definition, self);
    return turn.effects.messages.map(({ to, event }) => `${to.kind} ${detailOf(event)}`);
  }

  return {
    actor: self,
    definition,
    tell: (type, payload = {}) => take(fromActor(key, { type, ...payload })),
    ask: (type, payload, principal) => self.take(command(key, { type, ...payload }, { principal })),
    due(delay) {
      const part = `after.${delay}.`;
      const [timer] = Object.values(self.record().timers).filter(({ event }) => event.type.includes(part));
      return take(timerOf(self.record(), part), timer?.at);
    },
    answer: (activity, result) =>
      take(
        resultOf(
          self.record(),
          activity,
          result instanceof Error
            ? { error: { code: 'exhausted', message: result.message } }
            : { output: result as never },
        ),
      ),
    context: () => self.record().snapshot.context as ShipmentContext,
    where: () => whereIs(self),
  };
}

/** Stored and loaded, it is what it was; and the invariants hold. */
export function check(definition: ActorDefinition, self: Actor): void {
  const text = self.text();
  self.reload();
  expect(self.text()).toBe(text);
  const { snapshot } = self.record();
  for (const [name, holds] of Object.entries(definition.invariants ?? {}))
    expect(holds(snapshot.context, snapshot.value as never), `${name}: ${text}`).toBe(true);
}

const resting = ['surplus.none', 'transport.awaitingHandover'];

export function whereIs(self: Actor): string {
  const { leaves } = self.record().menu;
  return leaves.filter((leaf) => !resting.includes(leaf)).join(' ');
}

/** Its type, and what tells it from others of its type. */
function detailOf(event: Event): string {
  const {
    type,
    revision,
    trackingNumber: tracking,
    what,
  } = event as Event & Record<string, string | undefined>;
  return [type, revision, tracking, what].filter((part) => part !== undefined).join(' ');
}

export function labelled(trackingNumber: string, carrier = 'sandbox'): object {
  return {
    outcome: 'booked',
    label: { carrier, trackingNumber, url: `https://${carrier}.invalid/${trackingNumber}` },
  };
}

export function number(trackingNumber: string, carrier = 'sandbox'): object {
  return { carrier, trackingNumber };
}

let scans = 0;

export function scan(
  status: ScanStatus,
  given: { booking?: string; trackingNumber?: string; eventId?: string } = {},
): object {
  return { eventId: `e${++scans}`, status, carrier: 'sandbox', trackingNumber: 'SB1', ...given };
}

/** From the wish to the number that is ours. */
export function booked(given = shipment()): Parcel {
  given.answer('book', labelled('SB1'));
  given.tell('tracking.claimed', number('SB1'));
  return given;
}
