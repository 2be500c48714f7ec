/** What a single step may not do: handovers and holds, second changes, voids and rejections that come too soon. */
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { OrderContext } from '../../machines/order.context.ts';
import type { StockItemContext } from '../../machines/stockItem.books.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { contextAt, contextOf, isAt, recordsOf, sentOn, type Scene } from './scene.ts';
import type { Taken } from './world.ts';

export function stepFaults(scene: Scene, taken: Taken): string[] {
  const { before, turn } = taken;
  const { event, record } = turn;
  if (before === undefined || record === undefined) return [];
  if (record.kind === 'order') return orderFaults(scene, taken);
  if (peoplesSteps.has(event.type)) return heldFaults(scene, before, event.type);
  return event.type === 'stockItem.hold' ? queueFaults(before, record) : [];
}

function orderFaults(scene: Scene, { key, before, turn }: Taken): string[] {
  const { event, record, effects } = turn;
  if (before === undefined || record === undefined) return [];
  const old = contextOf<OrderContext>(before);
  const { outcome } = contextOf<OrderContext>(record);
  if (event.type === 'order.cancelLine' && old.change !== null)
    return [`${key}: a second change is open (rule 13)`];
  if (event.type === 'stock.refused' && outcome === 'rejected' && isTooSoon(old, Number(event['pending'])))
    return [`${key} is rejected, though others have not paid for what it lacks (rule 17)`];
  const isVoided = effects.messages.some((message) => message.event.type === 'payment.void');
  return isVoided && outcome !== null ? voidFaults(scene, record.id) : [];
}

/** What others hold and have not paid is first asked for in order, which everybody keeps. */
function isTooSoon({ outcome, search }: OrderContext, pending: number): boolean {
  return outcome === null && search.mode !== 'ordered' && pending > 0;
}

/** An ending order gives up its payment when nothing can be handed over any more. */
function voidFaults(scene: Scene, orderId: string): string[] {
  return recordsOf(scene, 'fulfillment')
    .filter((each) => contextOf<FulfillmentContext>(each).orderId === orderId)
    .filter((each) => !isAt(each, 'progress.stopped') && !isAt(each, 'progress.completed'))
    .map(({ key }) => `the payment of ${orderId} is voided before ${key} has answered (rule 3)`);
}

function queueFaults(before: ActorRecord, after: ActorRecord): string[] {
  const old = contextOf<StockItemContext>(before);
  const isPassed = old.waiting.length > 0 && contextOf<StockItemContext>(after).held.length > old.held.length;
  return isPassed ? [`${after.key}: a hold passes those who wait (rule 11)`] : [];
}

const peoplesSteps = new Set(
  ['startPick', 'finishPick', 'shortPick', 'startPack', 'finishPack', 'handOver'].map(
    (name) => `fulfillment.${name}`,
  ),
);

function heldFaults(scene: Scene, before: ActorRecord, step: string): string[] {
  const fulfillment = contextOf<FulfillmentContext>(before);
  const { id, orderId, holds, orderHolds } = fulfillment;
  if (holds.length + orderHolds.length > 0) return [`${step} of ${id} while it is held (19)`];
  const order = contextAt<OrderContext>(scene, `order/${orderId}`);
  const isHeld = (order?.holds.length ?? 0) > 0 && !isToHear(scene, fulfillment);
  return [
    ...(isHeld ? [`${step} of ${id} while its order is held (19)`] : []),
    ...(step === 'fulfillment.handOver' ? labelFaults(scene, fulfillment) : []),
  ];
}

/** It cannot know of its order's hold yet. */
function isToHear(scene: Scene, { id, orderId }: FulfillmentContext): boolean {
  const sent = sentOn(scene, `order/${orderId}`, `fulfillment/${id}`);
  const tells = sent.some(
    ({ event }) => event.type === 'fulfillment.orderHolds' || event.type === 'fulfillment.start',
  );
  return tells || scene.missed.has(id);
}

function labelFaults({ goods }: Scene, { id, addressRevision }: FulfillmentContext): string[] {
  const parcel = goods.parcels.get(id);
  const booking = parcel?.label?.booking ?? null;
  if (booking === null || parcel?.at !== 'here') return [];
  const revision = Number(/#(\d+)/.exec(booking)?.[1]);
  if (revision === addressRevision) return [];
  return [`${id} leaves with the label of address ${revision}, not ${addressRevision} (rule 6)`];
}
