/** What should not have happened, or was asked for too late, as the accounts of fulfillments show it. */
import type { Account } from './fulfillment.events.ts';
import type { Change, FulfillmentBook, OrderContext } from './order.context.ts';

/** The last ones; older are in the journal. */
export const incidentsMax = 100;

/** The order's incidents once it has heard this account: one line each, for people to read. */
export function incidentsWith(
  { incidents, ...order }: OrderContext,
  before: FulfillmentBook,
  account: Account,
): readonly string[] {
  const id = account.fulfillmentId;
  const more = [...ofParcel(before, account), ...ofLateWishes(order, before, account)];
  if (more.length === 0) return incidents;
  return [...incidents, ...more.map((what) => `${id}: ${what}`)].slice(-incidentsMax);
}

function ofParcel(before: FulfillmentBook, after: Account): string[] {
  const hasArrived = before.state !== 'delivered' && after.state === 'delivered';
  return [
    ...(before.writtenOff && hasArrived ? ['the parcel arrived after it was written off'] : []),
    ...(after.incidents > before.incidents ? ['the parcel moved after its label was voided'] : []),
  ];
}

/** Whoever asked was told yes: the order could not know yet that the warehouse was faster. */
function ofLateWishes(
  { outcome, addressRevision, change }: Omit<OrderContext, 'incidents'>,
  before: FulfillmentBook,
  after: Account,
): string[] {
  const hasLeft = before.state === 'open' && after.state !== 'open' && after.state !== 'stopped';
  const isOldAddress = after.addressRevision < addressRevision;
  const isFoundOut = before.state !== 'open' && after.addressRevision < before.addressRevision;
  return [
    ...((hasLeft && isOldAddress) || isFoundOut ? ['the parcel left for the address before the change'] : []),
    ...(hasLeft && (outcome === 'cancelled' || outcome === 'refunded')
      ? ['the parcel left before it could be cancelled']
      : []),
    ...ofChange(change, before, after),
  ];
}

function ofChange(change: Change | null, before: FulfillmentBook, after: Account): string[] {
  if (change === null || change.id !== after.change) return [];
  const { lineId, waiting } = change;
  const cut = (after.lines[lineId]?.cut ?? 0) - (before.lines[lineId]?.cut ?? 0);
  const missed = (waiting[after.fulfillmentId] ?? 0) - cut;
  return missed > 0 ? [`${missed} of ${lineId} could not be cancelled any more`] : [];
}
