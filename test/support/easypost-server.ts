/** As much of EasyPost’s API as the carrier uses, with state, and webhooks signed the way EasyPost signs them. */
import { createHmac } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { startProvider, type ProviderEnv, type ProviderServer } from './provider-server.ts';

export const easyPostKey = 'EZTKwaybill';
export const easyPostSecret = 'a-secret-for-easypost';

const asked = z.object({
  shipment: z.looseObject({
    reference: z.string(),
    to_address: z.looseObject({ zip: z.string() }),
    parcel: z.looseObject({ weight: z.number() }),
  }),
});
type Asked = z.output<typeof asked>['shipment'];

export interface Shipment {
  readonly id: string;
  readonly object: 'Shipment';
  readonly reference: string;
  readonly asked: Asked;
  readonly rates: readonly { id: string; carrier: string; service: string; rate: string }[];
  readonly messages: readonly { carrier: string; message: string }[];
  tracking_code: string | null;
  postage_label: { label_url: string } | null;
  tracker: { carrier: string } | null;
  selected_rate: { carrier: string } | null;
  refund_status: string | null;
}

export interface EasyPostServer extends ProviderServer {
  readonly shipments: readonly Shipment[];
  /** Bought and not given back. */
  live(): readonly Shipment[];
  /** What a carrier says to a refund; `submitted` unless set. */
  refundsBecome(status: string): void;
}

interface State {
  readonly shipments: Shipment[];
  refundStatus: string;
}

export async function startEasyPost(): Promise<EasyPostServer> {
  const state: State = { shipments: [], refundStatus: 'submitted' };
  const server = await startProvider(
    (app) => addRoutes(app, state),
    () => ({ error: { code: 'INTERNAL', message: 'not now' } }),
  );
  return {
    ...server,
    url: `${server.url}/v2/`,
    shipments: state.shipments,
    live: () => state.shipments.filter((one) => one.postage_label !== null && one.refund_status === null),
    refundsBecome: (status) => void (state.refundStatus = status),
  };
}

/** A webhook as EasyPost sends it: the body, and its `x-hmac-signature`. */
export function easyPostEvent(
  result: object,
  { secret = easyPostSecret, description = 'tracker.updated', id = 'evt_1' } = {},
): { body: Uint8Array; signature: string } {
  const text = JSON.stringify({ id, object: 'Event', description, result });
  const digest = createHmac('sha256', secret.normalize('NFKD')).update(text).digest('hex');
  return { body: Buffer.from(text), signature: `hmac-sha256-hex=${digest}` };
}

function addRoutes(app: Hono<ProviderEnv>, state: State): void {
  app.use(async (context, next) => {
    const expected = `Basic ${Buffer.from(`${easyPostKey}:`).toString('base64')}`;
    if (context.req.header('authorization') === expected) return next();
    return error(context, 401, { code: 'APIKEY.INACTIVE', message: 'This api key is not active.' });
  });
  app.post('/v2/shipments', async (context) => {
    const { shipment } = asked.parse(await context.req.json());
    if (shipment.to_address.zip === '00000') {
      return error(context, 422, { code: 'ADDRESS.VERIFY.FAILURE', message: 'Address not found' });
    }
    const made = newShipment(shipment, state.shipments.length + 1);
    state.shipments.push(made);
    return context.json(made, 201);
  });
  // References are not unique: any of them may be found.
  app.get('/v2/shipments/:id', (context) => answer(context, find(state, context.req.param('id'))));
  app.post('/v2/shipments/:id/buy', (context) => {
    const shipment = find(state, context.req.param('id'));
    if (shipment?.postage_label) {
      return error(context, 422, { code: 'SHIPMENT.POSTAGE.EXISTS', message: 'Postage already exists.' });
    }
    if (shipment !== undefined) buy(shipment);
    return answer(context, shipment);
  });
  app.post('/v2/shipments/:id/refund', (context) => {
    const shipment = find(state, context.req.param('id'));
    if (shipment !== undefined) shipment.refund_status = state.refundStatus;
    return answer(context, shipment);
  });
}

function newShipment(given: Asked, number: number): Shipment {
  const deliverable = given.to_address.zip !== '99999';
  const rate = (id: string, service: string, price: string) => ({
    ...{ id: `rate_${number}${id}`, carrier: 'USPS', service, rate: price },
  });
  return {
    id: `shp_${number}`,
    object: 'Shipment',
    reference: given.reference,
    asked: given,
    rates: deliverable
      ? [rate('a', 'Express', '31.00'), rate('b', 'Priority', '9.50'), rate('c', 'First', '10.00')]
      : [],
    messages: deliverable ? [] : [{ carrier: 'USPS', message: 'does not deliver there' }],
    tracking_code: null,
    postage_label: null,
    tracker: null,
    selected_rate: null,
    refund_status: null,
  };
}

function buy(shipment: Shipment): void {
  shipment.tracking_code = `9400 1000 ${shipment.id.slice(4).padStart(4, '0')}`;
  shipment.postage_label = { label_url: `https://labels.example/${shipment.id}.png` };
  shipment.tracker = { carrier: 'USPS' };
  shipment.selected_rate = { carrier: 'USPS' };
}

function find(state: State, idOrReference: string): Shipment | undefined {
  return state.shipments.find(({ id, reference }) => id === idOrReference || reference === idOrReference);
}

function answer(context: Context<ProviderEnv>, shipment: Shipment | undefined): Response {
  if (shipment !== undefined) return context.json(shipment);
  return error(context, 404, { code: 'NOT_FOUND', message: 'The requested resource could not be found.' });
}

function error(context: Context<ProviderEnv>, status: 401 | 404 | 422, told: object): Response {
  return context.json({ error: { ...told, errors: [] } }, status);
}
