/** How a payment reads what comes in: results of calls, webhooks, findings, and what its order asks for. */
import {
  inHand,
  operation,
  settled,
  withState,
  type LedgerEntry,
  type OperationKind,
  type PaymentContext,
  type Result,
} from './payment.books.ts';
import type { PaymentEvent } from './payment.events.ts';

/** What `carryOut` and `lookUp` are given. */
export interface GatewayCall {
  readonly gateway: string;
  readonly kind: OperationKind;
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
  readonly method: string;
  readonly customerId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly reference: string | null;
  /** It was carried out before, and nobody knows what became of that. */
  readonly isRepeated: boolean;
}

type Webhook = Extract<PaymentEvent, { type: 'payment.webhook' }>;
type Finding = Extract<PaymentEvent, { type: 'payment.settle' }>;
/** XState’s own events are not among those that a chart lists. */
type Any = { readonly type: string };

/** Of a call or a look-up; one without a key is about the operation in hand. */
export function result(payment: PaymentContext, event: Any): Result {
  const output = ('output' in event ? event.output : null) as Partial<Result> | null;
  const key = output?.key ?? inHand(payment)?.key ?? '';
  return { ...output, key, outcome: output?.outcome ?? 'unknown' };
}

/** Only an authorization can wait for the customer, and is told so once. */
export function asksCustomer(payment: PaymentContext, { key, outcome }: Result): boolean {
  const entry = payment.operations.find((each) => each.key === key);
  const isOpen = entry !== undefined && ['pending', 'calling', 'unknown'].includes(entry.state);
  return outcome === 'requiresAction' && isOpen && entry.kind === 'authorize';
}

export function withCustomer(payment: PaymentContext, { key, reference, url }: Result): PaymentContext {
  const known = { reference: reference ?? payment.reference, actionUrl: url ?? payment.actionUrl };
  return withState({ ...payment, ...known, stuck: '' }, key, 'requiresAction');
}

export function refusesVoid(payment: PaymentContext, { key, outcome }: Result): boolean {
  const entry = inHand(payment);
  return outcome === 'failed' && entry?.kind === 'void' && entry.key === key;
}

/** Whether a webhook is about one of our operations, and about the same money. */
export function fits(payment: PaymentContext, { key, kind, amount, currency }: Webhook): boolean {
  const entry = payment.operations.find((each) => each.key === key);
  return entry?.kind === kind && entry.amount === amount && payment.currency === currency;
}

/** A void that did not happen is carried out again; anything else ends as the person says. */
export function found(payment: PaymentContext, { outcome, reason }: Finding): PaymentContext {
  const entry = inHand(payment);
  if (entry === undefined) return payment;
  if (entry.kind === 'void' && outcome === 'failed') {
    return withState({ ...payment, stuck: '' }, entry.key, 'pending');
  }
  return settled(payment, { key: entry.key, outcome, reason });
}

/** The operation that the order asks for. */
export function asked(event: PaymentEvent): Pick<LedgerEntry, 'id' | 'kind' | 'amount'> {
  const id = operationId(event);
  const amount = 'amount' in event && id !== 'void' && id !== 'close' ? event.amount : 0;
  return { id, kind: kinds[event.type] ?? 'void', amount };
}

const kinds: Readonly<Record<string, OperationKind>> = {
  'payment.capture': 'capture',
  'payment.refund': 'refund',
};

/** Of what an order can ask for. */
export function operationId(event: PaymentEvent): string {
  if (event.type === 'payment.capture') return `cap:${event.fulfillmentId}`;
  if (event.type === 'payment.refund') return `refund:${event.refundId}`;
  return event.type === 'payment.close' ? 'close' : 'void';
}

/** All that a gateway needs to know of one operation. */
export function call(payment: PaymentContext, entry: LedgerEntry | undefined): GatewayCall {
  const { gateway, currency, method, customerId, orderId, id: paymentId, reference } = payment;
  const { kind, key, amount } = entry ?? operation(payment, 'auth') ?? nothing;
  const isRepeated = payment.lookUps > 0;
  return {
    ...{ gateway, kind, key, amount, currency, method, customerId, orderId, paymentId },
    ...{ reference, isRepeated },
  };
}

const nothing = { kind: 'authorize', key: '', amount: 0 } as const;
