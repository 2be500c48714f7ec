/**
 * The world outside that is built in: a gateway and a carrier with ledgers of their own, which outlive the
 * process in a file, or live in memory. Their webhooks come over HTTP, signed, as those of real ones do.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/ports.ts';
import { sandboxCarrierPages } from './carriers/sandbox-pages.ts';
import { fileLedger } from './carriers/sandbox-file.ts';
import { memoryLedger } from './carriers/sandbox-ledger.ts';
import { sandboxCarrier, type SandboxCarrier } from './carriers/sandbox.ts';
import { createMemoryLedger, openSandboxLedger } from './gateways/sandbox-ledger.ts';
import { createSandboxGateway, type SandboxGateway, type SandboxOptions } from './gateways/sandbox.ts';

export interface Sandbox {
  readonly gateway: SandboxGateway;
  readonly carrier: SandboxCarrier;
  readonly pages: readonly [SandboxGateway['pages'], ReturnType<typeof sandboxCarrierPages>];
  /** Sends the webhooks that an earlier process has left. */
  start(): void;
  stop(): void;
}

export interface SandboxGiven extends Partial<
  Pick<SandboxOptions, 'sendsWebhooks' | 'webhookMs' | 'lateMs'>
> {
  readonly clock: Clock;
  /** The status of the answer. Rejects where Waybill cannot be reached. */
  readonly post: (path: string, body: string, headers: Readonly<Record<string, string>>) => Promise<number>;
  /** In memory if left out. */
  readonly file?: string;
}

export function createSandbox(given: SandboxGiven): Sandbox {
  const { clock, post, file, ...options } = given;
  // Each process posts to itself, so nobody else needs to know it.
  const secret = randomBytes(32).toString('base64url');
  const payments = file === undefined ? createMemoryLedger() : openSandboxLedger(file);
  const labels = file === undefined ? { ...memoryLedger(), close: () => undefined } : fileLedger(file);
  const gateway = createSandboxGateway({ ...options, ledger: payments, clock, secret, post });
  const carrier = sandboxCarrier({
    ...{ secret, ledger: labels, clock },
    post: async (path, body, headers) => ({ status: await post(path, body, headers) }),
  });
  return {
    gateway,
    carrier,
    pages: [gateway.pages, { ...sandboxCarrierPages(carrier), name: 'carriers' }],
    start() {
      gateway.start();
      carrier.start();
    },
    stop() {
      gateway.stop();
      carrier.stop();
      payments.close();
      labels.close();
    },
  };
}
