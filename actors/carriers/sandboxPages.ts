/** What an operator may see of the sandbox carrier and tell it to do; `http/sandbox.ts` serves it. */
import { z } from 'zod';
import { scanStatuses } from '../../machines/shipment.events.ts';
import { trackingNumber } from '../../machines/schemas.ts';
import type { SandboxCarrier } from './sandbox.ts';

const mode = z.strictObject({ mode: z.enum(['up', 'down', 'slow']) });
const seen = z.strictObject({
  trackingNumber,
  status: z.enum(scanStatuses),
  again: z.int().min(1).optional().describe('Sends this scan of the number once more'),
});

interface Page {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly schema: z.ZodType;
  /** `body` is parsed. Undefined: there is no such carrier. */
  run(given: { params: Readonly<Record<string, string>>; body: unknown }): unknown;
}

export function sandboxCarrierPages(carrier: SandboxCarrier): {
  readonly name: string;
  readonly ledger: () => unknown;
  readonly routes: readonly Page[];
} {
  return {
    name: 'carriers',
    ledger: () => ({ [carrier.name]: carrier.ledger() }),
    routes: [
      {
        method: 'PUT',
        path: '/carriers/:carrier',
        schema: mode,
        run({ params, body }) {
          if (params['carrier'] !== carrier.name) return undefined;
          const wanted = body as z.output<typeof mode>;
          carrier.setMode(wanted.mode);
          return wanted;
        },
      },
      {
        method: 'POST',
        path: '/carriers/:carrier/scan',
        schema: seen,
        run({ params, body }) {
          if (params['carrier'] !== carrier.name) return undefined;
          const { again, ...scan } = body as z.output<typeof seen>;
          // The webhook goes its own way; whether it was taken is seen at the shipment.
          const { eventId } = carrier.scan({ ...scan, ...(again === undefined ? {} : { again }) });
          return { eventId };
        },
      },
    ],
  };
}
