/** The shipment chart put to work. */
import { shipmentContext } from '../machines/contexts.ts';
import type { Durations } from '../machines/durations.ts';
import type { BookingInput, BookingOutcome, ShipmentContext } from '../machines/shipment.books.ts';
import { shipmentEvents, shipmentInput } from '../machines/shipment.events.ts';
import { shipmentMachine } from '../machines/shipment.machine.ts';
import { clearWaitMs, type ClearInput, type ClearOutcome } from '../machines/shipment.surplus.ts';
import {
  anyone,
  defineActor,
  type Access,
  type Activity,
  type ActorDefinition,
} from '../runtime/definition.ts';
import { TerminalError } from '../runtime/errors.ts';
import type { Principal } from '../runtime/message.ts';
import type { Carrier, Label } from './providers.ts';
import { inWarehouse, ownWarehouses } from './roles.ts';
import { shipmentExamples, shipmentInvariants } from './shipment-checks.ts';

const lead: Access = { warehouseManager: ownWarehouse, admin: anyone };
const staff: Access = { picker: ownWarehouse, packer: ownWarehouse, ...lead };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `carrier` books all labels; people may book with others by hand. */
export function shipmentWith({
  durations,
  carrier,
}: {
  durations: Durations;
  carrier: Carrier;
}): ActorDefinition {
  const surplusAgain = ({ context }: { context: ShipmentContext }): number => clearWaitMs(context, durations);
  return defineActor({
    kind: 'shipment',
    plural: 'shipments',
    version: 1,
    context: shipmentContext,
    machine: shipmentMachine.provide({ delays: { ...durations, surplusAgain } }),
    events: shipmentEvents,
    input: shipmentInput,
    create: { event: 'shipment.book' },
    commands: {
      'shipment.bookManually': lead,
      'shipment.settle': { ...lead, cs: anyone },
      'shipment.scan': { webhook: anyone },
    },
    conditions: {
      isOnAnotherLabel: 'the number must be on another label than the one that it has now',
      isFound: 'as must be something that can still become of the parcel: see state',
      isOurNumber: 'carrier and trackingNumber must be those of the label that it has',
    },
    readers: { ...staff, cs: anyone },
    narrow: ownWarehouses,
    indexed: {
      orderId: ({ orderId }: ShipmentContext) => orderId,
      fulfillmentId: ({ fulfillmentId }: ShipmentContext) => fulfillmentId,
      warehouse: ({ warehouse }: ShipmentContext) => warehouse,
    },
    view,
    activities: activitiesOf(carrier),
    targets: {
      'label.requested': { dwellMs: 15 * minute },
      'label.claiming': { dwellMs: 10 * minute },
      'label.manualBooking': { dwellMs: 2 * hour },
      'label.voiding': { dwellMs: day },
      'surplus.waiting': { dwellMs: day },
      'transport.inTransit': { dwellMs: 5 * day },
      'transport.attemptFailed': { dwellMs: 3 * day },
      'transport.exception': { dwellMs: day },
      'transport.suspectedLost': { dwellMs: day },
      'transport.returning': { dwellMs: 14 * day },
    },
    invariants: shipmentInvariants,
    examples: shipmentExamples,
  });
}

/** All under our reference, so that each may be carried out again. */
function activitiesOf(carrier: Carrier): Record<'book' | 'lookUp' | 'clear', Activity> {
  const shared = { target: `carrier:${carrier.name}`, timeoutMs: 10_000 };
  // The chart asks again by itself, and waits longer.
  const once = { attempts: 1, baseMs: 1_000, maxMs: 1_000 };
  return {
    book: {
      ...shared,
      retry: { attempts: 3, baseMs: 2_000, maxMs: 30_000 },
      late: { outcome: 'unknown' } satisfies BookingOutcome,
      async run(input, { signal, repeated }): Promise<BookingOutcome> {
        try {
          const label = await carrier.book(input as BookingInput, { signal });
          return label === 'unknown' ? { outcome: 'unknown' } : booked(label);
        } catch (error) {
          const refused = refusal(error);
          // That this try was refused says nothing about one before it, which may have booked.
          return repeated ? { outcome: 'unknown' } : refused;
        }
      },
    },
    lookUp: {
      ...shared,
      retry: once,
      late: { outcome: 'unknown' } satisfies BookingOutcome,
      async run(input, { signal }): Promise<BookingOutcome> {
        const label = await carrier.lookUp((input as BookingInput).booking, { signal });
        return label === 'notFound' ? { outcome: 'unknown' } : booked(label);
      },
    },
    clear: {
      ...shared,
      retry: once,
      async run(input, { signal }): Promise<ClearOutcome> {
        const { booking, inUse } = input as ClearInput;
        try {
          if (inUse !== null && is(inUse, await carrier.lookUp(booking, { signal })))
            return { outcome: 'inUse' };
          return { outcome: (await carrier.void(booking, { signal })) ? 'gone' : 'notFound' };
        } catch (error) {
          return refusal(error);
        }
      },
    },
  };
}

function is(
  inUse: { readonly carrier: string; readonly trackingNumber: string },
  label: Label | 'notFound',
): boolean {
  return (
    label !== 'notFound' && label.carrier === inUse.carrier && label.trackingNumber === inUse.trackingNumber
  );
}

function booked({ carrier, trackingNumber, url }: Label): BookingOutcome {
  return { outcome: 'booked', label: { carrier, trackingNumber, url: url ?? null } };
}

/** A clear no is an answer; anything else is thrown on, and tried again. */
function refusal(error: unknown): { outcome: 'refused'; reason: string } {
  if (error instanceof TerminalError) return { outcome: 'refused', reason: error.message };
  throw error;
}

function ownWarehouse({ warehouse }: ShipmentContext, principal: Principal): boolean {
  return inWarehouse(warehouse, principal);
}

function view(shipment: ShipmentContext): unknown {
  const { id, orderId, fulfillmentId, warehouse, shipTo, revision, lines } = shipment;
  const { booking, label, problem, transport, scans, repeated, settled, surplus, toVoidByHand } = shipment;
  return {
    ...{ id, orderId, fulfillmentId, warehouse, shipTo, revision, lines },
    carrier: label?.carrier ?? null,
    trackingNumber: label?.trackingNumber ?? null,
    labelUrl: label?.url ?? null,
    ...{ booking, problem, transport, scans, repeated, settled },
    surplus: surplus.map(({ booking: reference, tries }) => ({ booking: reference, tries })),
    toVoidByHand,
  };
}
