/** The order chart put to work. */
import type { Durations } from '../machines/durations.ts';
import { lineBooks, type OrderContext } from '../machines/order.books.ts';
import { orderEvents, orderInput } from '../machines/order.events.ts';
import { orderMachine } from '../machines/order.machine.ts';
import { anyone, defineActor, type Access, type ActorDefinition } from '../runtime/definition.ts';
import type { Principal } from '../runtime/message.ts';
import { inWarehouse, ownCustomer } from './roles.ts';

const buyer: Access = { customer: ownCustomer, cs: anyone, admin: anyone };
const service: Access = { cs: anyone, admin: anyone };

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export function orderWith(durations: Durations): ActorDefinition {
  return defineActor({
    kind: 'order',
    plural: 'orders',
    version: 1,
    machine: orderMachine.provide({ delays: durations }),
    events: orderEvents,
    input: orderInput,
    create: { event: 'order.create', access: buyer },
    commands: {
      'order.place': buyer,
      'order.cancel': buyer,
      'order.changeAddress': buyer,
      'order.hold': service,
      'order.release': service,
    },
    readers: { ...buyer, warehouseManager: shipsFromOwn },
    narrow: ownOnly,
    indexed: { customerId: (order: OrderContext) => order.customerId },
    view,
    targets: {
      'active.execution.planning': { dwellMs: 10 * minute },
      'active.execution.inFulfillment': { dwellMs: 2 * day },
      'active.execution.partiallyShipped': { dwellMs: 3 * day },
      'active.execution.shipped': { dwellMs: 7 * day },
      'active.execution.partiallyDelivered': { dwellMs: 7 * day },
      'active.hold.held': { dwellMs: day },
      ending: { dwellMs: hour },
    },
    invariants: {
      'no line is allocated, short, cancelled and shipped more often than it was ordered': (
        order: OrderContext,
      ) =>
        order.lines.every((line) => Object.values(lineBooks(order, line)).every((quantity) => quantity >= 0)),
      'nothing is delivered that was not shipped': (order: OrderContext) =>
        order.lines
          .map((line) => lineBooks(order, line))
          .every(({ delivered, shipped }) => delivered <= shipped),
    },
  });
}

/** Customers see their own orders; whoever has another role besides may see more. */
function ownOnly({ subject, roles }: Principal): Record<string, string> {
  const more = ['cs', 'admin', 'warehouseManager'].some((role) => roles.includes(role));
  return more ? {} : { customerId: subject };
}

function shipsFromOwn({ lines }: OrderContext, principal: Principal): boolean {
  return lines.some(({ warehouse }) => inWarehouse(warehouse, principal));
}

function view(order: OrderContext): unknown {
  const { id, customerId, currency, shipTo, addressRevision, payment, holds, cancelReason, fulfillments } =
    order;
  return {
    ...{ id, customerId, currency, shipTo, addressRevision, payment, holds, cancelReason },
    lines: order.lines.map((line) => {
      const { lineId, sku, quantity, unitPrice, warehouse } = line;
      return { lineId, sku, quantity, unitPrice, warehouse, ...lineBooks(order, line) };
    }),
    fulfillments: Object.entries(fulfillments).map(([id, { warehouse, state }]) => ({
      id,
      warehouse,
      state,
    })),
  };
}
