/**
 * The carrier that is built in: it books at once, fails or dawdles as it is told to, and keeps a ledger of
 * what it has really done. Its webhooks are signed and come over HTTP, as those of real carriers do.
 */
import type { ScanStatus } from '../../machines/shipment.events.ts';
import { TerminalError } from '../../runtime/errors.ts';
import type { Clock } from '../../runtime/ports.ts';
import type { Carrier, Label } from '../providers.ts';
import { sign } from '../signature.ts';
import type { CarrierLedger, CarrierMode, SandboxLabel, SandboxScan } from './sandbox-ledger.ts';
import { sandboxWebhook, signatureHeader } from './sandbox-webhook.ts';

export interface SandboxCarrier extends Carrier {
  setMode(mode: CarrierMode): void;
  /**
   * The parcel with this number is seen. The webhook is sent until it is taken, and not more than ten times;
   * `again` sends an earlier scan once more, by its number.
   */
  scan(seen: { trackingNumber: string; status: ScanStatus; again?: number }): Sent;
  ledger(): { mode: CarrierMode; labels: SandboxLabel[]; scans: SandboxScan[] };
  /** Sends the webhooks that were left by a process before. */
  start(): void;
  /** The ledger may be closed from now on. */
  stop(): void;
}

export interface Sent {
  readonly eventId: string;
  /** Whether the sandbox has made a label with this number. */
  readonly isLabel: boolean;
  /** The status of the first answer, 0 where none came. */
  readonly answered: Promise<number>;
}

export interface SandboxGiven {
  readonly name?: string;
  readonly secret: string;
  readonly ledger: CarrierLedger;
  readonly clock: Clock;
  /** To Waybill. Rejects where it cannot be reached. */
  readonly post: (
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ) => Promise<{ readonly status: number }>;
  /** How long a slow booking takes; it is made half-way. Longer than the 10 s that are waited for it. */
  readonly slowMs?: number;
}

/** Nobody lives there: the address that the sandbox refuses. */
export const refusedPostalCode = '00000';
const attemptsMax = 10;
const resendMs = 1_000;

export function sandboxCarrier(given: SandboxGiven): SandboxCarrier {
  const { name = 'sandbox', secret, ledger, clock, slowMs = 15_000 } = given;

  let isStopped = false;

  function answering(): CarrierMode {
    const mode = ledger.mode(name);
    if (mode === 'down') throw new Error(`${name} is down`);
    return mode;
  }

  function eventOf({ trackingNumber, number, status }: SandboxScan) {
    const label = ledger.label(name, { trackingNumber });
    const booked = label === undefined ? {} : { booking: label.booking };
    return { eventId: `${trackingNumber}-${number}`, status, trackingNumber, ...booked };
  }

  /** Until it is taken, and not more than ten times; what has not been told when the process ends, the next one tells. */
  async function tell(scan: SandboxScan, body: string, attempt = 1): Promise<number> {
    const status = await send(given, body);
    if (isStopped) return status;
    const isTaken = status >= 200 && status < 300;
    if (isTaken || attempt >= attemptsMax) ledger.setTold(scan);
    else clock.after(resendMs * 2 ** (attempt - 1), () => void tell(scan, body, attempt + 1));
    return status;
  }

  return {
    name,
    async book({ booking, shipmentId, shipTo }) {
      const mode = answering();
      if (shipTo.postalCode === refusedPostalCode)
        throw new TerminalError(`${name} does not deliver to ${shipTo.postalCode}`);
      if (mode === 'slow') await wait(clock, slowMs / 2);
      const label = ledger.book({ carrier: name, booking, shipmentId });
      if (mode !== 'slow') return labelFor(label);
      await wait(clock, slowMs / 2);
      return 'unknown';
    },
    lookUp: (booking) =>
      promised(() => {
        answering();
        const label = ledger.label(name, { booking });
        return label === undefined ? 'notFound' : labelFor(label);
      }),
    void: (booking) =>
      promised(() => {
        answering();
        return ledger.void(name, booking);
      }),
    webhook: sandboxWebhook({ name, secret }),
    setMode: (mode) => ledger.setMode(name, mode),
    scan({ trackingNumber, status, again }) {
      const seen = { carrier: name, trackingNumber, status };
      const scan = again === undefined ? ledger.addScan(seen) : { ...seen, number: again };
      const event = eventOf(scan);
      const answered = tell(scan, JSON.stringify(event));
      return { eventId: event.eventId, isLabel: 'booking' in event, answered };
    },
    ledger: () => ({ mode: ledger.mode(name), labels: ledger.labels(name), scans: ledger.scans(name) }),
    start() {
      for (const scan of ledger.untold(name)) void tell(scan, JSON.stringify(eventOf(scan)));
    },
    stop: () => void (isStopped = true),
  };
}

/** Signed anew each time: the signature tells when it was sent. The status of the answer, 0 where none came. */
function send({ name = 'sandbox', secret, clock, post }: SandboxGiven, body: string): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    [signatureHeader]: sign(secret, body, clock.now()),
  };
  return post(`/webhooks/carriers/${name}`, body, headers).then(
    ({ status }) => status,
    () => 0,
  );
}

function labelFor({ carrier, trackingNumber }: SandboxLabel): Label {
  return { carrier, trackingNumber, url: `https://${carrier}.invalid/labels/${trackingNumber}` };
}

function wait(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve));
}

/** What it throws is a rejection. */
function promised<Value>(work: () => Value): Promise<Value> {
  return new Promise((resolve) => resolve(work()));
}
