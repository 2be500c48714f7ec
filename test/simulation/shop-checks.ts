/** What holds in a shop, between its actors and against the ledgers outside; the numbers are DOMAIN.md's. */
import type { SandboxLabel } from '../../actors/carriers/sandbox-ledger.ts';
import type { SandboxAuthorization } from '../../actors/gateways/sandbox-books.ts';
import { findingsIn, relations } from '../../actors/health/health.ts';
import type { Relation, Standing } from '../../actors/health/relation.ts';
import { done, inHand, type PaymentContext } from '../../machines/payment.books.ts';
import type { ShipmentContext } from '../../machines/shipment.books.ts';
import { addressOf } from '../../runtime/address.ts';
import { Violation } from './books.ts';
import { theOutside } from './outside.ts';
import type { Snapshot } from './workload.ts';

type Actors = ReadonlyMap<string, Snapshot>;

const lasting = relations.filter(({ holds }) => holds === 'always');

/** Whatever is under way. */
export function checkAlways(actors: Actors): void {
  checkRelations(actors, lasting);
}

/** When nothing is. */
export function checkAtRest(actors: Actors): void {
  checkRelations(actors, relations);
  checkPayments(actors);
  checkLabels(actors);
}

/** What actors say of each other. */
function checkRelations(actors: Actors, asked: readonly Relation[]): void {
  const standing = new Map<string, Map<string, Omit<Standing, 'kind' | 'id'>>>();
  for (const [key, { context, value }] of actors) {
    const { kind, id } = addressOf(key);
    const ofKind = standing.get(kind) ?? new Map<string, Omit<Standing, 'kind' | 'id'>>();
    standing.set(kind, ofKind.set(id, { version: 0, state: value as never, context }));
  }
  const [finding] = findingsIn(standing, asked);
  if (finding === undefined) return;
  const { name, what, actors: named } = finding;
  throw new Violation('shop', `${named.map(({ kind, id }) => `${kind}/${id}`).join()}: ${name}: ${what}`);
}

const toNothing = ['cancelled', 'refunded', 'rejected', 'expired'];

/** 14, 15: the gateways have seen what the books say, and of an order that came to nothing nothing is left. */
function checkPayments(actors: Actors): void {
  for (const authorization of theOutside().payments().authorizations) {
    const { paymentId, orderId } = authorization;
    const payment = actors.get(`payment/${paymentId}`)?.context as PaymentContext | undefined;
    if (payment === undefined)
      throw new Violation('shop', `the gateway knows ${paymentId}, and nobody else (14)`);
    checkBooks(payment, authorization);
    const order = String(actors.get(`order/${orderId}`)?.value);
    if (!toNothing.includes(order) || !isAnythingLeft(payment, authorization)) continue;
    const seen = JSON.stringify(authorization);
    throw new Violation('shop', `order ${orderId} is ${order}, and the gateway has ${seen} (15)`);
  }
}

function checkBooks(payment: PaymentContext, { captured, refunded }: SandboxAuthorization): void {
  const [taken, given] = [done(payment, 'capture'), done(payment, 'refund')];
  if (inHand(payment) !== undefined || (taken === captured && given === refunded)) return;
  const [books, seen] = [`${taken} and ${given}`, `${captured} and ${refunded}`];
  throw new Violation('shop', `${payment.id} has ${books}, its gateway ${seen} (14)`);
}

/** Where there is one capture only, it lets go of the rest. */
function isAnythingLeft({ capturesOnce }: PaymentContext, authorization: SandboxAuthorization): boolean {
  const { state, amount, captures, captured, refunded } = authorization;
  if (state === 'requiresAction' || captured !== refunded) return true;
  return state === 'authorized' && captured < amount && !(capturesOnce && captures > 0);
}

/** 23: a label that may leave is wanted, or somebody knows that it is to be voided. */
function checkLabels(actors: Actors): void {
  for (const each of theOutside().carrier.ledger().labels) {
    const shipment = actors.get(`shipment/${each.shipmentId}`)?.context as ShipmentContext | undefined;
    if (each.isVoid || (shipment !== undefined && isKnown(shipment, each))) continue;
    throw new Violation('shop', `${each.booking} is a live label that ${each.shipmentId} does not know (23)`);
  }
}

function isKnown(shipment: ShipmentContext, { booking, carrier, trackingNumber }: SandboxLabel): boolean {
  const { label, surplus, toVoidByHand } = shipment;
  return (
    shipment.booking === booking ||
    (label?.carrier === carrier && label.trackingNumber === trackingNumber) ||
    [...surplus, ...toVoidByHand].some((each) => each.booking === booking) ||
    toVoidByHand.some((each) => each.trackingNumber === trackingNumber)
  );
}
