/** What the schemas of several kinds share. Every string, number and list has a limit. */
import { z } from 'zod';

export const maxLines = 200;
export const maxHolds = 20;

/** Repeats `idPattern` of runtime/address.ts: charts import nothing of the runtime, and must agree with it. */
export const id = z
  .string()
  .regex(
    /^[A-Za-z0-9_-][A-Za-z0-9_~#:-]{0,199}$/,
    'must be 1 to 200 letters, digits or _ - ~ # :, and start with a letter, digit, _ or -',
  );

/** `~ # :` join derived ids and what is derived grows, so whatever people name has neither and leaves room. */
function plain(max: number): z.ZodString {
  return z
    .string()
    .regex(
      new RegExp(`^[A-Za-z0-9][A-Za-z0-9_-]{0,${max - 1}}$`),
      `must be 1 to ${max} letters, digits, _ or -, and start with a letter or digit`,
    );
}

export const orderId = plain(100);
export const warehouseId = plain(40);
export const sku = plain(60).meta({ examples: ['TEAPOT'] });
export const lineId = plain(40);
export const handle = plain(60);

export const quantity = z.int().min(1).max(1_000_000);
/** A quantity that may be nothing. */
export const count = z.int().min(0).max(1_000_000);
/** Minor units of the order's currency: cents, pence, yen. */
export const maxMoney = 1_000_000_000_000;
export const money = z
  .int()
  .min(0)
  .max(maxMoney)
  .meta({ examples: [3900] });
export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, { message: 'must be an ISO 4217 code such as EUR', abort: true })
  .meta({ examples: ['EUR'] });
export const country = z
  .string()
  .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code such as DE')
  .meta({ examples: ['GB'] });

export function text(max: number): z.ZodString {
  return z.string().trim().min(1).max(max);
}

/** Degrees. */
export const location = z.strictObject({
  lat: z
    .number()
    .min(-90)
    .max(90)
    .meta({ examples: [51.5] }),
  lon: z
    .number()
    .min(-180)
    .max(180)
    .meta({ examples: [-0.1] }),
});
export type Location = z.infer<typeof location>;
/** Fulfillments that a warehouse can work on at once. */
export const slots = z
  .int()
  .min(1)
  .max(5_000)
  .meta({ examples: [50] });
/** Warehouses that ship to each other's customers. */
export const region = plain(40);
/** How many warehouses an order tries. */
export const maxCandidates = 20;

export const address = z.strictObject({
  name: text(200).meta({ examples: ['Ada Lovelace'] }),
  line1: text(200).meta({ examples: ['12 St James Square'] }),
  city: text(100).meta({ examples: ['London'] }),
  postalCode: text(20).meta({ examples: ['SW1Y 4LB'] }),
  country,
  location: location
    .meta({ personal: true })
    .optional()
    .describe('Where it is, if known: the nearest warehouse comes first'),
});
export type ShipTo = z.infer<typeof address>;

export const hold = z.strictObject({ handle, reason: text(500) });
export type Hold = z.infer<typeof hold>;
export const release = z.strictObject({ handle });

/** Who a reservation belongs to, and gets its answers: only the owner ends it (rule 1). */
export const owner = z.strictObject({ kind: z.enum(['order', 'fulfillment']), id });
export type Owner = z.infer<typeof owner>;

/** A gateway or carrier, as configured and as in the path of its webhooks. */
export const provider = z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, 'must be 1 to 30 of a-z, 0-9 and -');
export const trackingNumber = plain(60);
/** Of a webhook, as its sender numbers it: the same event comes with the same id. */
export const externalId = z.string().min(1).max(200);

/** Counts up with every change of address, so that a label can tell which one it carries (rule 6). */
export const revision = z.int().min(1);

/** The union of a kind's events, as its chart gets them: payload and `type`. */
export type EventOf<Events extends Readonly<Record<string, z.ZodType>>> = {
  [Type in keyof Events & string]: { readonly type: Type } & Payload<z.output<Events[Type]>>;
}[keyof Events & string];

// An empty strict object is inferred as an index signature, which would swallow `type`.
type Payload<Output> = string extends keyof Output ? unknown : Output;
