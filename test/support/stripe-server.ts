/** As much of Stripe’s API as the gateway uses, with state, and webhooks signed the way Stripe signs them. */
import { createHmac } from 'node:crypto';
import type { Context, Hono } from 'hono';
import { startProvider, type ProviderEnv, type ProviderServer } from './provider-server.ts';

export const stripeKey = 'sk_test_waybill';
export const stripeSecret = 'whsec_waybill';

export interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  amount: number;
  amount_received: number;
  currency: string;
  status: string;
  metadata: Record<string, string>;
  payment_method: string | null;
  cancellation_reason: string | null;
  next_action: object | null;
  last_payment_error: object | null;
}

export interface Refund {
  readonly id: string;
  readonly object: 'refund';
  readonly payment_intent: string;
  readonly amount: number;
  readonly currency: string;
  status: string;
  failure_reason: string | null;
  readonly metadata: Record<string, string>;
}

export interface StripeServer extends ProviderServer {
  readonly intents: ReadonlyMap<string, Intent>;
  readonly refunds: ReadonlyMap<string, Refund>;
  /** Forms as they came, by path. */
  readonly forms: readonly { readonly path: string; readonly form: URLSearchParams }[];
  /** The search sees only what there was then. */
  indexNow(): void;
  /** What a refund becomes at first; `succeeded` unless set. */
  refundsBecome(status: string): void;
}

interface State {
  readonly intents: Map<string, Intent>;
  readonly refunds: Map<string, Refund>;
  readonly answers: Map<
    string,
    { readonly fingerprint: string; readonly status: 200 | 400 | 402; readonly body: object }
  >;
  readonly forms: { path: string; form: URLSearchParams }[];
  indexed: readonly string[];
  refundStatus: string;
  made: number;
}

type Answer = { status: 200 | 400 | 402; body: object };

export async function startStripe(): Promise<StripeServer> {
  const state: State = {
    intents: new Map(),
    refunds: new Map(),
    answers: new Map(),
    forms: [],
    indexed: [],
    refundStatus: 'succeeded',
    made: 0,
  };
  const server = await startProvider(
    (app) => addRoutes(app, state),
    (status) => ({ error: { type: status === 429 ? 'rate_limit_error' : 'api_error', message: 'not now' } }),
  );
  return {
    ...server,
    intents: state.intents,
    refunds: state.refunds,
    forms: state.forms,
    indexNow: () => void (state.indexed = [...state.intents.keys()]),
    refundsBecome: (status) => void (state.refundStatus = status),
  };
}

/** A webhook as Stripe sends it: the body, and its `stripe-signature`. */
export function stripeEvent(
  type: string,
  object: object,
  { secret = stripeSecret, atMs = 0, id = 'evt_1' } = {},
): { body: Uint8Array; signature: string } {
  const text = JSON.stringify({ id, object: 'event', type, data: { object } });
  const t = Math.floor(atMs / 1_000);
  const v1 = createHmac('sha256', secret).update(`${t}.${text}`).digest('hex');
  return { body: Buffer.from(text), signature: `t=${t},v1=${v1}` };
}

function addRoutes(app: Hono<ProviderEnv>, state: State): void {
  app.use(async (context, next) => {
    if (context.req.header('authorization') === `Bearer ${stripeKey}`) return next();
    return context.json(
      { error: { type: 'invalid_request_error', message: 'Invalid API Key provided' } },
      401,
    );
  });
  const change = (act: (form: URLSearchParams, id: string) => Answer) => (context: Context<ProviderEnv>) =>
    once(state, context, act);
  app.post(
    '/v1/payment_intents',
    change((form) => createIntent(state, form)),
  );
  app.get('/v1/payment_intents/search', (context) =>
    context.json(search(state, context.req.query('query') ?? '')),
  );
  app.get('/v1/payment_intents/:id', (context) => {
    const intent = state.intents.get(context.req.param('id'));
    return intent === undefined ? context.json(missing('intent').body, 404) : context.json(intent);
  });
  app.post(
    '/v1/payment_intents/:id',
    change((form, id) => updateIntent(state, form, id)),
  );
  app.post(
    '/v1/payment_intents/:id/capture',
    change((form, id) => capture(state, form, id)),
  );
  app.post(
    '/v1/payment_intents/:id/cancel',
    change((_, id) => cancel(state, id)),
  );
  app.post(
    '/v1/refunds',
    change((form) => refund(state, form)),
  );
  app.get('/v1/refunds', (context) => {
    const of = context.req.query('payment_intent');
    return context.json(list([...state.refunds.values()].filter((one) => one.payment_intent === of)));
  });
}

/** The same key gives the same answer; with other parameters it is an error. */
async function once(
  state: State,
  context: Context<ProviderEnv>,
  act: (form: URLSearchParams, id: string) => Answer,
): Promise<Response> {
  const text = await context.req.text();
  const key = context.req.header('idempotency-key') ?? '';
  const fingerprint = `${context.req.path}?${text}`;
  const known = state.answers.get(key);
  if (known !== undefined && known.fingerprint !== fingerprint) {
    return context.json(
      { error: { type: 'idempotency_error', message: 'Keys for idempotent requests …' } },
      400,
    );
  }
  if (known !== undefined) return context.json(known.body, known.status);
  const form = new URLSearchParams(text);
  state.forms.push({ path: context.req.path, form });
  const answer = act(form, context.req.param('id') ?? '');
  const kept = { ...answer, body: structuredClone(answer.body), fingerprint };
  state.answers.set(key, kept);
  return context.json(kept.body, kept.status);
}

function createIntent(state: State, form: URLSearchParams): Answer {
  const method = form.get('payment_method') ?? '';
  const statuses: Readonly<Record<string, string>> = {
    pm_ok: 'requires_capture',
    pm_declined: 'requires_payment_method',
    pm_action: 'requires_action',
    pm_processing: 'processing',
  };
  const status = statuses[method];
  if (status === undefined) return missing('payment_method');
  const back = form.get('return_url');
  const declined = {
    type: 'card_error',
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'No money.',
  };
  const intent: Intent = {
    id: `pi_${++state.made}`,
    object: 'payment_intent',
    amount: Number(form.get('amount')),
    amount_received: 0,
    currency: form.get('currency') ?? '',
    status,
    metadata: metadataOf(form),
    payment_method: method,
    cancellation_reason: null,
    next_action: method === 'pm_action' ? actionFor(back) : null,
    last_payment_error: method === 'pm_declined' ? declined : null,
  };
  state.intents.set(intent.id, intent);
  if (method !== 'pm_declined') return { status: 200, body: intent };
  return { status: 402, body: { error: { ...declined, payment_intent: intent } } };
}

function actionFor(back: string | null): object {
  if (back === null) return { type: 'use_stripe_sdk', use_stripe_sdk: {} };
  return {
    type: 'redirect_to_url',
    redirect_to_url: { url: 'https://bank.example/confirm', return_url: back },
  };
}

function updateIntent(state: State, form: URLSearchParams, id: string): Answer {
  const intent = state.intents.get(id);
  if (intent === undefined) return missing('intent');
  Object.assign(intent.metadata, metadataOf(form));
  return { status: 200, body: intent };
}

function capture(state: State, form: URLSearchParams, id: string): Answer {
  const intent = state.intents.get(id);
  if (intent === undefined) return missing('intent');
  if (intent.status !== 'requires_capture') return unexpected(intent);
  const amount = Number(form.get('amount_to_capture'));
  if (amount > intent.amount - intent.amount_received) {
    return refused('amount_too_large', 'The amount is greater than what is authorized.');
  }
  intent.amount_received += amount;
  Object.assign(intent.metadata, metadataOf(form));
  if (form.get('final_capture') !== 'false') intent.status = 'succeeded';
  return { status: 200, body: intent };
}

function cancel(state: State, id: string): Answer {
  const intent = state.intents.get(id);
  if (intent === undefined) return missing('intent');
  if (intent.status === 'canceled' || intent.status === 'succeeded' || intent.status === 'processing') {
    return unexpected(intent);
  }
  intent.status = 'canceled';
  return { status: 200, body: intent };
}

function refund(state: State, form: URLSearchParams): Answer {
  const intent = state.intents.get(form.get('payment_intent') ?? '');
  if (intent === undefined) return missing('intent');
  const amount = Number(form.get('amount'));
  const before = [...state.refunds.values()].filter((one) => one.payment_intent === intent.id);
  const left = before.reduce((sum, one) => sum - one.amount, intent.amount_received);
  if (amount > left) return refused('amount_too_large', 'Refund amount is greater than unrefunded amount.');
  const made: Refund = {
    id: `re_${++state.made}`,
    object: 'refund',
    payment_intent: intent.id,
    amount,
    currency: intent.currency,
    status: state.refundStatus,
    failure_reason: state.refundStatus === 'failed' ? 'expired_or_canceled_card' : null,
    metadata: metadataOf(form),
  };
  state.refunds.set(made.id, made);
  return { status: 200, body: made };
}

function search(state: State, query: string): object {
  const wanted = /^metadata\['(\w+)'\]:'([^']*)'$/.exec(query);
  const found = state.indexed.flatMap((id) => {
    const intent = state.intents.get(id);
    return intent !== undefined && intent.metadata[wanted?.[1] ?? ''] === wanted?.[2] ? [intent] : [];
  });
  return { ...list(found), object: 'search_result' };
}

function list(data: readonly object[]): object {
  return { object: 'list', data, has_more: false, url: '/' };
}

function metadataOf(form: URLSearchParams): Record<string, string> {
  return Object.fromEntries(
    [...form].flatMap(([name, value]) => {
      const inner = /^metadata\[(\w+)\]$/.exec(name)?.[1];
      return inner === undefined ? [] : [[inner, value]];
    }),
  );
}

function missing(param: string): Answer {
  const message = `No such ${param}`;
  return {
    status: 400,
    body: { error: { type: 'invalid_request_error', code: 'resource_missing', param, message } },
  };
}

function refused(code: string, message: string): Answer {
  return { status: 400, body: { error: { type: 'invalid_request_error', code, message } } };
}

function unexpected(intent: Intent): Answer {
  const error = {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `This PaymentIntent has the status ${intent.status}.`,
    payment_intent: intent,
  };
  return { status: 400, body: { error } };
}
