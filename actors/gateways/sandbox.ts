/**
 * A gateway that is built in: deterministic, with payment methods that go well or wrong in every way that real
 * gateways know, and a ledger of what the outside world saw.
 *
 * Methods: `ok`, `decline`, `timeout-succeeds`, `timeout-declines`, `error-<n>-then-ok` (n up to 999), `webhook-late`,
 * `webhook-twice`, `requires-action`, `capture-once`, `capture-fails`. All but those that time out also send
 * webhooks, as real gateways do.
 */
import { z } from 'zod';
import type { Clock } from '../../runtime/ports.ts';
import type { Call, Operation, OperationResult, PaymentGateway } from '../providers.ts';
import { answerTo, confirmed, takeCall, told, type SandboxOperation } from './sandbox-books.ts';
import type { Documents, SandboxLedger } from './sandbox-ledger.ts';
import { createSender, webhookOf, type Post } from './sandbox-webhooks.ts';

export interface SandboxOptions {
  readonly ledger: SandboxLedger;
  readonly clock: Clock;
  /** Signs the webhooks. */
  readonly secret: string;
  readonly post: Post;
  readonly name?: string;
  readonly capturesOnce?: boolean;
  /** False: only what a method is named for comes by webhook. */
  readonly sendsWebhooks?: boolean;
  /** How long after the operation its webhook is sent. */
  readonly webhookMs?: number;
  /** The same for `webhook-late`. */
  readonly lateMs?: number;
}

export interface SandboxGateway extends PaymentGateway {
  /** Sends the webhooks that were left by a process before. */
  start(): void;
  stop(): void;
  /** As http/sandbox.ts shows them. */
  readonly pages: {
    readonly name: string;
    ledger(): unknown;
    readonly routes: readonly {
      readonly method: 'POST';
      readonly path: string;
      readonly schema: z.ZodType;
      run(given: { params: Readonly<Record<string, string>>; body: unknown }): unknown;
    }[];
  };
}

const confirmation = z.strictObject({ outcome: z.enum(['succeeded', 'failed']).default('succeeded') });
const telling = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']).describe('Also one that contradicts what has happened'),
});

export function createSandboxGateway(options: SandboxOptions): SandboxGateway {
  const { ledger, clock, secret, post, name = 'sandbox', lateMs = 20_000 } = options;
  const path = `/webhooks/payments/${name}`;
  const sender = createSender({ ledger, clock, secret, path, post });

  function tell(documents: Documents, taken: SandboxOperation, isAlways = false): void {
    // Only who looks it up learns of it.
    if (taken.kind === 'authorize' && taken.method.startsWith('timeout-')) return;
    const at = webhookTime(options, taken, lateMs);
    const copies = taken.method === 'webhook-twice' ? 2 : 1;
    const isNamed = taken.method.startsWith('webhook-') || isAlways;
    if (isNamed || options.sendsWebhooks !== false) sender.queue(documents, taken, { at, copies });
  }

  return {
    name,
    capturesOnce: options.capturesOnce ?? false,
    start: () => sender.start(),
    stop: () => sender.stop(),
    webhook: webhookOf(secret),
    // A rejection, not an exception: whatever is wrong comes with the promise.
    carryOut: (operation, call) => new Promise((resolve) => resolve(carryOut(operation, call))),
    lookUp: ({ key }, { signal }) =>
      new Promise((resolve) => {
        signal.throwIfAborted();
        resolve(ledger.transaction((documents) => answerTo(documents, key, clock.now())));
      }),
    pages: {
      name: 'payments',
      ledger: () => ledger.transaction(seenIn),
      routes: [
        {
          method: 'POST',
          path: '/payments/:paymentId/confirm',
          schema: confirmation,
          run: ({ params, body }) =>
            ledger.transaction((documents) => {
              const { outcome } = confirmation.parse(body);
              const taken = confirmed(documents, params['paymentId'] ?? '', outcome);
              if (taken !== undefined) tell(documents, taken, true);
              return taken;
            }),
        },
        {
          method: 'POST',
          path: '/payments/:paymentId/webhook',
          schema: telling,
          run: ({ params, body }) => {
            const { outcome } = telling.parse(body);
            const taken = ledger.transaction((documents) =>
              told(documents, params['paymentId'] ?? '', outcome),
            );
            return taken === undefined ? undefined : sender.sendNow(taken);
          },
        },
      ],
    },
  };

  function carryOut(operation: Operation, { signal }: Call): OperationResult | Promise<never> {
    signal.throwIfAborted();
    const { answer } = ledger.transaction((documents) => {
      const call = takeCall(documents, operation, { now: clock.now(), lateMs });
      if (call.isNew) tell(documents, call.taken);
      return call;
    });
    if (answer === 'error') throw new Error('the sandbox answers 503');
    return answer === 'late' ? abortOf(signal) : answer;
  }
}

function webhookTime(
  { clock, webhookMs = 50 }: SandboxOptions,
  taken: SandboxOperation,
  lateMs: number,
): number {
  const isLate = taken.kind === 'authorize' && taken.method === 'webhook-late';
  return clock.now() + (isLate ? lateMs : webhookMs);
}

/** All that the outside world saw. */
function seenIn(documents: Documents): unknown {
  const valuesOf = (kind: string): unknown[] => documents.all(kind).map(([, value]) => value);
  return { authorizations: valuesOf('authorization'), operations: valuesOf('operation') };
}

/** No answer ever comes. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true }),
  );
}
