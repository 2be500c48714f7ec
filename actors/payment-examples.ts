/** Payloads and outputs that lead through the whole payment chart, for the tests that walk it. */
import { inHand, type PaymentContext } from '../machines/payment.books.ts';
import type { Examples } from '../runtime/definition.ts';

const outputs: Examples = [
  { outcome: 'succeeded', reference: 'ref-1' },
  { outcome: 'failed', reason: 'no' },
  { outcome: 'requiresAction', reference: 'ref-1', url: '/confirm' },
  { outcome: 'unknown' },
  { outcome: 'notFound' },
];

export const paymentExamples: Readonly<Record<string, Examples>> = {
  carryOut: outputs.filter((output) => (output as { outcome: string }).outcome !== 'notFound'),
  lookUp: outputs,
  // Who signs the webhooks is the gateway that it names.
  'payment.authorize': [
    ...[1, 5].map((amount) => ({
      ...{ orderId: 'o1', customerId: 'ann', gateway: 'sandbox', method: 'ok', amount, currency: 'EUR' },
    })),
  ],
  // The same id, so that one can be asked for twice.
  'payment.refund': [{ refundId: '1', amount: 1 }],
  'payment.webhook': (payment: PaymentContext | undefined) =>
    payment === undefined ? [] : webhooks(payment),
};

/** About the authorization and about what is in hand, each with every outcome; and one known event. */
function webhooks(payment: PaymentContext): unknown[] {
  const about = [payment.operations[0], inHand(payment), payment.operations.at(-1)];
  const fresh = about.flatMap((entry) =>
    entry === undefined
      ? []
      : (['succeeded', 'failed', 'requiresAction'] as const).map((outcome) => ({
          eventId: `e${payment.webhooks.seen.length}`,
          ...{ key: entry.key, kind: entry.kind, amount: entry.amount },
          ...{ outcome, currency: payment.currency },
        })),
  );
  const [first] = fresh;
  const wrong = first === undefined ? [] : [{ ...first, amount: first.amount + 1 }];
  return [...fresh, ...wrong, ...payment.webhooks.seen.slice(0, 1).map((eventId) => ({ ...first, eventId }))];
}
