/** One order's way from the customer's wish to the last parcel, as one client sees it. */
import type { ActorView, Client } from './traffic.ts';

const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };

/** The next step of a warehouse, by where the fulfillment is. */
const steps: Readonly<Record<string, string>> = {
  'progress.planned': 'start-pick',
  'progress.picking': 'finish-pick',
  'progress.picked': 'start-pack',
  'progress.packing': 'finish-pack',
  'progress.readyToShip': 'hand-over',
  'progress.completed.handedOver': 'deliver',
};

export async function drive(client: Client): Promise<void> {
  const { random } = client;
  const id = client.newOrder();
  const order = `orders/${id}`;
  const isDraft = random.chance(0.2);
  const isSplit = random.chance(0.3);
  await create(client, { id, isDraft, isSplit });
  if (isDraft) await place(client, order);
  if (random.chance(0.2)) await holdForAWhile(client, order);
  const cancelBefore = random.chance(0.25) ? random.pick(Object.values(steps)) : undefined;
  for (const number of isSplit ? [1, 2] : [1]) {
    await ship(client, { order, fulfillment: `fulfillments/${id}~f${number}`, cancelBefore });
  }
  if (random.chance(0.3)) await client.send({ actor: order, name: 'place' }, { keyed: random.chance(0.5) });
  client.delivered();
}

async function create(
  client: Client,
  { id, isDraft, isSplit }: { id: string; isDraft: boolean; isSplit: boolean },
): Promise<void> {
  const { random } = client;
  const line = (sku: string, warehouse: string) => ({ sku, quantity: 2, unitPrice: 500, warehouse });
  const lines = [line('TEAPOT', 'W1'), ...(isSplit ? [line('CUP', 'W2')] : [])];
  const body = {
    id,
    customerId: `customer-${random.below(3)}`,
    currency: 'EUR',
    shipTo,
    lines,
    draft: isDraft,
  };
  const to = { actor: `orders/${id}`, name: 'create', body };
  let { outcome } = await client.send(to, { keyed: random.chance(0.5) });
  // Whoever does not know may create it again: it exists once.
  while (outcome === 'doubt') ({ outcome } = await client.send(to, { keyed: true }));
  if (random.chance(0.1)) await client.send(to);
}

async function place(client: Client, order: string): Promise<void> {
  for (let view = await client.look(order); view?.states.includes('draft') === true;) {
    const { outcome, view: next } = await client.send(
      { actor: order, name: 'place' },
      { keyed: client.random.chance(0.5) },
    );
    view = outcome === 'applied' ? next : await client.look(order);
  }
}

async function holdForAWhile(client: Client, order: string): Promise<void> {
  const { random } = client;
  const handle = 'fraud';
  const keyed = random.chance(0.5);
  await client.send({ actor: order, name: 'hold', body: { handle, reason: 'looks odd' } }, { keyed });
  const fulfillment = order.replace('orders/', 'fulfillments/') + '~f1';
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
  readonly cancelBefore: string | undefined;
}

async function ship(client: Client, shipping: Shipping): Promise<void> {
  const { order, fulfillment, cancelBefore } = shipping;
  const crossed = new Set<string>();
  for (let view: ActorView | undefined; ;) {
    view ??= await appeared(client, order, fulfillment);
    const step = view && steps[progressOf(view)];
    if (view === undefined || step === undefined) return;
    const isCrossed = step === cancelBefore && !crossed.has(step);
    if (view.states.includes('hold.held')) {
      await releaseAgain(client, order);
      view = undefined;
    } else if (client.random.chance(0.08)) {
      const name = client.random.pick(['start-pack', 'hand-over', 'deliver']);
      view = await take(client, { actor: fulfillment, name });
    } else if (isCrossed) {
      // At the same time as a step of the warehouse.
      crossed.add(step);
      const cancelling = { actor: order, name: 'cancel', body: { reason: 'changed my mind' } };
      await Promise.all([take(client, stepOf(view, step)), take(client, cancelling)]);
      view = undefined;
    } else {
      view = await take(client, stepOf(view, step));
    }
  }
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
async function releaseAgain(client: Client, order: string): Promise<void> {
  const view = await client.look(order);
  if (view?.states.includes('active.hold.held') === true) {
    await client.send({ actor: order, name: 'release', body: { handle: 'fraud' } }, { keyed: true });
  }
  await client.pause();
}

/** The fulfillment, once there is one; undefined if there will be none. */
async function appeared(client: Client, order: string, fulfillment: string): Promise<ActorView | undefined> {
  for (;;) {
    const view = await client.look(fulfillment);
    if (view !== undefined) return view;
    const whole = await client.look(order);
    const known = (whole?.context['fulfillments'] ?? []) as { id: string }[];
    const isDone = whole?.status === 'done';
    if (isDone && !known.some(({ id }) => `fulfillments/${id}` === fulfillment)) return undefined;
    await client.pause();
  }
}

function progressOf({ states }: ActorView): string {
  return states.find((state) => state.startsWith('progress.')) ?? '';
}

function linesOf({ context }: ActorView): { lineId: string; quantity: number }[] {
  const lines = context['lines'] as { lineId: string; assigned: number }[];
  return lines.map(({ lineId, assigned }) => ({ lineId, quantity: assigned }));
}
