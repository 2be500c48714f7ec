/** What Waybill asks of gateways and carriers. Each is one file that implements one of these. */
import type { Address } from '../runtime/address.ts';
import type { Event } from '../runtime/message.ts';

export interface Call {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** One operation at a gateway. The key is ours and stays the same however often it is carried out (rule 18). */
export interface Operation {
  readonly kind: 'authorize' | 'capture' | 'refund' | 'void';
  readonly key: string;
  /** Minor units; 0 for a void. */
  readonly amount: number;
  readonly currency: string;
  readonly method: string;
  readonly customerId: string;
  readonly orderId: string;
  readonly paymentId: string;
  /** The gateway's own id of the authorization; null until it is known. */
  readonly reference: string | null;
}

export type OperationResult =
  | { readonly outcome: 'succeeded'; readonly reference: string }
  | { readonly outcome: 'failed'; readonly reason: string }
  /** The customer has to confirm it; a webhook or a look-up will tell. */
  | { readonly outcome: 'requiresAction'; readonly reference: string; readonly url?: string }
  /** It may have happened or not. */
  | { readonly outcome: 'unknown' };

/**
 * Throws a plain error where trying again under the same key may help (the gateway said 5xx or 429), a
 * `TerminalError` for what never will (our own mistake). No answer in time is not an error: `unknown`.
 */
export interface PaymentGateway {
  readonly name: string;
  /** No more than one capture an authorization (rule 14). */
  readonly capturesOnce: boolean;
  carryOut(operation: Operation, call: Call): Promise<OperationResult>;
  /** `notFound` settles nothing: the call may still be under way (rule 4). */
  lookUp(operation: Operation, call: Call): Promise<OperationResult | { readonly outcome: 'notFound' }>;
  readonly webhook: Webhook;
}

/** One parcel. `booking` is our reference, and the carrier's key against booking twice. */
export interface Booking {
  readonly booking: string;
  readonly shipmentId: string;
  readonly orderId: string;
  readonly warehouse: string;
  readonly shipTo: {
    readonly name: string;
    readonly line1: string;
    readonly city: string;
    readonly postalCode: string;
    readonly country: string;
  };
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
}

export interface Label {
  readonly carrier: string;
  readonly trackingNumber: string;
  /** Where the label can be printed from. */
  readonly url?: string;
}

/** Errors as for gateways; an address that the carrier refuses is a `TerminalError` with its reason. */
export interface Carrier {
  readonly name: string;
  book(booking: Booking, call: Call): Promise<Label | 'unknown'>;
  /** By our reference. */
  lookUp(booking: string, call: Call): Promise<Label | 'notFound'>;
  /** True once it is void, also if it was before; false if there is no such booking (yet). */
  void(booking: string, call: Call): Promise<boolean>;
  readonly webhook: Webhook;
}

export interface WebhookRequest {
  /** As it came: signatures are over the raw bytes. */
  readonly body: Uint8Array;
  header(name: string): string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Nothing but reading: what the sender tells, to whom. An event of no interest gives an empty list. */
export type Webhook = (request: WebhookRequest) => Promise<WebhookReading>;

export type WebhookReading =
  | { readonly verdict: 'read'; readonly messages: readonly { to: Address; event: Event }[] }
  /** The signature is missing, wrong or too old. */
  | { readonly verdict: 'unsigned' }
  | { readonly verdict: 'malformed'; readonly why: string };
