/** How the rules between actors read an order and a fulfillment: the one place that knows their books. */
import type { StateValue } from 'xstate';
import { nextAccount, type FulfillmentContext } from '../../machines/fulfillment.books.ts';
import type { Account } from '../../machines/fulfillment.events.ts';
import type { FulfillmentBook, OrderContext } from '../../machines/order.context.ts';
import type { Address } from '../../runtime/address.ts';
import type { Standing } from './relation.ts';

const ends: readonly StateValue[] = ['cancelled', 'refunded', 'rejected', 'expired', 'completed'];

export function hasEnded({ state }: Standing): boolean {
  return ends.includes(state);
}

/** Ended without anything delivered: nothing of it may cost anybody anything. */
export function cameToNothing({ state }: Standing): boolean {
  return hasEnded({ state } as Standing) && state !== 'completed';
}

export function fulfillmentsOf({ context }: Standing): [id: string, book: FulfillmentBook][] {
  return Object.entries((context as OrderContext).fulfillments);
}

export function fulfillmentContext({ context }: Standing): FulfillmentContext {
  return context as FulfillmentContext;
}

/** What the order has been told last, or is about to be. */
export function accountOf(fulfillment: Standing): Account {
  const context = fulfillmentContext(fulfillment);
  return nextAccount(context, context.stands);
}

export function isAtWork(fulfillment: Standing): boolean {
  return accountOf(fulfillment).state === 'open';
}

export function fulfillmentAt(id: string): Address {
  return { kind: 'fulfillment', id };
}

export function orderAt(id: string): Address {
  return { kind: 'order', id };
}
