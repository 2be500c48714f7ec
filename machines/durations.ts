/** How long charts wait: the named delays of all charts, in milliseconds. */

const minute = 60_000;
const day = 24 * 60 * minute;

export const defaultDurations = {
  /** A draft that nobody places. */
  draftExpiry: 30 * day,
  /** A fulfillment has not given its first account; it is asked again. */
  accountOverdue: 5 * minute,
  /** A fulfillment has not answered a stop; it is asked again. */
  stopOverdue: 5 * minute,
  /** Everything is delivered; until then it can still be complained about. */
  closing: 14 * day,
};

export type Durations = Readonly<Record<keyof typeof defaultDurations, number>>;
