/** All kinds of actors. A new one is a line here. */
import { defaultDurations, type Durations } from '../machines/durations.ts';
import type { ActorDefinition } from '../runtime/definition.ts';
import { fulfillmentWith } from './fulfillment.ts';
import { orderWith } from './order.ts';
import { paymentWith } from './payment.ts';
import { noCarrier } from './carriers/none.ts';
import type { Carrier, PaymentGateway } from './providers.ts';
import { routing } from './routing.ts';
import { shipmentWith } from './shipment.ts';
import { stockItemWith } from './stockItem.ts';
import { trackingNumber } from './trackingNumber.ts';
import { warehouseWith } from './warehouse.ts';

export interface Shop {
  readonly durations?: Partial<Durations>;
  /** Payments name theirs. */
  readonly gateways?: readonly PaymentGateway[];
  /** Books all labels; people may book with others. */
  readonly carrier?: Carrier;
}

/** Without gateways and carrier the charts can be read and replayed, and payments and labels wait for people. */
export function definitionsWith(shop: Shop = {}): ActorDefinition[] {
  const { gateways = [], carrier = noCarrier } = shop;
  const durations = { ...defaultDurations, ...shop.durations };
  return [
    orderWith({ durations, gateways: gateways.map(({ name }) => name) }),
    fulfillmentWith(durations),
    paymentWith({ durations, gateways }),
    shipmentWith({ durations, carrier }),
    stockItemWith(durations),
    warehouseWith(durations),
    routing,
    trackingNumber,
  ];
}

export const definitions: ActorDefinition[] = definitionsWith();
