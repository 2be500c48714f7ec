/** The number on a label: it belongs to the shipment that claimed it first, for ever. */
import { assertEvent, setup } from 'xstate';
import { send, type Sent } from './send.ts';
import type { TrackingNumberEvent, TrackingNumberInput } from './trackingNumber.events.ts';

export interface TrackingNumberContext {
  readonly id: string;
  readonly carrier: string;
  readonly trackingNumber: string;
  /** Whose it is. */
  readonly shipmentId: string;
}

export const trackingNumberMachine = setup({
  types: {
    context: {} as TrackingNumberContext,
    events: {} as TrackingNumberEvent,
    input: {} as TrackingNumberInput,
    emitted: {} as Sent,
  },
  guards: {
    isOwner: ({ context, event }) => {
      assertEvent(event, 'trackingNumber.claim');
      return event.shipmentId === context.shipmentId;
    },
  },
  actions: {
    tellClaimed: send(({ context: { shipmentId, carrier, trackingNumber } }) => ({
      to: { kind: 'shipment', id: shipmentId },
      event: { type: 'tracking.claimed', carrier, trackingNumber },
    })),
    tellRefused: send(({ context: { carrier, trackingNumber }, event }) => {
      assertEvent(event, 'trackingNumber.claim');
      return {
        to: { kind: 'shipment', id: event.shipmentId },
        event: { type: 'tracking.refused', carrier, trackingNumber },
      };
    }),
    passScan: send(({ context, event }) => {
      assertEvent(event, 'trackingNumber.scan');
      const to = { kind: 'shipment', id: context.shipmentId };
      return { to, event: { ...event, carrier: context.carrier, type: 'shipment.scan' } };
    }),
  },
}).createMachine({
  id: 'trackingNumber',
  description: 'The number on a label',
  context: ({ input: { id, carrier, trackingNumber, shipmentId } }) => ({
    id,
    carrier,
    trackingNumber,
    shipmentId,
  }),
  initial: 'claimed',
  states: {
    claimed: {
      description: 'It belongs to a shipment, and never to another one',
      entry: 'tellClaimed',
      on: {
        'trackingNumber.claim': [
          { guard: 'isOwner', actions: 'tellClaimed', description: 'Its owner asks again' },
          { actions: 'tellRefused', description: 'Another shipment wants it' },
        ],
        'trackingNumber.scan': { actions: 'passScan' },
      },
    },
  },
});
