/** All that the actors of a scenario know in the end, without what depends on when something came. */
import type { Seen, Shop } from './shop.ts';

export async function snapshotsOf(
  shop: Shop,
  warehouses: readonly string[],
): Promise<Record<string, unknown>> {
  const order = await shop.get(shop.order());
  const { fulfillments = [], payments = [] } = order?.context ?? {};
  const shipments = fulfillments.map(({ shipmentId }) => shipmentId ?? '');
  const paths = [
    shop.order(),
    ...fulfillments.map(({ id }) => `/fulfillments/${id}`),
    ...payments.map(({ id }) => `/payments/${id}`),
    ...shipments.map((id) => `/shipments/${id}`),
    ...warehouses.flatMap((name) => [`/warehouses/${shop.id(name)}`]),
    ...['A', 'B'].flatMap((sku) => warehouses.map((name) => shop.stock(name, sku))),
  ];
  const seen = await Promise.all(paths.map(async (path) => [path, await shop.get(path)] as const));
  const numbers = await Promise.all(
    seen
      .filter(([path]) => path.startsWith('/shipments/'))
      .map(([, shipment]) => `/tracking-numbers/sandbox~${String(shipment?.context['trackingNumber'])}`)
      .map(async (path) => [path, await shop.get(path)] as const),
  );
  const found = [...seen, ...numbers].filter(([, each]) => each !== undefined);
  return Object.fromEntries(found.map(([path, each]) => [path, lasting(each as Seen)]));
}

/** How often a webhook came is what differs where everything comes twice, or its sender was killed. */
function lasting({ state, context }: Seen): unknown {
  const { webhooks: _webhooks, repeated: _repeated, ...rest } = context;
  return { state, context: rest };
}
