/** How the orders of the demo have ended: what the order says, what the gateway saw, what is left on the shelves. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../shop/calls.ts';
import { fulfillmentsOf, isIn, money, numberIn, viewOf, type View } from '../shop/views.ts';
import type { End, Scene } from './fates.ts';
import type { Row } from './page.ts';

const lookMs = 50;
const withinMs = 15_000;
const finals = ['completed', 'cancelled', 'refunded', 'rejected', 'expired'];

export async function endsOf(call: Call, scene: Scene, hasFailed: boolean): Promise<readonly Row[]> {
  const orders = await Promise.all(scene.orders.map(({ id }) => ended(call, id)));
  const left = await leftOf(call, scene);
  const meant = scene.ends.map(textOf);
  const rows: Row[] = [];
  for (const order of orders) {
    const end = { ...endOf(order), ...(await paidFor(call, order)), left };
    const at = meant.indexOf(textOf(end));
    if (at >= 0) meant.splice(at, 1);
    const isWrong = at < 0 || hasFailed;
    rows.push({ isWrong, cells: cellsOf(end, { order, scene, isWrong }) });
  }
  return rows;
}

/** As it is when the time is up, where it does not end. */
async function ended(call: Call, id: string): Promise<View> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const view = viewOf(await call({ method: 'GET', path: `/orders/${id}` }));
    const isEnded = view !== undefined && finals.some((state) => isIn(view, state));
    if (isEnded || performance.now() > giveUpAt)
      return view ?? { id, status: 'error', states: ['missing'], context: {} };
    await delay(lookMs);
  }
}

function endOf(order: View): Pick<End, 'state' | 'parcels'> {
  const parcels = fulfillmentsOf(order).filter(({ state }) => state !== 'open' && state !== 'stopped');
  return { state: (order.states[0] ?? '') as End['state'], parcels: parcels.length };
}

/** What the gateway has taken and given back, by its own ledger; NaN where the order says otherwise. */
async function paidFor(call: Call, order: View): Promise<Pick<End, 'captured' | 'refunded'>> {
  const { body } = await call({ method: 'GET', path: '/sandbox/ledger' });
  const { authorizations } = body['payments'] as { authorizations: Authorization[] };
  const own = authorizations.filter(({ orderId }) => orderId === order.id);
  const sum = (name: 'captured' | 'refunded'): number => {
    const total = own.reduce((so, one) => so + one[name], 0);
    return total === numberIn(order, name) ? total : NaN;
  };
  return { captured: sum('captured'), refunded: sum('refunded') };
}

interface Authorization {
  readonly orderId: string;
  readonly captured: number;
  readonly refunded: number;
}

/** What nobody has reserved. */
async function leftOf(call: Call, { shelves }: Scene): Promise<number> {
  let left = 0;
  for (const { stockItem } of shelves) {
    const view = viewOf(await call({ method: 'GET', path: `/stock-items/${stockItem}` }));
    left += view === undefined ? NaN : numberIn(view, 'available');
  }
  return left;
}

interface About {
  readonly order: View;
  readonly scene: Scene;
  readonly isWrong: boolean;
}

function cellsOf(end: End, { order, scene, isWrong }: About): Row['cells'] {
  const { state, captured, refunded, parcels, left } = end;
  return {
    order: order.id,
    fate: scene.fate,
    state,
    captured: money(captured),
    refunded: money(refunded),
    parcels: String(parcels),
    left: String(left),
    ...(isWrong ? { meant: scene.ends.map(textOf).join(' or ') } : {}),
  };
}

function textOf({ state, captured, refunded, parcels, left }: End): string {
  return `${state}, ${money(captured)}, ${money(refunded)}, ${parcels}, ${left}`;
}
