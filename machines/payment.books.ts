/**
 * A payment's ledger: every operation that was asked of the gateway, and what became of it. All that the chart
 * shows is worked out from it. Operations are carried out one at a time, in the order of the ledger (rule 4).
 */
import type { operationKinds, PaymentInput } from './payment.events.ts';

export type OperationKind = (typeof operationKinds)[number];

export interface LedgerEntry {
  /** `auth`, `void`, `close`, `cap:{fulfillment}` or `refund:{n}`: asked for twice, entered once. */
  readonly id: string;
  readonly kind: OperationKind;
  /** Ours, and the gateway's key against doing it twice (rule 18). */
  readonly key: string;
  /** Minor units; 0 for a void. */
  readonly amount: number;
  /** `pending`: still in line. `requiresAction`: an authorization that waits for the customer. */
  readonly state: 'pending' | 'calling' | 'unknown' | 'requiresAction' | 'succeeded' | 'failed';
  readonly reason?: string;
  /** The order has not asked for it, and is told nothing. */
  readonly silent?: true;
}

export interface PaymentContext {
  readonly id: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly gateway: string;
  readonly method: string;
  /** What was to be authorized, in minor units. */
  readonly amount: number;
  readonly currency: string;
  /** One capture releases the rest of the authorization (rule 14). */
  readonly capturesOnce: boolean;
  readonly operations: readonly LedgerEntry[];
  /** The gateway's own id of the authorization. */
  readonly reference: string | null;
  /** Where the customer confirms, if the gateway said. */
  readonly actionUrl: string | null;
  /** Look-ups since the operation in hand became unknown. */
  readonly lookUps: number;
  /** Whether the operation in hand is young enough to be carried out again under its key. */
  readonly isRepeatable: boolean;
  /** Why a person has to look; empty: nobody has. */
  readonly stuck: string;
  readonly webhooks: {
    /** The last ones, oldest first. */
    readonly seen: readonly string[];
    readonly taken: number;
    readonly duplicates: number;
    /** About what was settled already. */
    readonly stale: number;
  };
}

/** How a payment learns what became of an operation: from a call, a look-up, a webhook, or a person. */
export interface Result {
  readonly key: string;
  readonly outcome: 'succeeded' | 'failed' | 'requiresAction' | 'unknown' | 'notFound';
  readonly reference?: string | undefined;
  readonly reason?: string | undefined;
  readonly url?: string | undefined;
}

/** Operations a payment can have; whatever would come after is refused. */
export const maxOperations = 500;
const maxSeen = 100;
const maxReason = 500;

/** The payload that creates a payment, and what its gateway can do. */
export type NewPayment = PaymentInput & { readonly capturesOnce: boolean };

export function newPayment({ input }: { input: NewPayment }): PaymentContext {
  const { id, orderId, customerId, gateway, method, amount, currency, capturesOnce } = input;
  return {
    ...{ id, orderId, customerId, gateway, method, amount, currency, capturesOnce },
    operations: [{ id: 'auth', kind: 'authorize', key: `${id}:auth`, amount, state: 'pending' }],
    ...{ reference: null, actionUrl: null, lookUps: 0, isRepeatable: true, stuck: '' },
    webhooks: { seen: [], taken: 0, duplicates: 0, stale: 0 },
  };
}

type Ledger = Pick<PaymentContext, 'amount' | 'capturesOnce' | 'operations'>;

export function operation({ operations }: Pick<Ledger, 'operations'>, id: string): LedgerEntry | undefined {
  return operations.find((entry) => entry.id === id);
}

export function isSettled({ state }: LedgerEntry): boolean {
  return state === 'succeeded' || state === 'failed';
}

/** The one that the gateway is at, or that is next; the customer's confirmation holds nothing up. */
export function inHand({ operations }: Pick<Ledger, 'operations'>): LedgerEntry | undefined {
  return operations.find(({ state }) => ['pending', 'calling', 'unknown'].includes(state));
}

export function waitsForCustomer(ledger: Ledger): boolean {
  return operation(ledger, 'auth')?.state === 'requiresAction';
}

export function isAuthorized(ledger: Ledger): boolean {
  return operation(ledger, 'auth')?.state === 'succeeded';
}

/** Nothing more is to be captured of it. */
export function isGivenUp({ operations }: Pick<Ledger, 'operations'>): boolean {
  return operations.some(({ kind }) => kind === 'void');
}

/** Minor units that the gateway has said yes to. */
export function done({ operations }: Pick<Ledger, 'operations'>, kind: OperationKind): number {
  return sum(operations, (entry) => entry.kind === kind && entry.state === 'succeeded');
}

/** Those, and what may still come to be. */
export function claimed({ operations }: Pick<Ledger, 'operations'>, kind: OperationKind): number {
  return sum(operations, (entry) => entry.kind === kind && entry.state !== 'failed');
}

function sum(operations: readonly LedgerEntry[], isCounted: (entry: LedgerEntry) => boolean): number {
  return operations.filter(isCounted).reduce((total, { amount }) => total + amount, 0);
}

/** Why this may not be captured; empty: it may. */
export function captureProblem(ledger: Ledger, amount: number): string {
  const captured = claimed(ledger, 'capture');
  if (!isAuthorized(ledger)) return 'the payment is not authorized';
  if (isGivenUp(ledger)) return 'the payment has been given up';
  if (ledger.capturesOnce && captured > 0) return 'the gateway captures no more than once';
  if (captured + amount > ledger.amount) return 'more than was authorized';
  return roomProblem(ledger);
}

/** Why this may not be refunded; empty: it may. */
export function refundProblem(ledger: Ledger, amount: number): string {
  if (claimed(ledger, 'refund') + amount > done(ledger, 'capture')) return 'more than was captured';
  return roomProblem(ledger);
}

function roomProblem({ operations }: Ledger): string {
  return operations.length < maxOperations ? '' : 'too many operations';
}

/** At the end of the line; one that is there already stays as it is, but the order waits for it now. */
export function entered(
  payment: PaymentContext,
  { id, kind, amount }: Pick<LedgerEntry, 'id' | 'kind' | 'amount'>,
): PaymentContext {
  const known = operation(payment, id);
  if (known !== undefined) {
    const { silent: _silent, ...asked } = known;
    return withEntry(payment, asked);
  }
  const entry: LedgerEntry = { id, kind, key: `${payment.id}:${id}`, amount, state: 'pending' };
  return withoutIdle({ ...payment, operations: [...payment.operations, entry] });
}

/** Whether this settles an operation that has not been settled yet. */
export function settles(payment: PaymentContext, { key, outcome }: Pick<Result, 'key' | 'outcome'>): boolean {
  const entry = payment.operations.find((each) => each.key === key);
  if (entry === undefined || isSettled(entry)) return false;
  // A void that was refused may leave something that can be captured: a person has to look.
  return outcome === 'succeeded' || (outcome === 'failed' && (entry.kind !== 'void' || isSpent(payment)));
}

/** Whether the gateway had given it back, and says now that it came to nothing, as banks do weeks later. */
export function isTakenBack(
  { operations }: PaymentContext,
  { key, outcome }: Pick<Result, 'key' | 'outcome'>,
): boolean {
  const entry = operations.find((each) => each.key === key);
  return entry?.kind === 'refund' && entry.state === 'succeeded' && outcome === 'failed';
}

export function takenBack(payment: PaymentContext, key: string): PaymentContext {
  const entry = payment.operations.find((each) => each.key === key);
  if (entry === undefined) return payment;
  return withEntry(payment, { ...entry, state: 'failed', reason: 'it had succeeded, and failed afterwards' });
}

/** The operation as the result says. */
export function settled(payment: PaymentContext, result: Result): PaymentContext {
  const { key, reason = 'no reason given' } = result;
  const entry = payment.operations.find((each) => each.key === key);
  if (entry === undefined || !settles(payment, result)) return payment;
  const outcome = entry.kind === 'void' ? 'succeeded' : result.outcome === 'failed' ? 'failed' : 'succeeded';
  const { reason: _reason, ...rest } = entry;
  const why = outcome === 'failed' ? { reason: reason.slice(0, maxReason) } : {};
  const isOurs = entry.kind === 'authorize' && outcome === 'succeeded';
  const reference = isOurs ? (result.reference ?? payment.reference) : payment.reference;
  const after = withEntry({ ...payment, reference, stuck: '' }, { ...rest, ...why, state: outcome });
  return withoutIdle(closedBy(entry, after));
}

/** An authorization that was still the customer's to confirm has ended with its void. */
function closedBy({ kind }: LedgerEntry, payment: PaymentContext): PaymentContext {
  const auth = operation(payment, 'auth');
  if (kind !== 'void' || auth?.state !== 'requiresAction') return payment;
  return withEntry(payment, { ...auth, state: 'failed', reason: 'given up before it was confirmed' });
}

/** Captures and refunds that are still in line have been settled by hand; what is set aside is still given up. */
export function dropped(payment: PaymentContext): PaymentContext {
  const operations = payment.operations.map((entry): LedgerEntry => {
    const isInLine = entry.state === 'pending' && (entry.kind === 'capture' || entry.kind === 'refund');
    return isInLine ? { ...entry, state: 'failed', reason: 'settled by hand', silent: true } : entry;
  });
  return withoutIdle({ ...payment, operations });
}

/** Voids with nothing left to void are settled without a call, once all before them are. */
function withoutIdle(payment: PaymentContext): PaymentContext {
  const next = payment.operations.find((entry) => !isSettled(entry));
  if (next?.kind !== 'void' || next.state !== 'pending' || !isSpent(payment)) return payment;
  return withoutIdle(withEntry(payment, { ...next, state: 'succeeded' }));
}

/** Nothing of it can be captured, now or later. */
function isSpent(ledger: Ledger): boolean {
  const auth = operation(ledger, 'auth')?.state;
  return auth === 'failed' || (auth === 'succeeded' && left(ledger) === 0);
}

/** What can still be captured, in minor units. */
export function left(ledger: Ledger): number {
  if (!isAuthorized(ledger)) return 0;
  const captured = done(ledger, 'capture');
  const isReleased = ledger.operations.some(({ kind, state }) => kind === 'void' && state === 'succeeded');
  return isReleased || (ledger.capturesOnce && captured > 0) ? 0 : ledger.amount - captured;
}

/**
 * The gateway says yes to what was taken for declined: authorized after all, and voided (rule 4). Voids that
 * had nothing to do then are carried out now; the order has been told already.
 */
export function lateAuthorized(payment: PaymentContext, reference: string | undefined): PaymentContext {
  const operations = payment.operations.map((entry): LedgerEntry => {
    const { reason: _reason, ...rest } = entry;
    if (entry.kind === 'authorize') return { ...rest, state: 'succeeded' };
    return entry.kind === 'void' ? { ...rest, state: 'pending', silent: true } : entry;
  });
  const key = `${payment.id}:void`;
  const ours: LedgerEntry = { id: 'void', kind: 'void', key, amount: 0, state: 'pending', silent: true };
  return {
    ...payment,
    reference: reference ?? payment.reference,
    operations: isGivenUp(payment) ? operations : [...operations, ours],
  };
}

export function withState(
  payment: PaymentContext,
  key: string,
  state: 'pending' | 'calling' | 'unknown' | 'requiresAction',
): PaymentContext {
  const entry = payment.operations.find((each) => each.key === key);
  return entry === undefined || isSettled(entry) ? payment : withEntry(payment, { ...entry, state });
}

function withEntry(payment: PaymentContext, entry: LedgerEntry): PaymentContext {
  const operations = payment.operations.map((each) => (each.id === entry.id ? entry : each));
  return { ...payment, operations };
}

/** A webhook that had an effect, or none; its id is remembered for a while (rule 20). */
export function heard(
  { webhooks }: PaymentContext,
  eventId: string,
  as: 'taken' | 'duplicates' | 'stale',
): Pick<PaymentContext, 'webhooks'> {
  const seen = as === 'duplicates' ? webhooks.seen : [...webhooks.seen, eventId].slice(-maxSeen);
  return { webhooks: { ...webhooks, seen, [as]: webhooks[as] + 1 } };
}

export type Authorization =
  | 'requesting'
  | 'unknown'
  | 'requiresAction'
  | 'givenUp'
  | 'authorized'
  | 'declined'
  | 'voiding'
  | 'voided'
  | 'closed';

/** Where the authorization stands, from the ledger alone. */
export function authorizationOf(ledger: Ledger): Authorization {
  const hasSucceeded = (id: string): boolean => operation(ledger, id)?.state === 'succeeded';
  if (hasSucceeded('close')) return 'closed';
  if (hasSucceeded('void')) return 'voided';
  const auth = operation(ledger, 'auth')?.state ?? 'pending';
  if (isGivenUp(ledger)) return ['pending', 'calling', 'unknown'].includes(auth) ? 'givenUp' : 'voiding';
  return names[auth];
}

const names: Readonly<Record<LedgerEntry['state'], Authorization>> = {
  pending: 'requesting',
  calling: 'requesting',
  unknown: 'unknown',
  requiresAction: 'requiresAction',
  succeeded: 'authorized',
  failed: 'declined',
};
