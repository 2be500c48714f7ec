/** Full orders handed to the node without HTTP: what the runtime itself can do. */
import type { Address } from '../../runtime/address.ts';
import type { Principal } from '../../runtime/message.ts';
import type { Opened } from './open.ts';
import { changeOf, draftOf, fulfil, isDone, orderOf, receipt, skus, warehouse, type Desk } from './orders.ts';

const clerkRights: Principal = {
  subject: 'bench',
  roles: ['cs', 'admin', 'picker', 'packer'],
  warehouses: ['*'],
};

export interface TurnsMeasured {
  readonly ordersPerSecond: number;
  readonly turnsPerSecond: number;
  /** Of all actors: the order, its fulfillment, payment, parcel, and their share of warehouse, stock and routing. */
  readonly turnsEach: number;
  readonly turnsPerCommit: number;
}

export interface Work {
  readonly callers: number;
  readonly orders: number;
  readonly prefix: string;
  /** What they want: one of so many. */
  readonly skus: number;
}

export async function openShop(opened: Opened): Promise<void> {
  await ask(opened, {
    to: { kind: 'warehouse', id: 'W1' },
    command: 'create',
    body: warehouse,
  });
  for (const sku of skus) {
    const to = { kind: 'stockItem', id: `W1~${sku}` };
    await ask(opened, { to, command: 'receive', body: receipt });
  }
}

/** Drafts as over HTTP: each created, changed five times and cancelled. Resolves to commands a second. */
export async function runDrafts(opened: Opened, work: Omit<Work, 'skus'>): Promise<number> {
  let next = 0;
  let commands = 0;
  const send = async (id: string, command: string, body: object): Promise<void> => {
    commands += 1;
    await ask(opened, { to: { kind: 'order', id }, command, body });
  };
  const start = performance.now();
  await Promise.all(
    Array.from({ length: work.callers }, async () => {
      while (next < work.orders) {
        const id = `${work.prefix}${next++}`;
        await send(id, 'create', draftOf(id));
        for (let change = 1; change <= 5; change++) await send(id, 'change-address', changeOf(change));
        await send(id, 'cancel', {});
      }
    }),
  );
  return commands / ((performance.now() - start) / 1_000);
}

/** `callers` at once, `orders` in all. */
export async function runTurns(opened: Opened, work: Work): Promise<TurnsMeasured> {
  const { callers, orders, prefix } = work;
  const before = opened.counts();
  const desk = deskAt(opened, work);
  let next = 0;
  const take = (): string | undefined => (next < orders ? `${prefix}${next++}` : undefined);
  const start = performance.now();
  await Promise.all(Array.from({ length: callers }, () => fulfil(desk, take)));
  const seconds = (performance.now() - start) / 1_000;
  const after = opened.counts();
  const turns = after.turns - before.turns;
  return {
    ordersPerSecond: orders / seconds,
    turnsPerSecond: turns / seconds,
    turnsEach: turns / orders,
    turnsPerCommit: turns / (after.commits - before.commits),
  };
}

function deskAt(opened: Opened, { prefix, skus: among }: Work): Desk {
  const view = async (kind: string, id: string) => {
    const shown = await opened.node.reader.view({ kind, id }, clerkRights);
    if (shown === undefined || shown === 'forbidden') throw new Error(`there is no ${kind} ${id}`);
    return shown;
  };
  return {
    async create(id) {
      const sku = skus[Number(id.slice(prefix.length)) % among];
      await ask(opened, { to: { kind: 'order', id }, command: 'create', body: orderOf(id, sku) });
    },
    step: (id, command, body) => ask(opened, { to: { kind: 'fulfillment', id }, command, body }),
    async deliver(shipment) {
      const { context } = await view('shipment', shipment);
      const { trackingNumber } = context as { trackingNumber: string };
      const status = await opened.sandbox.carrier.scan({ trackingNumber, status: 'delivered' }).answered;
      if (status !== 200) throw new Error(`the scan of ${shipment} was answered ${status}`);
    },
    isDone: async (id) => isDone(await view('order', id)),
  };
}

/** False: refused, since it is too early for it. */
async function ask(
  { node }: Opened,
  given: { to: Address; command: string; body: object },
): Promise<boolean> {
  const { to, command, body } = given;
  const kind = node.registry.get(to.kind);
  const type = command === 'create' ? kind?.definition.create.event : kind?.commands.get(command);
  if (type === undefined) throw new Error(`no command ${command}`);
  const { id: _id, ...payload } = body as { readonly id?: string };
  const event = { ...payload, type };
  const reply = await node.caller.ask({ to, event, principal: clerkRights, waitMs: 10_000 });
  if (reply.reply !== 'answered') throw new Error(`${command}: ${reply.reply}`);
  const { head } = reply.answer;
  if (head.outcome === 'accepted') return true;
  if (head.outcome === 'refused' && ['not-found', 'unhandled'].includes(head.reason)) return false;
  throw new Error(`${command}: ${JSON.stringify(head)}`);
}
