/** What a stock item understands, and what it answers. */
import { z } from 'zod';
import * as schema from './schemas.ts';

/** Units of one item in one warehouse. */
export const maxOnHand = 1_000_000_000_000;

const reservation = schema.id.describe('Made by the owner from its own counter (rule 18)');

export const receipt = z
  .strictObject({
    quantity: schema.quantity,
    receiptId: z
      .string()
      .min(1)
      .max(100)
      .describe('The same receipt twice counts once, for 30 days at least'),
  })
  .describe('Goods have come in; in a warehouse that is paused or closed no new order gets any of them');

export const stockItemEvents = {
  'stockItem.receive': receipt,
  'stockItem.adjust': z
    .strictObject({
      quantity: z.int().min(0).max(maxOnHand).describe('What is on the shelf by count'),
      reason: schema.text(500),
    })
    .describe('A count found another quantity; never less than what is reserved'),

  'stockItem.hold': z
    .strictObject({
      reservation,
      owner: schema.owner,
      quantity: schema.quantity,
      partial: z.boolean().describe('Whether less than all of it is welcome'),
    })
    .describe('Reserve this; asked again, the answer is the same'),
  'stockItem.backorder': z
    .strictObject({ reservation, owner: schema.owner, quantity: schema.quantity })
    .describe('Reserve this as soon as there is enough, first come first served (rule 11)'),
  'stockItem.own': z
    .strictObject({ reservation, owner: schema.owner })
    .describe('The reservation has another owner from now on (rule 1)'),
  'stockItem.keep': z.strictObject({ reservation }).describe('The owner still needs it'),
  'stockItem.release': z
    .strictObject({
      reservation,
      owner: schema.owner.describe('Gets the answer'),
      keep: schema.count.describe('How much stays reserved: 0 ends the reservation'),
      missing: schema.count
        .optional()
        .describe('What was short, over all times; also if that was not heard yet'),
    })
    .describe(
      'Give back what is reserved beyond `keep`; where there ever was something, an id that is unknown is remembered as ended',
    ),
  'stockItem.short': z
    .strictObject({ reservation, missing: schema.quantity.describe('Over all times that it was told') })
    .describe('Not on the shelf: it is neither reserved nor on hand any more (rule 10)'),
  'stockItem.consume': z
    .strictObject({
      reservation,
      quantity: schema.quantity.describe('What a carrier has'),
      missing: schema.count.describe('What was short, over all times; also if that was not heard yet'),
    })
    .describe('Handed to a carrier: it leaves the stock, once, and the reservation is over'),
};
export type StockItemEvent = schema.EventOf<typeof stockItemEvents>;
/** The chart starts with its id alone: `{warehouse}~{sku}`. */
export interface StockItemInput {
  readonly id: string;
}

const stockItem = schema.id;
/** To the owner. Understood by orders and fulfillments. */
export const stockAnswers = {
  'stock.held': z.strictObject({ reservation, stockItem, quantity: schema.quantity }),
  'stock.refused': z.strictObject({
    reservation,
    stockItem,
    available: schema.count,
    /** Held by orders that are not paid yet, so that it may come back (rule 17). */
    pending: schema.count,
  }),
  'stock.released': z.strictObject({ reservation, stockItem, kept: schema.count }),
  'stock.asked': z
    .strictObject({ reservation, stockItem })
    .describe('Do you still need it? Answered with keep or release'),
};
