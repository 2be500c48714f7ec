/**
 * One random run of a whole shop: orders, warehouses, gateways, carriers, people, in any order that the lines
 * between them allow. First everything goes wrong that can; then whatever was begun is brought to its end.
 */
import { noCarrier } from '../../actors/carriers/none.ts';
import { memoryLedger } from '../../actors/carriers/sandbox-ledger.ts';
import type { PaymentGateway } from '../../actors/providers.ts';
import { definitionsWith } from '../../actors/registry.ts';
import type { FulfillmentContext } from '../../machines/fulfillment.books.ts';
import { onHand, type StockItemContext } from '../../machines/stockItem.books.ts';
import type { Event } from '../../runtime/message.ts';
import type { ActorRecord } from '../../runtime/core/record.ts';
import { createRegistry } from '../../runtime/core/registry.ts';
import { seededRandom } from '../support/random.ts';
import { createBank } from './bank.ts';
import { faultsAfter } from './checks.ts';
import { createGoods } from './goods.ts';
import { arriveAll, outsideOptions } from './outside.ts';
import { addresses, peopleOptions } from './people.ts';
import { faultsAtRest } from './rest.ts';
import { carrierName, contextOf, isAt, isEnded, onceGateway, type Option, type Scene } from './scene.ts';
import { createWorld, type Due, type Letter, type Taken } from './world.ts';

export interface Run {
  readonly seed: number;
  readonly steps: number;
  readonly turns: number;
  /** What is wrong; empty: nothing. */
  readonly faults: readonly string[];
  /** How the orders ended. */
  readonly ends: readonly string[];
  /** Refused messages between actors that are expected, by type. */
  readonly refused: Readonly<Record<string, number>>;
}

const gateways = [
  { name: 'sandbox', capturesOnce: false },
  { name: onceGateway, capturesOnce: true },
] as PaymentGateway[];
const registry = createRegistry(definitionsWith({ gateways, carrier: { ...noCarrier, name: carrierName } }));

const stepsMax = 3_000;

export function runShop(seed: number, say: (line: string) => void = () => undefined): Run {
  const refused: Record<string, number> = {};
  let turns = 0;
  const random = seededRandom(seed, 'shop');
  const scene: Scene = {
    random,
    bank: createBank(onceGateway),
    carrier: memoryLedger(),
    goods: createGoods(),
    straying: [],
    posts: [],
    faults: [],
    isEnding: false,
    isCalm: random.chance(0.3),
    settledByHand: new Set(),
    missed: new Set(),
    readdressed: new Map(),
    counters: { numbers: 1, receipts: 0, holds: 0, scans: 0, accepted: 0 },
    world: createWorld(registry, {
      took(taken) {
        turns++;
        if (taken.turn.outcome.outcome === 'accepted') scene.counters.accepted++;
        say(told(taken));
        follow(scene, taken);
        for (const { to, event } of taken.turn.effects.messages)
          if (event.type === 'fulfillment.changeAddress')
            scene.readdressed.set(to.id, Number(event['revision']));
        scene.faults.push(...faultsAfter(scene, registry, taken));
        const { outcome } = taken.turn;
        if (taken.message.from === 'actor' && outcome.outcome === 'refused' && !outcome.isAnswered)
          refused[taken.turn.event.type] = (refused[taken.turn.event.type] ?? 0) + 1;
      },
      left(pending) {
        const isCall = pending.source === 'carryOut' || pending.source === 'book';
        if (isCall && random.chance(0.5)) scene.straying.push(pending);
      },
    }),
  };
  const { steps } = play(scene, say);
  const ends = [...scene.world.records.values()]
    .filter(({ kind }) => kind === 'order')
    .map(({ snapshot }) => (typeof snapshot.value === 'string' ? snapshot.value : 'alive'));
  return { seed, steps, turns, faults: scene.faults, ends, refused };
}

function play(scene: Scene, say: (line: string) => void): { steps: number } {
  const { faults } = scene;
  let steps = 0;
  try {
    for (const { name, run } of optionsInTurn(scene)) {
      say(`${++steps} ${name}`);
      run();
      if (steps > stepsMax) faults.push('it does not come to rest (32)');
      if (faults.length > 0) return { steps };
    }
    faults.push(...faultsAtRest(scene));
  } catch (error) {
    faults.push(`dead letter: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { steps };
}

/** What happens next, each chosen when the one before it has happened; ends when nothing is left to do. */
function* optionsInTurn(scene: Scene): Generator<Option> {
  const { random } = scene;
  const orders = open(scene);
  const disturbed = 60 + random.below(120);
  const parks = random.chance(0.25) ? 0.04 : 0;
  const given = { orders, parks, vain: vainTries(scene) };
  for (let steps = 0; ; steps++) {
    if (steps >= disturbed || (orders.length === 0 && isOver(scene))) scene.isEnding = true;
    const option = nextOption(scene, given);
    if (option === undefined) return;
    yield option;
  }
}

interface Playing {
  /** Those that are still to come. */
  readonly orders: Option[];
  /** How often a message becomes a dead letter. */
  readonly parks: number;
  /** In the end nobody tries again in vain until something has changed. */
  readonly vain: (tried?: string) => ReadonlySet<string>;
}

function vainTries(scene: Scene): Playing['vain'] {
  const vain = new Set<string>();
  let version = -1;
  return (tried) => {
    if (version !== scene.counters.accepted) vain.clear();
    version = scene.counters.accepted;
    if (tried !== undefined && scene.isEnding) vain.add(tried);
    return vain;
  };
}

/** Undefined: nothing is left to do. Where nothing else happens, the next timer comes. */
function nextOption(scene: Scene, { orders, parks, vain }: Playing): Option | undefined {
  const tried = vain();
  const options = [...orders, ...optionsOf(scene, parks)].filter(({ name }) => !tried.has(name));
  if (options.length === 0) {
    const due = nextTimer(scene);
    return due && { weight: 1, name: `timer ${due.key} ${due.timer}`, run: () => fire(scene, due) };
  }
  const option = chosen(scene, options);
  vain(option.name);
  const at = orders.indexOf(option);
  if (at !== -1) orders.splice(at, 1);
  return option;
}

/** Warehouses with goods, and the orders that are still to come. */
function open(scene: Scene): Option[] {
  const { world, random, counters } = scene;
  const skus = random.chance(0.4) ? ['A', 'B'] : ['A'];
  for (const id of ['W1', 'W2']) {
    const location = { lat: 50, lon: 10 };
    world.command(`warehouse/${id}`, {
      type: 'warehouse.create',
      country: 'DE',
      location,
      capacity: random.pick([1, 3]),
    });
    for (const sku of skus) {
      const quantity = random.below(5);
      const receiptId = `r${++counters.receipts}`;
      if (quantity > 0)
        world.command(`stockItem/${id}~${sku}`, { type: 'stockItem.receive', quantity, receiptId });
    }
  }
  for (const line of world.lines()) while (world.under(line).length > 0) world.deliver(line);
  return Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    weight: 1,
    name: `order o${index + 1}`,
    run: () => void world.command(`order/o${index + 1}`, newOrder(scene, skus)),
  }));
}

function newOrder({ random, isEnding }: Scene, skus: readonly string[]): Event {
  return {
    ...{ type: 'order.create', customerId: 'ann', currency: 'EUR', shipTo: random.pick(addresses) },
    lines: Array.from({ length: 1 + random.below(random.chance(0.3) ? 3 : 2) }, () => ({
      ...{ sku: random.pick(skus), quantity: 1 + random.below(3) },
      unitPrice: random.chance(0.05) ? 0 : 100 + random.below(3) * 50,
    })),
    payment: { gateway: random.chance(0.25) ? onceGateway : 'sandbox', method: 'card' },
    draft: !isEnding && random.chance(0.2),
  };
}

/** Only noise could follow. */
function isOver({ world, posts }: Scene): boolean {
  if (world.lines().length + world.activities().length + posts.length > 0) return false;
  return [...world.records.values()].every((record) => record.kind !== 'order' || isEnded(record));
}

function optionsOf(scene: Scene, parks: number): Option[] {
  const { world, random, isEnding } = scene;
  const messages = world.lines().map((line) => ({
    weight: isEnding ? 6 : 3,
    name: `deliver ${line} ${JSON.stringify(world.under(line)[0]?.event)}`,
    run: () => {
      const [letter] = world.under(line);
      const isDead = !isEnding && letter !== undefined && random.chance(parks);
      if (isDead && isAskedAgain(letter) && random.chance(0.5)) world.drop(line);
      else if (isDead && isParkable(letter)) world.park(line);
      else world.deliver(line);
    },
  }));
  const letters = world.letters().map((letter) => ({
    weight: isEnding ? 1 : 0.3,
    name: `redrive ${letter.from}>${letter.to} ${JSON.stringify(letter.event)}`,
    run: () => void world.redrive(letter),
  }));
  const early = isEnding
    ? []
    : timersOf(scene)
        .filter(mayBeEarly(scene))
        .map((due) => earlyTimer(scene, due));
  return [...messages, ...letters, ...outsideOptions(scene), ...peopleOptions(scene), ...early];
}

/**
 * A hold that is redriven after it was lifted would stay: nobody tells a fulfillment how its order stands now. And
 * an order that has ended does not say once more that its money is settled.
 */
function isParkable({ event }: Letter): boolean {
  return !event.type.startsWith('order.') && event.type !== 'payment.drop';
}

/** Questions, and answers to them: a dead letter of these may be thrown away (rule 16). */
function isAskedAgain({ event }: Letter): boolean {
  return askedAgain.has(event.type);
}

const askedAgain = new Set([
  ...['routing.ask', 'routing.candidates', 'stockItem.hold', 'stock.held', 'stock.refused', 'stock.released'],
  ...['stockItem.release', 'stockItem.backorder', 'stock.asked', 'stockItem.keep', 'payment.authorize'],
  ...[
    'payment.void',
    'payment.voided',
    'payment.close',
    'payment.closed',
    'payment.capture',
    'payment.captured',
  ],
  ...['payment.refund', 'payment.refunded', 'payment.authorized', 'payment.declined', 'payment.unknown'],
  ...['warehouse.slot', 'warehouse.granted', 'warehouse.denied', 'fulfillment.start', 'fulfillment.stop'],
  ...['fulfillment.reduce', 'shipment.book', 'shipment.readdress', 'shipment.booked', 'shipment.void'],
  ...['shipment.voidAccepted', 'trackingNumber.claim', 'tracking.claimed', 'tracking.refused'],
]);

/** Where nothing else disturbs them, orders that want the same have time to hear of each other (rule 17). */
function mayBeEarly({ isCalm }: Scene): (due: Due) => boolean {
  return ({ timer }) => !isCalm || !timer.includes('contended');
}

function earlyTimer(scene: Scene, due: Due): Option {
  const isRare = /draftExpiry|closing|parcel|payWindow|paymentStuck|paymentRepeat/.test(due.timer);
  return { weight: isRare ? 0.08 : 0.3, name: `timer ${due.key} ${due.timer}`, run: () => fire(scene, due) };
}

/** What is over is remembered for longer than any message takes. */
function timersOf({ world }: Scene): Due[] {
  return world.timers().filter(({ timer }) => !timer.includes('endedKept'));
}

function nextTimer(scene: Scene): Due | undefined {
  return timersOf(scene).reduce<Due | undefined>(
    (first, due) => (first === undefined || due.at < first.at ? due : first),
    undefined,
  );
}

/** A day is longer than any call takes. */
function fire(scene: Scene, due: Due): void {
  const record = scene.world.records.get(due.key);
  if (/paymentRepeat|paymentStuck/.test(due.timer)) arriveAll(scene, due.key);
  const tries =
    record?.kind === 'shipment' ? contextOf<{ surplus: { tries: number }[] }>(record).surplus : [];
  if (due.timer.includes('surplusAgain') && tries.some((each) => each.tries > 2)) arriveAll(scene, due.key);
  scene.world.fire(due);
}

function chosen({ random }: Scene, options: readonly Option[]): Option {
  let left = random.next() * options.reduce((sum, { weight }) => sum + weight, 0);
  return options.find(({ weight }) => (left -= weight) <= 0) ?? (options.at(-1) as Option);
}

/** What people do with their hands when an actor has taken their word. */
function follow(scene: Scene, { before, turn }: Taken): void {
  const { event, outcome, record } = turn;
  if (outcome.outcome !== 'accepted' || record === undefined) return;
  if (record.kind === 'stockItem') followStock(scene, record, { before, event });
  if (record.kind === 'fulfillment' && before !== undefined) followWork(scene, record, { before, event });
}

function followStock(
  { goods }: Scene,
  record: ActorRecord,
  { before, event }: { before: ActorRecord | undefined; event: Event },
): void {
  if (event.type === 'stockItem.receive') goods.add(record.id, event['quantity'] as number);
  if (event.type !== 'stockItem.adjust' || before === undefined) return;
  const [old = 0, now = 0] = [before, record].map((each) => onHand(contextOf<StockItemContext>(each)));
  goods.add(record.id, now - old);
}

function followWork(
  { goods, carrier }: Scene,
  record: ActorRecord,
  { before, event }: { before: ActorRecord; event: Event },
): void {
  const fulfillment = contextOf<FulfillmentContext>(record);
  if (event.type === 'fulfillment.shortPick') {
    const line = fulfillment.lines.find(({ lineId }) => lineId === event['lineId']);
    goods.add(`${fulfillment.warehouse}~${line?.sku ?? ''}`, -(event['quantity'] as number));
  }
  if (event.type === 'fulfillment.handOver') goods.take(fulfillment);
  if (isAt(before, 'progress.readyToShip') || !isAt(record, 'progress.readyToShip')) return;
  const trackingNumber = event['trackingNumber'] as string;
  const known = carrier.labels(carrierName).find((label) => label.trackingNumber === trackingNumber);
  const booking = known?.booking ?? null;
  goods.label(record.id, { carrier: event['carrier'] as string, trackingNumber, booking });
}

function told({ key, message, turn: { event, outcome, record, effects } }: Taken): string {
  const state = JSON.stringify(record?.snapshot.value ?? null);
  const why =
    outcome.outcome === 'accepted'
      ? ''
      : ` ${outcome.outcome} ${'reason' in outcome ? outcome.reason : outcome.why}`;
  const sent = effects.messages.map(({ to, event: each }) => `${each.type}→${to.id}`).join(' ');
  return `    ${message.from} ${key} ${event.type}${why} ${state} ${sent}`;
}
