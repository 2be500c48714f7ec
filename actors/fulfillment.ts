/** The fulfillment chart put to work. */
import type { FulfillmentContext } from '../machines/fulfillment.books.ts';
import { fulfillmentEvents, fulfillmentInput } from '../machines/fulfillment.events.ts';
import { fulfillmentMachine } from '../machines/fulfillment.machine.ts';
import { anyone, defineActor, type Access, type ActorDefinition } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import { inWarehouse } from './roles.ts';

const lead: Access = { warehouseManager: ownWarehouse, admin: anyone };
const picker: Access = { picker: ownWarehouse, ...lead };
const packer: Access = { packer: ownWarehouse, ...lead };

const hour = 3_600_000;

export const fulfillment: ActorDefinition = defineActor({
  kind: 'fulfillment',
  plural: 'fulfillments',
  version: 1,
  machine: fulfillmentMachine,
  events: fulfillmentEvents,
  input: fulfillmentInput,
  create: { event: 'fulfillment.start' },
  commands: {
    'fulfillment.startPick': picker,
    'fulfillment.finishPick': picker,
    'fulfillment.startPack': packer,
    'fulfillment.finishPack': packer,
    'fulfillment.handOver': packer,
    'fulfillment.deliver': { admin: anyone },
    'fulfillment.hold': { ...lead, cs: anyone },
    'fulfillment.release': { ...lead, cs: anyone },
  },
  readers: { ...picker, ...packer, cs: anyone },
  indexed: {
    orderId: (context: FulfillmentContext) => context.orderId,
    warehouse: (context: FulfillmentContext) => context.warehouse,
  },
  view,
  targets: {
    'progress.planned': { dwellMs: 8 * hour },
    'progress.picking': { dwellMs: 4 * hour },
    'progress.picked': { dwellMs: 4 * hour },
    'progress.packing': { dwellMs: 2 * hour },
    'progress.readyToShip': { dwellMs: 24 * hour },
    'progress.completed.handedOver': { dwellMs: 7 * 24 * hour },
    'hold.held': { dwellMs: 24 * hour },
  },
  invariants: {
    'nothing is shipped that was not assigned, nor delivered that was not shipped': ({
      lines,
    }: FulfillmentContext) =>
      lines.every(({ assigned, shipped, delivered }) => delivered <= shipped && shipped <= assigned),
  },
});

function ownWarehouse({ warehouse }: FulfillmentContext, principal: Principal): boolean {
  return inWarehouse(warehouse, principal);
}

function view(fulfillment: FulfillmentContext): unknown {
  const { id, orderId, warehouse, shipTo, addressRevision, lines, holds, orderHolds } = fulfillment;
  return { id, orderId, warehouse, shipTo, addressRevision, lines, holds, orderHolds };
}
