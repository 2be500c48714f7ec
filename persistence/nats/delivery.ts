/** Where a delivered message stands, read from its reply subject. */

export interface Delivery {
  readonly sequence: number;
  readonly consumerSequence: number;
  /** ms */
  readonly time: number;
}

/**
 * `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<consumer sequence>.<time in ns>.<pending>`, on newer
 * servers with domain and account before the stream. All that comes before the sequence is the same for all
 * deliveries of a consumer that wants no acknowledgements, so it is looked at once.
 */
export function deliveryReader(): (reply: string) => Delivery {
  let prefix = 0;
  return (reply) => {
    prefix ||= prefixLength(reply);
    const first = reply.indexOf('.', prefix);
    const second = reply.indexOf('.', first + 1);
    const third = reply.indexOf('.', second + 1);
    return {
      sequence: Number(reply.slice(prefix, first)),
      consumerSequence: Number(reply.slice(first + 1, second)),
      // Nanoseconds do not fit a number; without their last six digits they are ms, rounded down.
      time: Number(reply.slice(second + 1, third - 6)),
    };
  };
}

function prefixLength(reply: string): number {
  const parts = reply.split('.');
  return parts.slice(0, parts.length >= 11 ? 7 : 5).join('.').length + 1;
}
