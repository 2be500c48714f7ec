/** What holds after every turn, with the numbers of DOMAIN.md. */
import { findingsIn, relations } from '../../actors/health/health.ts';
import type { Standing } from '../../actors/health/relation.ts';
import { isOpen, liveLines, type FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { OrderContext } from '../../machines/order.context.ts';
import { entryOf } from '../../machines/register.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { heldOf, ownerOf, type StockItemContext } from '../../machines/stockItem.books.ts';
import type { WarehouseContext } from '../../machines/warehouse.books.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import type { Registry } from '../../runtime/core/registry.ts';
import { contextAt, contextOf, isAt, isEnded, recordsOf, sentOn, type Scene } from './scene.ts';
import { stepFaults } from './steps.ts';
import type { Taken } from './world.ts';

/** Faults in words, after this turn. */
export function faultsAfter(scene: Scene, registry: Registry, taken: Taken): string[] {
  const { before, turn } = taken;
  const { record, outcome } = turn;
  if (record === undefined) return refused(scene, taken);
  if (outcome.outcome !== 'accepted') return [...refused(scene, taken), ...complaints(scene)];
  const tellsOthers = record.kind === 'order' || record.kind === 'fulfillment';
  return [
    ...ownFaults(registry, record),
    ...(before === undefined ? [] : backward(before, record)),
    ...(always[record.kind]?.(scene, record) ?? []),
    ...stepFaults(scene, taken),
    ...(tellsOthers ? related(scene, 'always') : []),
    ...complaints(scene),
  ];
}

/** The invariants of its definition. */
function ownFaults(registry: Registry, record: ActorRecord): string[] {
  const { invariants = {} } = registry.get(record.kind)?.definition ?? {};
  return Object.entries(invariants)
    .filter(([, holds]) => !holds(contextOf<never>(record), record.snapshot.value as never))
    .map(([name]) => `${record.key}: ${name}`);
}

/** What the gateway was asked and should not have been. */
function complaints({ bank }: Scene): string[] {
  return bank.complaints.map((each) => `the gateway refused ${each} (11, 12, 14)`);
}

const holding = new Map<string, readonly (typeof relations)[number][]>();

/** What actors say of each other. */
export function related(scene: Scene, when: 'always' | 'atRest'): string[] {
  let asked = holding.get(when);
  if (asked === undefined) {
    asked = relations.filter(({ holds }) => when === 'atRest' || holds === 'always');
    holding.set(when, asked);
  }
  const actors = new Map<string, Map<string, Omit<Standing, 'kind' | 'id'>>>();
  for (const { kind, id, version, snapshot } of scene.world.records.values()) {
    const ofKind = actors.get(kind) ?? new Map<string, Omit<Standing, 'kind' | 'id'>>();
    ofKind.set(id, { version, state: snapshot.value as never, context: snapshot.context });
    actors.set(kind, ofKind);
  }
  // What a person settled at the gateway is not in the payment's books.
  const isByHand = ({ id }: { id: string }): boolean => scene.settledByHand.has(id) || scene.missed.has(id);
  return findingsIn(actors, asked)
    .filter(({ actors: named }) => !named.some(isByHand))
    .map(({ name, what }) => `${name}: ${what}`);
}

/** A message of an actor that is refused is a hole, unless it is here, with its reason. */
function refused({ world, missed }: Scene, { key, message, turn }: Taken): string[] {
  const { outcome } = turn;
  if (outcome.outcome !== 'refused' || outcome.isAnswered || message.from === 'outside') return [];
  if (message.from !== 'actor') return [`${key} refuses ${turn.event.type} of its own`];
  // What would make it is a dead letter: whoever asked asks again.
  if (outcome.reason === 'not-found') missed.add(message.to.id);
  if (outcome.reason === 'not-found' && [...world.letters(), ...world.dropped()].some(({ to }) => to === key))
    return [];
  return [`${key} refuses ${turn.event.type} (${outcome.reason}) at ${JSON.stringify(outcome.state)}`];
}

const ordinal = [
  'requested',
  'slotting',
  'movingWarehouse',
  'unroutable',
  'planned',
  'picking',
  'picked',
  'packing',
  'labelling',
  'readyToShip',
  'completed',
];

/** Invariants 20 and 21: ends stay, and work goes forward only. */
function backward(before: ActorRecord, after: ActorRecord): string[] {
  const isEnd = before.kind === 'order' && isEnded(before);
  if (isEnd && before.snapshot.value !== after.snapshot.value) return [`${before.key} had ended (20)`];
  return before.kind === 'fulfillment' ? backwardWork(before, after) : [];
}

function backwardWork(before: ActorRecord, after: ActorRecord): string[] {
  const ended = ['stopped', 'completed'].find((end) => isAt(before, `progress.${end}`));
  if (ended !== undefined && !isAt(after, `progress.${ended}`)) return [`${before.key} was ${ended} (20)`];
  const from = ordinalOf(before);
  const to = ordinalOf(after);
  const isBack = to !== -1 && to < from && from >= ordinal.indexOf('planned');
  const isReaddress = isAt(before, 'progress.readyToShip') && isAt(after, 'progress.labelling');
  return isBack && !isReaddress ? [`${before.key} goes backward (21)`] : [];
}

function ordinalOf(record: ActorRecord): number {
  return ordinal.findIndex((name) => isAt(record, `progress.${name}`));
}

type Check = (scene: Scene, record: ActorRecord) => string[];

const always: Readonly<Record<string, Check>> = {
  fulfillment(scene, record) {
    const fulfillment = contextOf<FulfillmentContext>(record);
    const isAtWork = ordinal.slice(4, 10).some((name) => isAt(record, `progress.${name}`));
    if (!isAtWork || !isOpen(fulfillment)) return [];
    return [...slotFaults(scene, fulfillment), ...goodsFaults(scene, fulfillment)];
  },
  order: (scene, record) => reservationFaults(scene, contextOf<OrderContext>(record)),
  stockItem: (scene) => [
    ...recordsOf(scene, 'order').flatMap((order) => reservationFaults(scene, contextOf<OrderContext>(order))),
    ...recordsOf(scene, 'fulfillment').flatMap((each) => always['fulfillment']?.(scene, each) ?? []),
  ],
  warehouse: (scene) =>
    recordsOf(scene, 'fulfillment').flatMap((each) => always['fulfillment']?.(scene, each) ?? []),
  shipment(scene, record) {
    const { label } = contextOf<ShipmentContext>(record);
    if (label?.claimed !== true) return [];
    const others = recordsOf(scene, 'shipment')
      .filter(({ id }) => id !== record.id)
      .map((each) => contextOf<ShipmentContext>(each).label)
      .filter((other) => other?.claimed === true && other.carrier === label.carrier)
      .filter((other) => other?.trackingNumber === label.trackingNumber);
    return others.length > 0 ? [`two shipments have ${label.trackingNumber} (22)`] : [];
  },
};

function slotFaults(scene: Scene, { id, warehouse, trying }: FulfillmentContext): string[] {
  const at = contextAt<WarehouseContext>(scene, `warehouse/${warehouse}`);
  if (warehouse !== trying) return [`${id} works in ${trying}, and its goods are in ${warehouse} (rule 8)`];
  if (at !== undefined && entryOf(at.slots, id) !== undefined) return [];
  return [`${id} works without a slot (25)`];
}

/** What a fulfillment works on is held for it, in its own warehouse, and is its own (rule 1). */
function goodsFaults(scene: Scene, { id, warehouse, lines }: FulfillmentContext): string[] {
  return liveLines({ lines }).flatMap(({ sku, reservation, assigned }) => {
    const key = `stockItem/${warehouse}~${sku}`;
    const item = contextAt<StockItemContext>(scene, key);
    const held = item === undefined ? undefined : heldOf(item, reservation);
    if (held === undefined || held.quantity < assigned)
      return [`${id} works on goods that are not held: ${reservation} (6)`];
    const isOwn = ownerOf(held).id === id || sentOn(scene, `fulfillment/${id}`, key).length > 0;
    return isOwn ? [] : [`${id} works on goods that are not its own: ${reservation} (rule 1)`];
  });
}

/** What an order takes for held is held (rule 1). */
function reservationFaults(scene: Scene, order: OrderContext): string[] {
  return Object.entries(order.reservations).flatMap(
    ([reservation, { state, quantity, warehouse, lineId }]) => {
      if (state !== 'held') return [];
      const sku = order.lines.find((line) => line.lineId === lineId)?.sku ?? '';
      const item = contextAt<StockItemContext>(scene, `stockItem/${warehouse}~${sku}`);
      const held = item === undefined ? undefined : heldOf(item, reservation);
      return (held?.quantity ?? 0) >= quantity ? [] : [`${reservation} of ${order.id} is not held (6)`];
    },
  );
}
