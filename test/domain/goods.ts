/** What really lies on the shelves, and where the parcels really are. */
import type { SandboxLabel } from '../../actors/carriers/sandbox-ledger.ts';
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import { liveLines } from '../../machines/fulfillment.books.ts';

export type Sticker = Pick<SandboxLabel, 'carrier' | 'trackingNumber'> & { readonly booking: string | null };

export interface Parcel {
  readonly fulfillmentId: string;
  /** What is stuck on it. */
  label: Sticker | null;
  /** How far the carrier has got with it; `here`: it is in the warehouse. */
  at: 'here' | 'taken' | 'moving' | 'lost' | 'ended';
}

export interface Goods {
  /** By `{warehouse}~{sku}`. */
  readonly shelf: Map<string, number>;
  readonly parcels: Map<string, Parcel>;
  add(stockItem: string, quantity: number): void;
  /** Sticks a label on the parcel, over the old one. */
  label(fulfillmentId: string, label: Sticker): void;
  /** The carrier carries it away. */
  take(fulfillment: FulfillmentContext): void;
}

export function createGoods(): Goods {
  const shelf = new Map<string, number>();
  const parcels = new Map<string, Parcel>();

  function add(stockItem: string, quantity: number): void {
    shelf.set(stockItem, (shelf.get(stockItem) ?? 0) + quantity);
  }

  return {
    shelf,
    parcels,
    add,
    label(fulfillmentId, label) {
      const parcel = parcels.get(fulfillmentId);
      if (parcel === undefined) parcels.set(fulfillmentId, { fulfillmentId, label, at: 'here' });
      else if (parcel.at === 'here') parcel.label = label;
    },
    take(fulfillment) {
      const parcel = parcels.get(fulfillment.id);
      if (parcel?.at !== 'here') return;
      parcel.at = 'taken';
      for (const { sku, assigned } of liveLines(fulfillment))
        add(`${fulfillment.warehouse}~${sku}`, -assigned);
    },
  };
}
