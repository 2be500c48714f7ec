/** An order to look at. */
import type { App } from '../support/app.ts';
import { until } from '../support/until.ts';

export interface OrderView {
  readonly version: number;
  readonly states: readonly string[];
  readonly context: {
    readonly holds: readonly { handle: string; reason: string }[];
    readonly lines: readonly { lineId: string; cancelled: number }[];
  };
}

export async function orderOf(app: App, id: string): Promise<OrderView> {
  return (await (await app.get(`/orders/${id}`)).json()) as OrderView;
}

/** Looks in a row, some 100 ms: what others have still to tell an order follows at once. */
const quietLooks = 20;

/** Paid for, with its parcel planned, and nothing more to hear: a person sees the version that there is. */
export async function placeOrder(app: App, id: string, quantity = 1): Promise<string> {
  const shipTo = { name: 'Ada', line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' };
  const lines = [{ sku: 'TEAPOT', quantity, unitPrice: 3_900 }];
  const payment = { gateway: 'sandbox', method: 'ok' };
  await app.post('/orders', { id, customerId: 'ada', currency: 'EUR', shipTo, lines, payment });
  await until(async () => (await orderOf(app, id)).states.includes('active.execution.inFulfillment'));
  await becomesQuiet(app, id);
  return id;
}

/** Resolves with the version that it then has. */
export async function becomesQuiet(app: App, id: string): Promise<number> {
  let last = 0;
  let looks = 0;
  await until(async () => {
    const { version } = await orderOf(app, id);
    looks = version === last ? looks + 1 : 0;
    last = version;
    return looks >= quietLooks;
  });
  return last;
}
