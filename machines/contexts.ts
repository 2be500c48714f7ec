/**
 * What each chart keeps, by which its records are checked on their way from the store (I9): names and kinds of
 * values. What is right in them is for the charts, and what is more than that harms nobody. A field that comes,
 * goes or means something else needs a new version of the chart and a migration.
 */
import { z } from 'zod';
import type { FulfillmentContext } from './fulfillment.books.ts';
import type { OrderContext } from './order.context.ts';
import type { PaymentContext } from './payment.books.ts';
import { operationKinds } from './payment.events.ts';
import type { RoutingContext } from './routing.books.ts';
import type { ShipmentContext } from './shipment.books.ts';
import { findings, scanStatuses } from './shipment.events.ts';
import type { StockItemContext } from './stockItem.books.ts';
import type { TrackingNumberContext } from './trackingNumber.machine.ts';
import type { WarehouseContext } from './warehouse.books.ts';

/** Without `readonly`, which schemas do not tell. */
type Plain<Value> = Value extends readonly (infer Item)[]
  ? Plain<Item>[]
  : Value extends object
    ? { -readonly [Key in keyof Value]: Plain<Value[Key]> }
    : Value;

/** Only compiles for a schema that takes all that the chart may keep, and nothing else. */
function of<Context>() {
  return <Schema extends z.ZodType<Context>>(
    schema: Schema & (Plain<Context> extends z.output<Schema> ? unknown : never),
  ): z.ZodType => schema;
}

const text = z.string();
const texts = z.array(text);
const number = z.number();
const flag = z.boolean();
const textOrNull = text.nullable();
const numbers = z.record(text, number);

const location = z.object({ lat: number, lon: number });
const shipTo = z.object({
  ...{ name: text, line1: text, city: text, postalCode: text, country: text },
  location: location.optional(),
});
const holds = z.array(z.object({ handle: text, reason: text }));
/** A register is one text (`register.ts`). */
const memory = z.object({ recent: text, older: text, count: number });
const quantities = { assigned: number, cut: number, short: number, shipped: number, delivered: number };
const standing = z.enum(['open', 'stopped', 'handedOver', 'delivered', 'lost', 'returned']);

const orderLine = z.object({
  ...{ lineId: text, sku: text, quantity: number, unitPrice: number, withdrawn: number, resolved: number },
});

const orderReservation = z.object({
  ...{ lineId: text, warehouse: text, quantity: number, pending: number, untried: texts },
  state: z.enum(['asked', 'waiting', 'held', 'refused', 'releasing']),
});

const fulfillmentBook = z.object({
  ...{ warehouse: text, version: number, state: standing, shipmentId: textOrNull },
  ...{ addressRevision: number, holdsRevision: number, incidents: number, writtenOff: flag },
  lines: z.record(text, z.object(quantities)),
  reservations: z.record(text, text),
});

const paymentStates = [
  'asked',
  'unknown',
  'requiresAction',
  'authorized',
  'declined',
  'voided',
  'closed',
] as const;

const paymentBook = z.object({
  state: z.enum([...paymentStates, 'stuck']),
  ...{ method: text, amount: number, capturesOnce: flag, givenUp: flag, isRepeat: flag },
  captures: z.record(
    text,
    z.object({
      amount: number,
      lines: numbers,
      state: z.enum(['asked', 'captured', 'failed', 'byHand']),
    }),
  ),
  refunds: z.record(
    text,
    z.object({
      amount: number,
      state: z.enum(['asked', 'refunded', 'failed', 'dropped', 'byHand', 'owed', 'returned']),
    }),
  ),
});

export const orderContext = of<OrderContext>()(
  z.object({
    ...{ id: text, customerId: text, currency: text, region: text, shipTo, addressRevision: number },
    payment: z.object({ gateway: text, method: text }),
    draft: flag,
    lines: z.array(orderLine),
    ...{ holds, holdsRevision: number, candidates: texts },
    search: z.object({
      mode: z.enum(['whole', 'split', 'ordered']),
      ...{ step: number, tries: number, contended: texts },
      offers: z.record(text, texts).optional(),
    }),
    reservations: z.record(text, orderReservation),
    fulfillments: z.record(text, fulfillmentBook),
    payments: z.record(text, paymentBook),
    change: z.object({ id: text, lineId: text, waiting: numbers }).nullable(),
    made: z.object({
      ...{ reservations: number, fulfillments: number, payments: number, refunds: number, changes: number },
    }),
    stands: z.object({
      execution: z.enum([
        ...(['planning', 'inFulfillment', 'partiallyShipped', 'shipped'] as const),
        ...(['partiallyDelivered', 'delivered'] as const),
      ]),
      supply: z.enum(['supplied', 'gathering', 'short', 'awaitingStock']),
      money: text,
    }),
    outcome: z.enum(['cancelled', 'rejected', 'expired', 'refunded']).nullable(),
    reason: textOrNull,
    failed: z.array(z.object({ lineId: text, missing: number })),
    incidents: texts,
  }),
);

export const fulfillmentContext = of<FulfillmentContext>()(
  z.object({
    ...{ id: text, orderId: text, warehouse: text, candidates: texts },
    ...{ trying: text, attempt: number, untried: texts },
    moved: z.array(
      z.object({ lineId: text, reservation: text, state: z.enum(['asked', 'held', 'refused']) }),
    ),
    releasing: z.array(z.object({ reservation: text, stockItem: text })),
    ...{ shipTo, addressRevision: number, shipmentId: textOrNull },
    lines: z.array(z.object({ lineId: text, sku: text, reservation: text, ...quantities })),
    ...{ holds, orderHolds: holds, holdsRevision: number, change: textOrNull, incidents: number },
    ...{ stands: standing, accountCount: number },
  }),
);

const ledgerEntry = z.object({
  ...{ id: text, kind: z.enum(operationKinds), key: text, amount: number },
  state: z.enum(['pending', 'calling', 'unknown', 'requiresAction', 'succeeded', 'failed']),
  reason: text.exactOptional(),
  silent: z.literal(true).exactOptional(),
});

export const paymentContext = of<PaymentContext>()(
  z.object({
    ...{ id: text, orderId: text, customerId: text, gateway: text, method: text },
    ...{ amount: number, currency: text, capturesOnce: flag },
    operations: z.array(ledgerEntry),
    ...{ reference: textOrNull, actionUrl: textOrNull, lookUps: number, isRepeatable: flag, stuck: text },
    webhooks: z.object({ seen: texts, taken: number, duplicates: number, stale: number }),
  }),
);

const status = z.enum(scanStatuses);

export const shipmentContext = of<ShipmentContext>()(
  z.object({
    ...{ id: text, orderId: text, fulfillmentId: text, warehouse: text, shipTo, revision: number },
    lines: z.array(z.object({ lineId: text, sku: text, quantity: number })),
    ...{ tries: number, booking: textOrNull, problem: textOrNull, givenUp: flag, movedAfterVoid: flag },
    label: z.object({ carrier: text, trackingNumber: text, url: textOrNull, claimed: flag }).nullable(),
    transport: z.enum(['awaitingHandover', 'suspectedLost', ...scanStatuses]),
    scans: z.array(
      z.object({
        eventId: text,
        status,
        booking: text.optional(),
        carrier: text,
        trackingNumber: text,
      }),
    ),
    repeated: number,
    settled: z.object({ as: z.enum(findings), reason: text }).nullable(),
    surplus: z.array(z.object({ booking: text, tries: number, notFound: number, due: flag, early: flag })),
    clearing: textOrNull,
    toVoidByHand: z.array(
      z.object({ carrier: textOrNull, trackingNumber: textOrNull, booking: textOrNull, reason: text }),
    ),
  }),
);

const stockReservation = z.object({
  ...{ id: text, owner: text, quantity: number, missing: number, seen: number },
});

export const stockItemContext = of<StockItemContext>()(
  z.object({
    ...{ id: text, warehouse: text, sku: text },
    ledger: z.object({ received: number, consumed: number, short: number, adjusted: number }),
    held: z.array(stockReservation),
    waiting: z.array(stockReservation),
    ...{ ended: memory, receipts: memory, watch: number },
  }),
);

export const warehouseContext = of<WarehouseContext>()(
  z.object({
    ...{ id: text, country: text, location, region: text, capacity: number },
    ...{ slots: text, used: number, freed: memory, takesWork: flag, version: number },
  }),
);

export const routingContext = of<RoutingContext>()(
  z.object({
    id: text,
    warehouses: z.array(
      z.object({
        ...{ warehouse: text, country: text, location, takesWork: flag, version: number },
        capacity: z.enum(['available', 'nearFull', 'full']),
      }),
    ),
  }),
);

export const trackingNumberContext = of<TrackingNumberContext>()(
  z.object({
    ...{ id: text, carrier: text, trackingNumber: text, shipmentId: text },
  }),
);
