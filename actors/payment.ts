/** The payment chart put to work, at the gateways that there are. */
import { paymentContext } from '../machines/contexts.ts';
import type { Durations } from '../machines/durations.ts';
import * as books from '../machines/payment.books.ts';
import type { PaymentContext, Result } from '../machines/payment.books.ts';
import { paymentEvents, paymentInput } from '../machines/payment.events.ts';
import { lookUpWaitWith, paymentMachine } from '../machines/payment.machine.ts';
import type { GatewayCall } from '../machines/payment.reading.ts';
import { anyone, defineActor, type Activity, type ActorDefinition } from '../runtime/definition.ts';
import { TerminalError } from '../runtime/errors.ts';
import type { Principal } from '../runtime/message.ts';
import type { PaymentGateway } from './providers.ts';
import { paymentExamples } from './payment-examples.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * Gateways forget keys after 24 h, and the chart repeats an operation for 23 h (`paymentRepeat`): a call that was
 * asked for in the last minute of them is in time. An older one is unknown, and the chart looks what became of it.
 */
const callMaxAgeMs = hour / 2;

export interface PaymentOptions {
  readonly durations: Durations;
  readonly gateways: readonly PaymentGateway[];
}

export function paymentWith({ durations, gateways }: PaymentOptions): ActorDefinition {
  const byName = new Map(gateways.map((gateway) => [gateway.name, gateway]));
  return defineActor({
    kind: 'payment',
    plural: 'payments',
    version: 1,
    context: paymentContext,
    machine: paymentMachine.provide({ delays: { ...durations, lookUpWait: lookUpWaitWith(durations) } }),
    events: paymentEvents,
    // Known when the payment is made and kept with it, whatever is configured later.
    input: paymentInput.transform((given) => ({
      ...given,
      capturesOnce: byName.get(given.gateway)?.capturesOnce ?? false,
    })),
    create: { event: 'payment.authorize' },
    commands: { 'payment.settle': { admin: anyone }, 'payment.webhook': { webhook: ownGateway } },
    conditions: {
      isKnownWebhook: 'eventId must be one that was taken already',
      isNews: 'key, kind, amount and currency must be those of an operation that is not settled',
      isRefundTakenBack: 'it must be a no to a refund that was given',
      isLateAuthorization: 'it must be a yes to an authorization that was declined',
      isFittingWebhook: 'key, kind, amount and currency must be those of an operation of the payment',
      isNewsOfWork: 'it must be about the operation that is under way',
      isNewsForCustomer: 'it must ask the customer for something',
      isNewsOfRefusedVoid: 'it must say that a void was refused',
    },
    readers: { cs: anyone, admin: anyone },
    indexed: { orderId: ({ orderId }: PaymentContext) => orderId },
    view,
    money: ['amount', 'captured', 'refunded'],
    activities: activitiesWith(byName),
    targets: {
      'authorization.requesting': { dwellMs: 10 * minute },
      'authorization.unknown': { dwellMs: hour },
      'authorization.requiresAction': { dwellMs: hour },
      'authorization.givenUp': { dwellMs: hour },
      'authorization.voiding': { dwellMs: hour },
      'gateway.working': { dwellMs: hour },
      'gateway.manualReview': { dwellMs: hour },
    },
    invariants,
    examples: paymentExamples,
  });
}

/**
 * What is not answered in time is unknown, and never simply done again (rule 4). Errors that the gateway names
 * itself are tried again under the same key; what can never succeed has failed, and says why.
 */
function activitiesWith(gateways: ReadonlyMap<string, PaymentGateway>): Record<string, Activity> {
  const target = (input: unknown): string => `gateway:${(input as GatewayCall).gateway}`;
  const of = (name: string): PaymentGateway => {
    const gateway = gateways.get(name);
    if (gateway === undefined) throw new TerminalError(`there is no gateway named ${name}`);
    return gateway;
  };
  return {
    carryOut: {
      target,
      timeoutMs: 10_000,
      late: { outcome: 'unknown' },
      maxAgeMs: callMaxAgeMs,
      retry: { attempts: 5, baseMs: 500, maxMs: 8_000 },
      async run(input, { signal, repeated }) {
        const { gateway, isRepeated, ...operation } = input as GatewayCall;
        try {
          const result = await of(gateway).carryOut(operation, { signal });
          return { ...result, key: operation.key } satisfies Result;
        } catch (error) {
          if (!(error instanceof TerminalError)) throw error;
          // That this try can never succeed says nothing about one before it.
          if (isRepeated || repeated) return { key: operation.key, outcome: 'unknown' } satisfies Result;
          return { key: operation.key, outcome: 'failed', reason: error.message } satisfies Result;
        }
      },
    },
    lookUp: {
      target,
      timeoutMs: 10_000,
      retry: { attempts: 3, baseMs: 500, maxMs: 4_000 },
      async run(input, { signal }) {
        const { gateway, isRepeated: _isRepeated, ...operation } = input as GatewayCall;
        const result = await of(gateway).lookUp(operation, { signal });
        return { ...result, key: operation.key } satisfies Result;
      },
    },
  };
}

function view(payment: PaymentContext): unknown {
  const { id, orderId, customerId, gateway, method, amount, currency, capturesOnce } = payment;
  const { reference, actionUrl, stuck, webhooks } = payment;
  return {
    ...{ id, orderId, customerId, gateway, method, amount, currency, capturesOnce },
    captured: books.done(payment, 'capture'),
    refunded: books.done(payment, 'refund'),
    operations: payment.operations.map(({ silent: _silent, ...entry }) => entry),
    ...{ reference, actionUrl, stuck },
    webhooks: { taken: webhooks.taken, duplicates: webhooks.duplicates, stale: webhooks.stale },
  };
}

const invariants: NonNullable<ActorDefinition['invariants']> = {
  'no more is captured than was authorized': (payment: PaymentContext) =>
    books.claimed(payment, 'capture') <= (books.isAuthorized(payment) ? payment.amount : 0),
  'no more is refunded than was captured': (payment: PaymentContext) =>
    books.claimed(payment, 'refund') <= books.done(payment, 'capture'),
  'an operation has one key, and a key one operation': ({ id, operations }: PaymentContext) =>
    new Set(operations.map(({ key }) => key)).size === operations.length &&
    operations.every((entry) => entry.key === `${id}:${entry.id}`),
  'the state is what the ledger says': (payment: PaymentContext, state) =>
    (state as { authorization: string }).authorization === books.authorizationOf(payment),
  'of one that is voided or closed nothing can be captured': (payment: PaymentContext) =>
    !['voided', 'closed'].includes(books.authorizationOf(payment)) || books.left(payment) === 0,
  'what is not settled is under way': (payment: PaymentContext, state) =>
    books.inHand(payment) === undefined
      ? ['idle', 'awaitingCustomer'].includes(nameOf(state))
      : ['working', 'manualReview', 'awaitingCustomer'].includes(nameOf(state)),
};

/** Of the part of the chart that asks the gateway. */
function nameOf(state: unknown): string {
  const { gateway } = state as { gateway: string | object };
  return typeof gateway === 'string' ? gateway : (Object.keys(gateway)[0] ?? '');
}

/** Another gateway's signature says nothing about this payment. */
function ownGateway({ gateway }: PaymentContext, { subject }: Principal): boolean {
  return subject === `webhook:${gateway}`;
}
