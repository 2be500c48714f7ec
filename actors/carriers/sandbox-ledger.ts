/**
 * What the world outside has seen of the sandbox carrier: it is not Waybill's, and outlives it. Every method
 * is one atomic step, also where several processes share the ledger.
 */
import { createHash } from 'node:crypto';

/** `down`: every call fails. `slow`: a booking is made, but its answer comes too late. */
export type CarrierMode = 'up' | 'down' | 'slow';

export interface SandboxLabel {
  readonly carrier: string;
  /** Our reference: one label each. */
  readonly booking: string;
  readonly trackingNumber: string;
  readonly shipmentId: string;
  readonly isVoid: boolean;
  /** How often it was asked for. */
  readonly calls: number;
}

export interface SandboxScan {
  readonly carrier: string;
  /** Counts the scans of this number. */
  readonly number: number;
  readonly trackingNumber: string;
  readonly status: string;
}

export interface CarrierLedger {
  /** `up` unless it was set. */
  mode(carrier: string): CarrierMode;
  setMode(carrier: string, mode: CarrierMode): void;
  /** The same booking again is the same label, void or not; only its calls count up. */
  book(label: Pick<SandboxLabel, 'carrier' | 'booking' | 'shipmentId'>): SandboxLabel;
  /** False if there is no such booking. */
  void(carrier: string, booking: string): boolean;
  addScan(scan: Omit<SandboxScan, 'number'>): SandboxScan;
  /** Nobody needs to tell of it any more. */
  setTold(scan: SandboxScan): void;
  untold(carrier: string): SandboxScan[];
  /** The one with this number, or this booking. */
  label(carrier: string, by: { trackingNumber: string } | { booking: string }): SandboxLabel | undefined;
  labels(carrier: string): SandboxLabel[];
  scans(carrier: string): SandboxScan[];
}

/** The same for the same booking, so that a run that is repeated gives the same numbers. */
export function numberOf(booking: string): string {
  return `SB${createHash('sha256').update(booking).digest('hex').slice(0, 12).toUpperCase()}`;
}

/** Ends with the process. */
export function memoryLedger(): CarrierLedger {
  const modes = new Map<string, CarrierMode>();
  const labels = new Map<string, SandboxLabel>();
  const bookings = new Map<string, string>();
  const scans: SandboxScan[] = [];
  const told = new Set<string>();
  const keyOf = (carrier: string, booking: string): string => `${carrier} ${booking}`;
  const scanKeyOf = ({ carrier, trackingNumber, number }: SandboxScan): string =>
    `${carrier} ${trackingNumber} ${number}`;

  return {
    mode: (carrier) => modes.get(carrier) ?? 'up',
    setMode: (carrier, mode) => void modes.set(carrier, mode),
    book({ carrier, booking, shipmentId }) {
      const known = labels.get(keyOf(carrier, booking));
      const first = { carrier, booking, shipmentId, trackingNumber: numberOf(booking), isVoid: false };
      const label = known === undefined ? { ...first, calls: 1 } : { ...known, calls: known.calls + 1 };
      labels.set(keyOf(carrier, booking), label);
      bookings.set(keyOf(carrier, label.trackingNumber), booking);
      return label;
    },
    label(carrier, by) {
      const booking = 'booking' in by ? by.booking : bookings.get(keyOf(carrier, by.trackingNumber));
      return booking === undefined ? undefined : labels.get(keyOf(carrier, booking));
    },
    void(carrier, booking) {
      const label = labels.get(keyOf(carrier, booking));
      if (label === undefined) return false;
      labels.set(keyOf(carrier, booking), { ...label, isVoid: true });
      return true;
    },
    addScan({ carrier, trackingNumber, status }) {
      const before = scans.filter(
        (scan) => scan.carrier === carrier && scan.trackingNumber === trackingNumber,
      );
      const scan = { carrier, number: before.length + 1, trackingNumber, status };
      scans.push(scan);
      return scan;
    },
    setTold: (scan) => void told.add(scanKeyOf(scan)),
    untold: (carrier) => scans.filter((scan) => scan.carrier === carrier && !told.has(scanKeyOf(scan))),
    labels: (carrier) => [...labels.values()].filter((label) => label.carrier === carrier),
    scans: (carrier) => scans.filter((scan) => scan.carrier === carrier),
  };
}
