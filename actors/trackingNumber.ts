/** The tracking number chart put to work. */
import { trackingNumberContext } from '../machines/contexts.ts';
import { claim, trackingNumberEvents } from '../machines/trackingNumber.events.ts';
import { trackingNumberMachine, type TrackingNumberContext } from '../machines/trackingNumber.machine.ts';
import { anyone, defineActor, type ActorDefinition } from '../runtime/definition.ts';

export const trackingNumber: ActorDefinition = defineActor({
  kind: 'trackingNumber',
  plural: 'tracking-numbers',
  version: 1,
  context: trackingNumberContext,
  machine: trackingNumberMachine,
  events: trackingNumberEvents,
  input: claim,
  create: { event: 'trackingNumber.claim' },
  commands: { 'trackingNumber.scan': { webhook: anyone } },
  readers: { cs: anyone, admin: anyone },
  indexed: { shipmentId: ({ shipmentId }: TrackingNumberContext) => shipmentId },
  view: ({ carrier, trackingNumber, shipmentId }: TrackingNumberContext) => ({
    carrier,
    trackingNumber,
    shipmentId,
  }),
  examples: {
    'trackingNumber.claim': ['o1~f1~s1', 'o2~f1~s1'].map((shipmentId) => ({
      carrier: 'sandbox',
      trackingNumber: 'SB1',
      shipmentId,
    })),
  },
});
