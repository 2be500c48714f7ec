/** How long charts wait: the named delays of all charts, in milliseconds. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const defaultDurations = {
  /** A draft that nobody places. */
  draftExpiry: 30 * day,
  /** A fulfillment has not given its first account; it is asked again. */
  accountOverdue: 5 * minute,
  /** A fulfillment has not answered a stop; it is asked again. */
  stopOverdue: 5 * minute,
  /** A warehouse has not answered a request for a slot; it is asked again. */
  slotOverdue: 5 * minute,
  /** No warehouse has a slot; all are asked again. */
  slotRetry: 15 * minute,
  /** A stock item has not answered; it is asked again. */
  stockOverdue: 5 * minute,
  /** A shipment has no label yet; it is asked again. */
  labelOverdue: 15 * minute,
  /** A warehouse, routing or payment has not answered; it is asked again. */
  answerOverdue: 5 * minute,
  /** Other orders hold what is missing; it is asked for once more. */
  contendedRetry: 2_000,
  /** Some goods are held, others were asked for and may come: what is there is shipped without them. */
  gathering: 2_000,
  /** Goods are awaited; the stock item is asked again. */
  backorderAsk: day,
  /** A customer whose payment was declined may pay in another way. */
  payWindow: 30 * minute,
  /** Everything is delivered; until then it can still be complained about. */
  closing: 14 * day,

  /** Nobody knows what became of a gateway operation: between the first look-ups, and after them. */
  paymentLookUpSoon: 5_000,
  paymentLookUpNext: 30_000,
  paymentLookUpLater: 2 * minute,
  paymentLookUpRarely: 10 * minute,
  /** Gateways forget idempotency keys after a day: an operation that is older is not repeated. */
  paymentRepeat: 23 * hour,
  /** Still unknown: a person has to look. */
  paymentStuck: 24 * hour,

  /** A reservation has been held for an unpaid order; the order is asked whether it still needs it. */
  reservationQuestion: 15 * minute,
  /** What is over is remembered at least as long: receipts always, the rest unless there is very much of it. */
  endedKept: 30 * day,

  /** A parcel has left, and nobody has told what became of it; its shipment is asked. */
  parcelAsk: 3 * day,
  /** The carrier has not given a label, one way or another; a person books. */
  bookingGivenUp: 10 * minute,
  /** Nobody knows whether the carrier has booked; it is looked up again. */
  labelLookUp: 30_000,
  /** A tracking number has not answered a claim; it is claimed again. */
  claimOverdue: minute,
  /** A booking that is not wanted was not there to be voided: between the first tries, and after them. */
  surplusSoon: minute,
  surplusLater: 10 * minute,
  surplusMuchLater: hour,
  surplusRarely: 6 * hour,
  /** No scan of a parcel that is under way; it may be lost. */
  parcelSilent: 7 * day,
  /** Still none: it is lost. */
  parcelLost: 7 * day,
};

export type Durations = Readonly<Record<keyof typeof defaultDurations, number>>;
