/** One order's way from the customer's wish to the last parcel, as one client sees it. */
import type { SeededRandom } from './random.ts';
import type { ActorView, Client } from './traffic.ts';

const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };

/** The next step of a warehouse, by where the fulfillment is. */
const steps: Readonly<Record<string, string>> = {
  'progress.planned': 'start-pick',
  'progress.picking': 'finish-pick',
  'progress.picked': 'start-pack',
  'progress.packing': 'finish-pack',
  'progress.readyToShip': 'hand-over',
};
/** What it may be cancelled before; at last while the label is being asked for. */
const moments = [...Object.values(steps), 'label'];

/** Of the sandbox. Nobody waits for `late`: that bank takes its time, and the order is left to itself. */
const late = 'webhook-late';
const otherMethods = ['decline', 'decline', 'webhook-twice', 'webhook-twice', 'error-1-then-ok', late];

interface Wish {
  readonly id: string;
  readonly isDraft: boolean;
  /** Teapots and cups are in two warehouses. */
  readonly isSplit: boolean;
  readonly method: string;
}

export async function drive(client: Client): Promise<void> {
  const { random } = client;
  const wish = {
    ...{ id: client.newOrder(), isDraft: random.chance(0.2), isSplit: random.chance(0.3) },
    method: random.chance(0.15) ? random.pick(otherMethods) : 'ok',
  };
  const order = `orders/${wish.id}`;
  await create(client, wish);
  if (random.chance(0.08)) await cancel(client, order);
  const fulfillments = await paid(client, wish);
  if (fulfillments === undefined) return;
  const [first] = fulfillments;
  if (first !== undefined && random.chance(0.2)) await holdForAWhile(client, order, first);
  const cancelBefore = random.chance(0.25) ? [random.pick(moments)] : [];
  for (const fulfillment of fulfillments) await ship(client, { order, fulfillment, cancelBefore });
  if (random.chance(0.3)) await client.send({ actor: order, name: 'place' }, { keyed: random.chance(0.5) });
  client.delivered();
}

async function create(client: Client, { id, isDraft, isSplit, method }: Wish): Promise<void> {
  const { random } = client;
  const line = (sku: string) => ({ sku, quantity: 2, unitPrice: 500 });
  const body = {
    id,
    customerId: `customer-${random.below(3)}`,
    currency: 'EUR',
    shipTo,
    lines: [line('TEAPOT'), ...(isSplit ? [line('CUP')] : [])],
    payment: { gateway: 'sandbox', method },
    draft: isDraft,
  };
  const to = { actor: `orders/${id}`, name: 'create', body };
  let { outcome } = await client.send(to, { keyed: random.chance(0.5) });
  // Whoever does not know may create it again: it exists once.
  while (outcome === 'doubt') ({ outcome } = await client.send(to, { keyed: true }));
  if (random.chance(0.1)) await client.send(to);
}

/** Its fulfillments, once it is placed, held and paid; none if it has ended. Undefined: the bank has not said. */
async function paid(client: Client, { id, method }: Wish): Promise<string[] | undefined> {
  const order = `orders/${id}`;
  for (;;) {
    const view = await client.look(order);
    if (view !== undefined && isSettled(view)) return fulfillmentsOf(view);
    const states = view?.states ?? [];
    if (method === late && states.some(isUnderWay)) return undefined;
    if (states.includes('draft')) await take(client, { actor: order, name: 'place' });
    if (states.includes('awaitingPayment')) await payOtherwise(client, order);
    await client.pause();
  }
}

function isSettled({ states, tags }: ActorView): boolean {
  return tags.includes('ended') || states.some((state) => state.startsWith('active.'));
}

/** Authorizing, or waiting for the payment before the goods go back. */
function isUnderWay(state: string): boolean {
  return state === 'authorizing' || state === 'ending.settling';
}

function fulfillmentsOf({ context }: ActorView): string[] {
  const known = context['fulfillments'] as { id: string }[];
  return known.map(({ id }) => `fulfillments/${id}`);
}

async function payOtherwise(client: Client, order: string): Promise<void> {
  if (client.random.chance(0.3)) return cancel(client, order);
  await client.send({ actor: order, name: 'pay', body: { method: 'ok' } }, { keyed: true });
}

async function cancel(client: Client, order: string): Promise<void> {
  await take(client, { actor: order, name: 'cancel', body: { reason: 'changed my mind' } });
}

async function holdForAWhile(client: Client, order: string, fulfillment: string): Promise<void> {
  const { random } = client;
  const handle = 'fraud';
  const keyed = random.chance(0.5);
  await client.send({ actor: order, name: 'hold', body: { handle, reason: 'looks odd' } }, { keyed });
  if ((await client.look(fulfillment)) !== undefined) {
    await client.send({ actor: fulfillment, name: 'start-pick' }, { keyed: random.chance(0.5) });
  }
  // In doubt it may be held or not, and may yet become it: released under a key until it certainly is not.
  await client.send({ actor: order, name: 'hold', body: { handle, reason: 'looks odd' } }, { keyed: true });
  await client.send({ actor: order, name: 'release', body: { handle } }, { keyed: true });
}

interface Shipping {
  readonly order: string;
  readonly fulfillment: string;
  readonly cancelBefore: readonly string[];
}

async function ship(client: Client, shipping: Shipping): Promise<void> {
  const moments = new Set(shipping.cancelBefore);
  for (let view: ActorView | undefined; ;) {
    view ??= await appeared(client, shipping.fulfillment);
    const progress = progressOf(view);
    if (isOver(progress)) return;
    if (progress === 'progress.completed.handedOver') return deliver(client, view);
    const step = steps[progress];
    const moment = progress === 'progress.labelling' ? 'label' : (step ?? '');
    view = await goOn(client, shipping, { view, step, isCrossed: moments.delete(moment) });
  }
}

interface Moment {
  readonly view: ActorView;
  /** Undefined: others are at it. */
  readonly step: string | undefined;
  /** The customer changes their mind now. */
  readonly isCrossed: boolean;
}

/** One thing more; the view after it, where that is known. */
async function goOn(
  client: Client,
  { order, fulfillment }: Shipping,
  { view, step, isCrossed }: Moment,
): Promise<ActorView | undefined> {
  if (view.states.includes('hold.held')) return releaseAgain(client, order);
  if (step === undefined) {
    if (isCrossed) await cancel(client, order);
    await client.pause();
    return undefined;
  }
  if (isCrossed) {
    // At the same time as a step of the warehouse.
    await Promise.all([take(client, stepOf(view, step)), cancel(client, order)]);
    return undefined;
  }
  if (!client.random.chance(0.08)) return take(client, stepOf(view, step));
  const name = client.random.pick(['start-pack', 'hand-over', 'start-pick']);
  return take(client, { actor: fulfillment, name });
}

/** Nothing more becomes of it. */
function isOver(progress: string): boolean {
  return (
    progress === 'progress.stopped' ||
    (progress.startsWith('progress.completed.') && !progress.endsWith('.handedOver'))
  );
}

function stepOf(view: ActorView, name: string): { actor: string; name: string; body: unknown } {
  const body = name === 'finish-pick' ? { lines: linesOf(view) } : {};
  return { actor: `fulfillments/${view.id}`, name, body };
}

/** The view after it; undefined if it was not applied, or nobody knows. */
async function take(client: Client, command: Parameters<Client['send']>[0]): Promise<ActorView | undefined> {
  return (await client.send(command, { keyed: client.random.chance(0.5) })).view;
}

/** A hold that was in doubt may have come after its release. */
async function releaseAgain(client: Client, order: string): Promise<undefined> {
  const view = await client.look(order);
  if (view?.states.includes('active.hold.held') === true) {
    await client.send({ actor: order, name: 'release', body: { handle: 'fraud' } }, { keyed: true });
  }
  await client.pause();
  return undefined;
}

/** The order has asked for it: it is on its way. */
async function appeared(client: Client, fulfillment: string): Promise<ActorView> {
  for (;;) {
    const view = await client.look(fulfillment);
    if (view !== undefined) return view;
    await client.pause();
  }
}

/** How a carrier may have seen a parcel. */
const ways = (random: SeededRandom): string[] =>
  random.pick([['delivered'], ['delivered', 'delivered'], ['inTransit', 'outForDelivery', 'delivered']]);
/** After so many looks the carrier tells it again: what it told may be lost with the process that it told. */
const looksMax = 40;

/** The carrier scans the parcel until it is known to be with the customer. */
async function deliver(client: Client, { id, context }: ActorView): Promise<void> {
  const way = ways(client.random);
  for (let looks = 0; ; looks++) {
    if (looks % looksMax === 0) await scan(client, `shipments/${String(context['shipmentId'])}`, way);
    if (isOver(progressOf(await appeared(client, `fulfillments/${id}`)))) return;
    await client.pause();
  }
}

async function scan(client: Client, shipment: string, way: readonly string[]): Promise<void> {
  // Read each time: a store that came back older may not show the number yet.
  const trackingNumber = (await client.look(shipment))?.context['trackingNumber'];
  if (typeof trackingNumber !== 'string') return;
  for (const status of way) {
    const seen = { trackingNumber, status };
    while (!(await client.outside('/sandbox/carriers/sandbox/scan', seen))) await client.pause();
  }
}

function progressOf({ states }: ActorView): string {
  return states.find((state) => state.startsWith('progress.')) ?? '';
}

function linesOf({ context }: ActorView): { lineId: string; quantity: number }[] {
  const lines = context['lines'] as { lineId: string; assigned: number }[];
  return lines.map(({ lineId, assigned }) => ({ lineId, quantity: assigned }));
}
