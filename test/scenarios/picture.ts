/** How an order has ended, seen from all sides: its own books, the shelves, the gateway, the carrier. */
import type { Fields, Ledger, Seen, Shop } from './shop.ts';

export interface Where {
  /** Stock items to look at: `W1~A`. */
  readonly stock: readonly string[];
  readonly warehouses?: readonly string[];
}

export interface Picture {
  /** All that it is in, less `active.`, and without what is `none`, `clear` or `supplied`. */
  readonly order: string;
  /** Minor units: total, captured, refunded. */
  readonly money: readonly [number, number, number];
  /** Of each line what is not 0. */
  readonly lines: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly incidents: readonly string[];
  /** Warehouse and state. */
  readonly fulfillments: Readonly<Record<string, string>>;
  readonly payments: Readonly<Record<string, string>>;
  /** Number (`manual` if a person typed it), transport, and bookings that are still to be voided. */
  readonly parcels: Readonly<Record<string, readonly [string, string, number]>>;
  /** On hand, reserved, waiting. */
  readonly stock: Readonly<Record<string, readonly [number, number, number]>>;
  readonly slots: Readonly<Record<string, number>>;
  /** At the gateway: state, captures, captured, refunded. */
  readonly authorizations: Readonly<Record<string, readonly [string, number, number, number]>>;
  /** At the gateway, by key: what became of it. */
  readonly keys: Readonly<Record<string, string>>;
  /** At the carrier, by booking. */
  readonly labels: Readonly<Record<string, 'live' | 'void'>>;
  /** How often gateway and carrier were asked for what; only where no process was killed. */
  readonly calls?: Readonly<Record<string, number>>;
}

export function pictureOf(where: Where): (shop: Shop) => Promise<Picture | undefined> {
  return async (shop) => {
    const order = await shop.get(shop.order());
    if (order === undefined) return undefined;
    const ledger = outsideOf(await shop.ledger(), shop.id('o'));
    const { context } = order;
    const { total, captured, refunded } = context as unknown as Record<
      'total' | 'captured' | 'refunded',
      number
    >;
    const picture: Picture = {
      order: told(order, /^(active\.)?/, /none$|clear$|supplied$/),
      money: [total, captured, refunded],
      lines: Object.fromEntries(context.lines.map((line) => [line.lineId, quantitiesOf(line)])),
      incidents: context.incidents,
      fulfillments: await parts(
        shop,
        'fulfillments',
        context.fulfillments,
        (seen) => `${String(seen.context['warehouse'])} ${told(seen, /^progress\./, /clear$/)}`,
      ),
      payments: await parts(shop, 'payments', context.payments, (seen) =>
        told(seen, /^authorization\./, /^gateway\.idle$/),
      ),
      parcels: await parts(shop, 'shipments', shipmentsOf(context), parcelOf),
      stock: await each(where.stock, async (item) => {
        const [warehouse = '', sku = ''] = item.split('~');
        const context = (await shop.get(shop.stock(warehouse, sku)))?.context;
        const quantities = ['onHand', 'reserved', 'waiting'].map((field) => Number(context?.[field]));
        return quantities as unknown as readonly [number, number, number];
      }),
      slots: await each(where.warehouses ?? ['W1'], async (name) =>
        Number((await shop.get(`/warehouses/${shop.id(name)}`))?.context['used']),
      ),
      ...ledger.effects,
      ...(shop.isKilled ? {} : { calls: ledger.calls }),
    };
    return shop.plain(picture);
  };
}

/** States in words, shortened. */
function told({ states }: Seen, prefix: RegExp, usual: RegExp): string {
  return states
    .map((state) => state.replace(prefix, ''))
    .filter((state) => !usual.test(state))
    .join(' ');
}

const kinds = ['cancelled', 'allocated', 'short', 'backordered', 'shipped', 'unplaced', 'delivered'];

function quantitiesOf(line: Fields['lines'][number]): Record<string, number> {
  return Object.fromEntries(
    kinds.map((kind) => [kind, line[kind] ?? 0] as const).filter(([, quantity]) => quantity !== 0),
  );
}

function shipmentsOf({ fulfillments }: Fields): { id: string }[] {
  return fulfillments.flatMap(({ shipmentId }) => (shipmentId === null ? [] : [{ id: shipmentId }]));
}

function parcelOf({ states, context }: Seen): [string, string, number] {
  const number = String(context['trackingNumber']);
  const transport = states.find((state) => state.startsWith('transport.')) ?? '';
  return [
    number.startsWith('SB') ? 'sandbox' : number,
    transport.slice('transport.'.length),
    context.surplus.length,
  ];
}

async function parts<Value>(
  shop: Shop,
  plural: string,
  ...[given, tell]: [readonly { readonly id: string }[], (seen: Seen) => Value]
): Promise<Record<string, Value>> {
  const entries: [string, Value][] = [];
  for (const { id } of given) {
    const seen = await shop.get(`/${plural}/${encodeURIComponent(id)}`);
    if (seen !== undefined) entries.push([id, tell(seen)]);
  }
  return Object.fromEntries(entries);
}

async function each<Value>(
  names: readonly string[],
  look: (name: string) => Promise<Value>,
): Promise<Record<string, Value>> {
  const entries: [string, Value][] = [];
  for (const name of names) entries.push([name, await look(name)]);
  return Object.fromEntries(entries);
}

type Effects = Pick<Picture, 'authorizations' | 'keys' | 'labels'>;

function outsideOf(
  { payments, carriers }: Ledger,
  order: string,
): { effects: Effects; calls: Record<string, number> } {
  const authorizations = payments.authorizations.filter(({ orderId }) => orderId === order);
  const operations = payments.operations.filter(({ orderId }) => orderId === order);
  const labels = carriers.sandbox.labels.filter(({ booking }) => booking.startsWith(`${order}~`));
  return {
    effects: {
      authorizations: Object.fromEntries(
        authorizations.map(({ paymentId, state, captures, captured, refunded }) => [
          paymentId,
          [state, captures, captured, refunded] as const,
        ]),
      ),
      keys: Object.fromEntries(operations.map(({ key, result }) => [key, result?.outcome ?? 'nothing'])),
      labels: Object.fromEntries(
        labels.map(({ booking, isVoid }) => [booking, isVoid ? ('void' as const) : ('live' as const)]),
      ),
    },
    calls: Object.fromEntries([
      ...operations.map(({ key, calls }) => [key, calls] as const),
      ...labels.map(({ booking, calls }) => [booking, calls] as const),
    ]),
  };
}
