/**
 * The gateways as the world outside sees them: each key has one effect, ever. Knows what was really set aside,
 * captured and given back, whatever the payments have heard of it.
 */
import type { OperationResult } from '../../actors/providers.ts';
import type { GatewayCall } from '../../machines/payment.reading.ts';

export interface Account {
  readonly orderId: string;
  readonly amount: number;
  state: 'confirming' | 'authorized' | 'declined' | 'released';
  captured: number;
  captures: number;
  refunded: number;
}

/** What the gateway would do if it were the first time that it saw the key. */
export type Mood = 'yes' | 'no' | 'confirm';

export interface GatewayWebhook {
  readonly to: string;
  readonly event: {
    readonly type: 'payment.webhook';
    readonly eventId: string;
    readonly key: string;
    readonly kind: GatewayCall['kind'];
    readonly outcome: 'succeeded' | 'failed' | 'requiresAction';
    readonly amount: number;
    readonly currency: string;
    readonly reference: string;
  };
}

export interface Bank {
  readonly accounts: ReadonlyMap<string, Account>;
  /** What Waybill asked for and should not have. */
  readonly complaints: readonly string[];
  carryOut(call: GatewayCall, mood: Mood): OperationResult;
  lookUp(call: GatewayCall): OperationResult | { readonly outcome: 'notFound' };
  /** What the gateway would tell of it now. */
  webhook(call: GatewayCall): GatewayWebhook | undefined;
  /** Authorizations that wait for the customer. */
  toConfirm(): GatewayCall[];
  confirm(call: GatewayCall, is: 'authorized' | 'declined'): void;
  /** A person settles all of an order at the gateway. */
  settle(orderId: string): void;
}

interface Done {
  readonly call: GatewayCall;
  readonly outcome: 'succeeded' | 'failed';
}

/** `once` captures no more than once. */
export function createBank(once: string): Bank {
  const accounts = new Map<string, Account>();
  const done = new Map<string, Done>();
  const complaints: string[] = [];
  let events = 0;

  function isDone(call: GatewayCall, mood: Mood): boolean {
    const account = accounts.get(call.paymentId);
    if (call.kind === 'authorize') {
      const state = mood === 'yes' ? 'authorized' : mood === 'no' ? 'declined' : 'confirming';
      const { orderId, amount } = call;
      accounts.set(call.paymentId, { orderId, amount, state, captured: 0, captures: 0, refunded: 0 });
      return mood !== 'no';
    }
    if (account === undefined) return complain(call, 'nothing was authorized');
    if (mood === 'no') return false;
    return operations[call.kind](account, call);
  }

  const operations = {
    void(account: Account): boolean {
      account.state = 'released';
      return true;
    },
    capture(account: Account, call: GatewayCall): boolean {
      if (account.state !== 'authorized') return complain(call, account.state);
      if (account.captured + call.amount > account.amount) return complain(call, 'too much');
      if (call.gateway === once && account.captures > 0) return complain(call, 'more than once');
      account.captured += call.amount;
      account.captures += 1;
      if (call.gateway === once) account.state = 'released';
      return true;
    },
    refund(account: Account, call: GatewayCall): boolean {
      if (account.refunded + call.amount > account.captured) return complain(call, 'too much');
      account.refunded += call.amount;
      return true;
    },
  };

  function complain({ key, amount }: GatewayCall, why: string): false {
    complaints.push(`${key} over ${amount}: ${why}`);
    return false;
  }

  function resultOf({ call, outcome }: Done): OperationResult {
    const reference = `ref-${call.paymentId}`;
    const isAuthorization = call.kind === 'authorize';
    const state = accounts.get(call.paymentId)?.state;
    if (isAuthorization && state === 'confirming') return { outcome: 'requiresAction', reference };
    const isNo = isAuthorization ? state === 'declined' : outcome === 'failed';
    return isNo ? { outcome: 'failed', reason: 'the gateway says no' } : { outcome: 'succeeded', reference };
  }

  return {
    accounts,
    complaints,
    carryOut(call, mood) {
      const known = done.get(call.key);
      if (known !== undefined) {
        if (known.call.amount !== call.amount || known.call.kind !== call.kind)
          complain(call, 'the key was used for something else');
        // A void that was refused is tried again.
        if (known.outcome === 'succeeded' || call.kind !== 'void') return resultOf(known);
      }
      const first: Done = { call, outcome: isDone(call, mood) ? 'succeeded' : 'failed' };
      done.set(call.key, first);
      return resultOf(first);
    },
    lookUp(call) {
      const known = done.get(call.key);
      return known === undefined ? { outcome: 'notFound' } : resultOf(known);
    },
    webhook(call) {
      const known = done.get(call.key);
      if (known === undefined) return undefined;
      const { key, kind, amount, currency, paymentId } = known.call;
      const { outcome } = resultOf(known);
      if (outcome === 'unknown') return undefined;
      return {
        to: `payment/${paymentId}`,
        event: {
          ...{ type: 'payment.webhook', eventId: `e${++events}`, key, kind, outcome, amount, currency },
          reference: `ref-${paymentId}`,
        },
      };
    },
    toConfirm: () =>
      [...done.values()]
        .map(({ call }) => call)
        .filter(
          ({ kind, paymentId }) => kind === 'authorize' && accounts.get(paymentId)?.state === 'confirming',
        ),
    confirm({ paymentId }, is) {
      const account = accounts.get(paymentId);
      if (account !== undefined) account.state = is;
    },
    settle(orderId) {
      for (const account of accounts.values()) {
        if (account.orderId !== orderId) continue;
        account.state = 'released';
        account.refunded = account.captured;
      }
    },
  };
}
