/** What gateways and carriers do: answer, in time or not, tell by webhook, carry parcels. */
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { PaymentContext } from '../../machines/payment.books.ts';
import type { GatewayCall } from '../../machines/payment.reading.ts';
import { shipmentOf } from '../../machines/shipment.books.ts';
import type { ScanStatus } from '../../machines/shipment.events.ts';
import { trackingNumberId } from '../../machines/trackingNumber.events.ts';
import type { PendingActivity } from '../../runtime/ports.ts';
import type { Mood } from './bank.ts';
import type { Parcel } from './goods.ts';
import { carrierName, contextAt, recordsOf, isAt, type Option, type Post, type Scene } from './scene.ts';

type Result = Parameters<Scene['world']['result']>[1];

const failed: Result = { error: { code: 'retryable', message: '503' } };
const unknown: Result = { output: { outcome: 'unknown' } };

export function outsideOptions(scene: Scene): Option[] {
  return [
    ...scene.world.activities().map((pending) => ({
      weight: 2,
      name: `${pending.source} of ${pending.key}`,
      run: () => answer(scene, pending),
    })),
    ...scene.straying.map((pending) => ({
      weight: 1,
      name: `late ${pending.source} of ${pending.key}`,
      run: () => arrive(scene, pending),
    })),
    ...scene.posts.map((post) => ({
      weight: 1.5,
      name: `webhook ${JSON.stringify(post.event)}`,
      run: () => deliver(scene, post),
    })),
    ...customerOptions(scene),
    ...[...scene.goods.parcels.values()].flatMap((parcel) => parcelOptions(scene, parcel)),
  ];
}

/** Whatever of it is still under way reaches the outside before this. */
export function arriveAll(scene: Scene, key: string): void {
  for (const pending of scene.straying.filter((each) => each.key === key)) arrive(scene, pending);
}

function arrive(scene: Scene, pending: PendingActivity): void {
  scene.straying.splice(scene.straying.indexOf(pending), 1);
  effect(scene, pending);
}

/** How a call goes: it may reach the outside or not, and the answer may come back or not. */
function answer(scene: Scene, pending: PendingActivity): void {
  const { world, random, isEnding } = scene;
  const luck = isEnding ? 1 : random.next();
  const isCall = pending.source === 'carryOut' || pending.source === 'book';
  if (luck < 0.08) {
    if (random.chance(0.4)) effect(scene, pending);
    world.result(pending, failed);
  } else if (isCall && luck < 0.3) {
    const where = random.below(3);
    if (where === 0) effect(scene, pending);
    if (where === 1) scene.straying.push(pending);
    world.result(pending, unknown);
  } else {
    world.result(pending, effect(scene, pending));
  }
}

function effect(scene: Scene, pending: PendingActivity): Result {
  return pending.key.startsWith('payment/') ? atGateway(scene, pending) : atCarrier(scene, pending);
}

function atGateway(scene: Scene, { source, input }: PendingActivity): Result {
  const { bank, random, isEnding } = scene;
  const call = JSON.parse(input) as GatewayCall;
  if (source === 'lookUp') return { output: { ...bank.lookUp(call), key: call.key } };
  const isFirst = bank.lookUp(call).outcome === 'notFound';
  const result = bank.carryOut(call, isEnding ? 'yes' : mood(scene, call));
  if (isFirst && random.chance(0.7)) tell(scene, call);
  return { output: { ...result, key: call.key } };
}

function mood({ random }: Scene, { kind }: GatewayCall): Mood {
  if (kind !== 'authorize') return random.chance(0.03) ? 'no' : 'yes';
  const luck = random.next();
  return luck < 0.7 ? 'yes' : luck < 0.9 ? 'no' : 'confirm';
}

function tell({ bank, posts, random }: Scene, call: GatewayCall): void {
  const webhook = bank.webhook(call);
  if (webhook !== undefined) posts.push({ ...webhook, times: random.chance(0.2) ? 2 : 1 });
}

function atCarrier(scene: Scene, { source, input }: PendingActivity): Result {
  const { carrier, random, isEnding } = scene;
  const { booking, shipmentId } = JSON.parse(input) as { booking: string; shipmentId: string };
  const label = carrier.labels(carrierName).find((each) => each.booking === booking);
  if (source === 'clear') return cleared(scene, booking, label !== undefined);
  if (source === 'lookUp') return label === undefined ? unknown : labelled(label.trackingNumber);
  if (!isEnding && label === undefined && random.chance(0.05)) return refusal('the address is unknown');
  return labelled(carrier.book({ carrier: carrierName, booking, shipmentId }).trackingNumber);
}

function cleared({ carrier, random, isEnding }: Scene, booking: string, isKnown: boolean): Result {
  if (!isEnding && isKnown && random.chance(0.03)) return refusal('not now');
  return { output: { outcome: carrier.void(carrierName, booking) ? 'gone' : 'notFound' } };
}

function refusal(reason: string): Result {
  return { output: { outcome: 'refused', reason } };
}

function labelled(trackingNumber: string): Result {
  return { output: { outcome: 'booked', label: { carrier: carrierName, trackingNumber, url: null } } };
}

/** One that finds nobody is sent again later. */
function deliver(scene: Scene, post: Post): void {
  const { world, posts, random, isEnding } = scene;
  const gateway = contextAt<PaymentContext>(scene, post.to)?.gateway ?? carrierName;
  const sender = { subject: `webhook:${gateway}`, roles: ['webhook'], warehouses: [] };
  const { outcome } = world.command(post.to, post.event, sender);
  const isNobody = outcome.outcome === 'refused' && outcome.reason === 'not-found';
  if (isNobody && !isEnding) return;
  post.times -= 1;
  if (post.times <= 0 || (isNobody && random.chance(0.5))) posts.splice(posts.indexOf(post), 1);
}

/** Customers confirm at their bank, or do not; and some banks change their mind. */
function customerOptions(scene: Scene): Option[] {
  const { bank, posts, random, isEnding } = scene;
  const confirming = bank.toConfirm().map((call) => ({
    weight: 0.7,
    name: `the customer confirms ${call.key}`,
    run: () => {
      bank.confirm(call, isEnding || random.chance(0.7) ? 'authorized' : 'declined');
      if (random.chance(0.7)) tell(scene, call);
    },
  }));
  if (isEnding) return confirming;
  const declined = recordsOf(scene, 'payment').filter(
    ({ id }) => bank.accounts.get(id)?.state === 'declined',
  );
  const changing = declined.map(({ id }) => ({
    weight: 0.05,
    name: `the bank changes its mind about ${id}`,
    run: () => {
      const call = { key: `${id}:auth`, paymentId: id } as GatewayCall;
      bank.confirm(call, 'authorized');
      const webhook = bank.webhook(call);
      if (webhook !== undefined) posts.push({ ...webhook, times: 1 });
    },
  }));
  return [...confirming, ...changing];
}

const onTheWay = ['inTransit', 'outForDelivery', 'attemptFailed', 'availableForPickup', 'exception'] as const;

function parcelOptions(scene: Scene, parcel: Parcel): Option[] {
  const { random, isEnding } = scene;
  const { fulfillmentId: id, label, at } = parcel;
  if (label === null) return [];
  const see = (status: ScanStatus): void => scan(scene, parcel, status);
  if (at === 'here') return pickUpOptions(scene, parcel);
  if (at === 'ended' || (at === 'lost' && isEnding)) return [];
  const move = (): void => {
    const luck = isEnding ? 1 : random.next();
    if (at === 'taken' && luck < 0.8) {
      parcel.at = 'moving';
      see('inTransit');
    } else if (luck < 0.15) see(random.pick(onTheWay));
    else if (luck < 0.22) {
      parcel.at = 'lost';
      if (random.chance(0.5)) see('lost');
    } else if (luck < 0.3) {
      parcel.at = 'ended';
      if (random.chance(0.5)) see('returning');
      see('returned');
    } else {
      parcel.at = 'ended';
      see('delivered');
    }
  };
  return [{ weight: at === 'lost' ? 0.1 : 1, name: `the carrier moves ${id}`, run: move }];
}

function scan({ posts, random, counters }: Scene, { label }: Parcel, status: ScanStatus): void {
  if (label === null) return;
  const { carrier, trackingNumber, booking } = label;
  const eventId = `scan${++counters.scans}`;
  const times = random.chance(0.15) ? 2 : 1;
  if (booking === null) {
    const to = `trackingNumber/${trackingNumberId(carrier, trackingNumber)}`;
    posts.push({ to, times, event: { type: 'trackingNumber.scan', eventId, status, trackingNumber } });
    return;
  }
  const event = { type: 'shipment.scan', eventId, status, trackingNumber, carrier, booking };
  posts.push({ to: `shipment/${shipmentOf(booking)}`, times, event });
}

/** Trucks take what has a label, whatever anybody in the warehouse says. */
function pickUpOptions(scene: Scene, { fulfillmentId: id }: Parcel): Option[] {
  const record = scene.world.records.get(`fulfillment/${id}`);
  const fulfillment = contextAt<FulfillmentContext>(scene, `fulfillment/${id}`);
  if (record === undefined || fulfillment === undefined || scene.isEnding) return [];
  const isThere = ['readyToShip', 'labelling', 'stopping.voiding'].some((at) =>
    isAt(record, `progress.${at}`),
  );
  if (!isThere) return [];
  return [{ weight: 0.25, name: `a truck takes ${id}`, run: () => scene.goods.take(fulfillment) }];
}
