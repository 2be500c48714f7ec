/** Clients that all work on the same few orders at once: what one does is in the way of the others. */
import type { Client } from '../support/traffic.ts';

const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
const line = { sku: 'TEAPOT', quantity: 1, unitPrice: 500 };

export interface Contention {
  /** Commands that an order gets before the clients turn to a new one. */
  readonly commandsEach: number;
  /** Orders that are worked on at the same time. */
  readonly orders: number;
}

/** One step of one client: hand it to `startTraffic` as its work. */
export function contend({ commandsEach, orders }: Contention): (client: Client) => Promise<void> {
  const present: { id: string; left: number }[] = [];
  const opening = new Set<number>();

  async function open(client: Client, place: number): Promise<void> {
    if (opening.has(place)) return client.pause();
    opening.add(place);
    const id = client.newOrder();
    const body = { id, customerId: 'ada', currency: 'EUR', shipTo, lines: [line], draft: true };
    const to = { actor: `orders/${id}`, name: 'create', body };
    let { outcome } = await client.send(to, { keyed: client.random.chance(0.5) });
    // Whoever does not know may create it again: it exists once.
    while (outcome === 'doubt') ({ outcome } = await client.send(to, { keyed: true }));
    present[place] = { id, left: commandsEach };
    opening.delete(place);
  }

  return async (client) => {
    const { random } = client;
    const place = random.below(orders);
    const order = present[place];
    if (order === undefined || order.left <= 0) return open(client, place);
    order.left -= 1;
    const actor = `orders/${order.id}`;
    if (random.chance(0.25)) await client.look(actor);
    else await client.send({ actor, ...commandOf(client, order.left) }, { keyed: random.chance(0.5) });
  };
}

/** An order is a draft at first, then active; one in three is cancelled in the end. */
function commandOf({ random }: Client, left: number): { name: string; body: object } {
  const handle = random.pick(['fraud', 'address', 'customs']);
  const address = { ...shipTo, line1: `${random.below(1_000)} Way` };
  if (left < 3 && random.chance(0.3)) return { name: 'cancel', body: {} };
  if (random.chance(0.1)) return { name: 'place', body: {} };
  return random.pick([
    { name: 'hold', body: { handle, reason: 'looks odd' } },
    { name: 'release', body: { handle } },
    { name: 'change-address', body: { shipTo: address } },
  ]);
}
