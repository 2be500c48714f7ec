/** What a shipment tells its fulfillment, and what it reads from its carrier's answers. */
import type { DoneActorEvent, ErrorActorEvent, EventObject } from 'xstate';
import type { Message } from './send.ts';
import type { BookingOutcome, Label, ShipmentContext } from './shipment.books.ts';

export function toFulfillment(
  { id, fulfillmentId }: ShipmentContext,
  event: EventObject & Readonly<Record<string, unknown>>,
): Message {
  const told = { ...event, shipmentId: id };
  return { to: { kind: 'fulfillment', id: fulfillmentId }, event: told };
}

/** Null where the answer brings none. */
export function labelOf(event: EventObject): Label | null {
  const { output } = event as unknown as DoneActorEvent<BookingOutcome>;
  if (output.outcome !== 'booked') return null;
  const { carrier, trackingNumber, url } = output.label;
  return { carrier, trackingNumber, url, claimed: false };
}

/** Why a carrier did not do what it was asked to: in its answer, or in the error of the last try. */
export function problemIn(event: EventObject): string {
  const { output, error } = event as Partial<DoneActorEvent<{ reason?: string }> & ErrorActorEvent>;
  return output?.reason ?? (error as { message?: string } | undefined)?.message ?? '';
}
