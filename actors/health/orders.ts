/** What an order and its fulfillments say of the same thing. */
import { isDeepStrictEqual } from 'node:util';
import { wanted } from '../../machines/order.books.ts';
import type { FulfillmentBook, OrderContext } from '../../machines/order.context.ts';
import type { Address } from '../../runtime/address.ts';
import {
  accountOf,
  fulfillmentAt,
  fulfillmentContext,
  fulfillmentsOf,
  hasEnded,
  isAtWork,
  orderAt,
} from './reading.ts';
import type { Find, Relation, Standing } from './relation.ts';

/** Rule 2: the order's books are what its fulfillments have told, the last time. */
const accounts: Relation = {
  name: 'an order has no account of a fulfillment that it did not give (2)',
  holds: 'always',
  kind: 'order',
  others: addresses,
  faults: (order, find) =>
    fulfillmentsOf(order).flatMap(([id, book]) => {
      const fulfillment = find(fulfillmentAt(id));
      if (fulfillment === undefined) return book.version === 0 ? [] : [`${id} does not exist`];
      const { accountCount } = fulfillmentContext(fulfillment);
      if (book.version <= accountCount) return [];
      return [`${id} has given ${accountCount}, the order has ${book.version}`];
    }),
};

/** Invariants 8 and 10: with the last accounts, quantities add up over both. */
const lastAccounts: Relation = {
  name: 'an order has the last account of each of its fulfillments (10)',
  holds: 'atRest',
  kind: 'order',
  others: addresses,
  faults: (order, find) =>
    ofLive(order, find, (fulfillment, book) => {
      const { version } = book;
      const given = fulfillmentContext(fulfillment).accountCount;
      if (given !== version) return `has given ${given}, the order has ${version}`;
      const { state, lines } = accountOf(fulfillment);
      const isSame = isDeepStrictEqual([book.state, book.lines], [state, lines]);
      return isSame ? undefined : `has another account ${version} than it gave`;
    }),
};

const started: Relation = {
  name: 'a fulfillment that an order waits for exists (16)',
  holds: 'atRest',
  kind: 'order',
  others: addresses,
  faults: (order, find) =>
    hasEnded(order)
      ? []
      : fulfillmentsOf(order)
          .filter(([id]) => find(fulfillmentAt(id)) === undefined)
          .map(([id]) => `${id} does not`),
};

/** Rule 9: what bars people at the order bars them in the warehouses. */
const holds: Relation = {
  name: 'the holds of an order stand in each of its fulfillments at work (9)',
  holds: 'atRest',
  kind: 'order',
  others: addresses,
  faults: (order, find) => {
    const set = handlesOf((order.context as OrderContext).holds);
    return ofLive(order, find, (fulfillment) => {
      const there = handlesOf(fulfillmentContext(fulfillment).orderHolds);
      const isSame = !isAtWork(fulfillment) || isDeepStrictEqual(set, there);
      return isSame ? undefined : `has [${there.join()}], the order [${set.join()}]`;
    });
  },
};

/** Invariant 17, and the same for delivered: what an order shows is what its fulfillments have done. */
const shipped: Relation = {
  name: 'all that is wanted of an order shown as shipped or delivered is so (17)',
  holds: 'atRest',
  kind: 'order',
  others: addresses,
  faults: (order, find) => {
    const part = partShown(order);
    if (part === undefined) return [];
    const needed = wanted(order.context as OrderContext);
    const there = sum(
      fulfillmentsOf(order).map(([id, { writtenOff }]) => {
        const fulfillment = writtenOff ? undefined : find(fulfillmentAt(id));
        if (fulfillment === undefined) return 0;
        return sum(Object.values(accountOf(fulfillment).lines).map((quantities) => quantities[part]));
      }),
    );
    return there >= needed ? [] : [`${there} of ${needed} are ${part}`];
  },
};

/** Invariant 7, for work: nothing goes on for an order that has ended. */
const ended: Relation = {
  name: 'no fulfillment of an ended order is at work (7)',
  holds: 'atRest',
  kind: 'order',
  others: addresses,
  faults: (order, find) =>
    hasEnded(order)
      ? fulfillmentsOf(order).flatMap(([id]) => {
          const fulfillment = find(fulfillmentAt(id));
          return fulfillment !== undefined && isAtWork(fulfillment) ? [`${id} is`] : [];
        })
      : [],
};

/** Rule 18: only the order creates fulfillments, so it knows them all. */
const known: Relation = {
  name: 'an order knows all of its fulfillments (18)',
  holds: 'always',
  kind: 'fulfillment',
  others: (fulfillment) => [orderAt(fulfillmentContext(fulfillment).orderId)],
  faults: (fulfillment, find) => {
    const { id, orderId } = fulfillmentContext(fulfillment);
    const order = find(orderAt(orderId));
    if (order === undefined) return [`order ${orderId} does not exist`];
    return fulfillmentsOf(order).some(([each]) => each === id) ? [] : [`order ${orderId} does not know it`];
  },
};

export const orderRelations: readonly Relation[] = [
  ...[accounts, lastAccounts, started, holds, shipped, ended, known],
];

function addresses(order: Standing): Address[] {
  return fulfillmentsOf(order).map(([id]) => fulfillmentAt(id));
}

type Fault = (fulfillment: Standing, book: FulfillmentBook) => string | undefined;

/** An order that has ended does not listen any more. */
function ofLive(order: Standing, find: Find, faultOf: Fault): string[] {
  if (hasEnded(order)) return [];
  return fulfillmentsOf(order).flatMap(([id, book]) => {
    const fulfillment = find(fulfillmentAt(id));
    const fault = fulfillment === undefined ? undefined : faultOf(fulfillment, book);
    return fault === undefined ? [] : [`${id} ${fault}`];
  });
}

/** Of which part the order says that it is complete. */
function partShown({ state }: Standing): 'shipped' | 'delivered' | undefined {
  const { active } = state as { active?: { execution?: string } };
  if (active?.execution === 'shipped') return 'shipped';
  return active?.execution === 'delivered' || active?.execution === 'closing' ? 'delivered' : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function handlesOf(held: readonly { readonly handle: string }[]): string[] {
  return held.map(({ handle }) => handle).sort();
}
