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
  /** `body` is parsed. Undefined: there is no such carrier; a text says what else there is none of. */
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
        async run({ params, body }) {
          if (params['carrier'] !== carrier.name) return undefined;
          const { again, ...scan } = body as z.output<typeof seen>;
          const { trackingNumber: number } = scan;
          const { eventId, isLabel, answered } = carrier.scan({
            ...scan,
            ...(again === undefined ? {} : { again }),
          });
          // Of a label the webhook goes its own way; a number that was booked by hand only Waybill knows.
          if (isLabel || (await answered) !== 404) return { eventId };
          return `trackingNumber: ${number} is on no label of the sandbox (GET /sandbox/ledger), and no shipment was booked by hand with it`;
        },
      },
    ],
  };
}
