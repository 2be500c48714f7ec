/** The fulfillment chart put to work. */
import { fulfillmentContext } from '../machines/contexts.ts';
import type { Durations } from '../machines/durations.ts';
import type { FulfillmentContext } from '../machines/fulfillment.books.ts';
import { fulfillmentEvents, fulfillmentInput } from '../machines/fulfillment.events.ts';
import { fulfillmentMachine } from '../machines/fulfillment.machine.ts';
import { anyone, defineActor, type Access, type ActorDefinition } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import { fulfillmentExamples } from './fulfillment-examples.ts';
import { inWarehouse, ownWarehouses } from './roles.ts';

const lead: Access = { warehouseManager: ownWarehouse, admin: anyone };
const picker: Access = { picker: ownWarehouse, ...lead };
const packer: Access = { packer: ownWarehouse, ...lead };

const hour = 3_600_000;

export function fulfillmentWith(durations: Durations): ActorDefinition {
  return defineActor({
    kind: 'fulfillment',
    plural: 'fulfillments',
    version: 1,
    context: fulfillmentContext,
    machine: fulfillmentMachine.provide({ delays: durations }),
    events: fulfillmentEvents,
    input: fulfillmentInput,
    create: { event: 'fulfillment.start' },
    commands: {
      'fulfillment.startPick': picker,
      'fulfillment.finishPick': picker,
      'fulfillment.shortPick': picker,
      'fulfillment.startPack': packer,
      'fulfillment.finishPack': packer,
      'fulfillment.handOver': packer,
      'fulfillment.hold': { ...lead, cs: anyone },
      'fulfillment.release': { ...lead, cs: anyone },
    },
    conditions: {
      isClear: 'no hold may stand: release holds of the fulfillment, and orderHolds at the order',
      isPickedExactly:
        'lines must name each line once with all that is assigned to it; what is missing goes to short-pick',
      hasSoMany: 'quantity may be what is assigned to lineId: see lines',
      isKnownHold: 'handle must be one of a hold that stands here; those of the order are released there',
      canBeHeld: 'something must be left to do, and 20 holds at most may stand: release one',
    },
    readers: { ...picker, ...packer, cs: anyone },
    narrow: ownWarehouses,
    indexed: {
      orderId: (context: FulfillmentContext) => context.orderId,
      warehouse: (context: FulfillmentContext) => context.warehouse,
    },
    view,
    targets: {
      'progress.slotting': { dwellMs: hour },
      'progress.movingWarehouse': { dwellMs: hour },
      'progress.unroutable': { dwellMs: 4 * hour },
      'progress.planned': { dwellMs: 8 * hour },
      'progress.picking': { dwellMs: 4 * hour },
      'progress.picked': { dwellMs: 4 * hour },
      'progress.packing': { dwellMs: 2 * hour },
      'progress.labelling': { dwellMs: hour },
      'progress.readyToShip': { dwellMs: 24 * hour },
      'progress.completed.handedOver': { dwellMs: 7 * 24 * hour },
      'progress.stopping': { dwellMs: hour },
      'progress.completed.lost': { dwellMs: 24 * hour },
      'hold.held': { dwellMs: 24 * hour },
    },
    invariants: {
      'nothing is shipped that was not assigned, nor delivered that was not shipped': ({
        lines,
      }: FulfillmentContext) =>
        lines.every(({ assigned, shipped, delivered }) => delivered <= shipped && shipped <= assigned),
    },
    examples: fulfillmentExamples,
    // A new address, a new label and a handover, one after the other: fulfillment-partners.test.ts goes there.
    unreached: { 'progress.completed shipment.moving': 'farther than a walk goes' },
  });
}

function ownWarehouse({ warehouse }: FulfillmentContext, principal: Principal): boolean {
  return inWarehouse(warehouse, principal);
}

function view(fulfillment: FulfillmentContext): unknown {
  const { id, orderId, warehouse, shipTo, addressRevision, shipmentId, lines, holds, orderHolds } =
    fulfillment;
  const { incidents } = fulfillment;
  return { id, orderId, warehouse, shipTo, addressRevision, shipmentId, lines, holds, orderHolds, incidents };
}
